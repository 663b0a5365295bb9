from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline import registry
from pipeline.canonical import to_data
from pipeline.scorecards.render import csv as csv_format
from pipeline.scorecards.render import html as html_format
from pipeline.scorecards.render import json as json_format
from tests.factories import evidence
from tests.scorecards.made_rows import Rows, a_report, answer, call, flag, two_agents, unscored

HOSTILE = "<script>alert('x')</script>"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class _Page(HTMLParser):
    """Collects tags and attributes, and checks that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _folder(tmp_path: Path, write: Any, rows: Rows | None = None, **changes: Any) -> dict[str, str]:
    paths = write(a_report(rows, **changes), tmp_path)
    return {path.relative_to(tmp_path).as_posix(): path.read_bytes().decode() for path in paths}


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", registry.names("scorecard format"))
@pytest.mark.parametrize("single", [True, False])
def test_formats_write_what_they_say_and_the_same_each_time(name: str, single: bool, tmp_path: Path) -> None:
    write = registry.load("scorecard format", name)
    bytes_by_run = []
    for run in ("one", "two"):
        out = tmp_path / run / (f"report.{name}" if single else "report")
        paths = write(a_report(), out)
        assert sorted(paths) == sorted(path for path in (tmp_path / run).rglob("*") if path.is_file())
        if single:
            assert paths == [out]
        bytes_by_run.append([path.read_bytes() for path in paths])

    assert bytes_by_run[0] == bytes_by_run[1]
    assert b"NaN" not in b"".join(bytes_by_run[0])


@pytest.mark.parametrize("name", registry.names("scorecard format"))
def test_formats_write_an_empty_report(name: str, tmp_path: Path) -> None:
    assert registry.load("scorecard format", name)(a_report(Rows()), tmp_path)


def test_json_is_the_report(tmp_path: Path) -> None:
    (text,) = _folder(tmp_path, json_format.write).values()

    assert json.loads(text) == {"schema": "earmark-scorecards-1", **to_data(a_report())}


def test_csv_has_a_line_for_every_scorecard_criterion_and_quote(tmp_path: Path) -> None:
    rows = Rows(
        calls=[call(1, 1.0), call(2, 0.0, raw_share=0.75, auto_failed=True), call(3, None), unscored(4)],
        answers=[answer(1, "pass"), answer(2, "fail")],
        flags=[flag(2, "critical", evidence=(evidence(), evidence(start_ms=2000))), flag(2, "minor", evidence=())],
    )
    files = {name: _table(text) for name, text in _folder(tmp_path, csv_format.write, rows).items()}

    assert list(files) == ["subjects.csv", "scorecards.csv", "criteria.csv", "measures.csv", "calls_to_hear.csv"]
    team, queue, agent = files["scorecards.csv"]
    assert [line["subject_kind"] for line in (team, queue, agent)] == ["team", "queue", "agent"]
    assert (queue["subject"], queue["team"]) == ("bank_support", "")
    assert (agent["calls_scored"], agent["mean_share"], agent["enough_calls"]) == ("2", "0.5", "false")
    assert agent["excluded"] == "1 nothing could be assessed"
    assert files["subjects.csv"][2]["excluded"] == "1 not scored; 1 nothing could be assessed"
    assert files["criteria.csv"][0]["pass_rate"] == "0.5"
    quotes = [line for line in files["calls_to_hear.csv"] if line["subject_kind"] == "agent"]
    assert [(line["flag_severity"], line["quote_start_ms"]) for line in quotes] == [
        ("critical", "0"),
        ("critical", "2000"),
        ("minor", ""),
    ]
    assert quotes[0]["started_at"] == "2026-10-05T13:30:00+00:00"


def test_csv_names_a_group_only_where_there_are_several(tmp_path: Path) -> None:
    told_apart = Rows(calls=[call(n, 0.95 if n < 40 else 0.2, agent_id=f"agent-{n // 40}") for n in range(80)])

    alike = _table(_folder(tmp_path, csv_format.write)["subjects.csv"])
    groups = _table(_folder(tmp_path, csv_format.write, told_apart)["subjects.csv"])

    assert {line["standing_group"] for line in alike} == {""}
    assert [line["standing_group"] for line in groups if line["subject_kind"] == "agent"] == ["1", "2"]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_csv_cells_are_no_formulas(formula: str, tmp_path: Path) -> None:
    rows = Rows(
        calls=[call(1, agent_id=formula, team=formula, media_uri=formula, customer_sentiment=-0.5)],
        answers=[answer(1, "pass", title=formula)],
        flags=[flag(1, reason=formula, evidence=(evidence(quote=formula),))],
    )

    files = {name: _table(text) for name, text in _folder(tmp_path, csv_format.write, rows).items()}

    assert files["scorecards.csv"][0]["subject"] == "'" + formula
    assert files["criteria.csv"][0]["title"] == "'" + formula
    assert files["calls_to_hear.csv"][0]["quote"] == "'" + formula
    assert files["scorecards.csv"][0]["customer_sentiment"] == "-0.5"  # a number stays one


def test_html_has_an_overview_and_a_page_for_each_agent_and_team(tmp_path: Path) -> None:
    pages = _folder(tmp_path, html_format.write)

    subjects = ["teams/north.html", "queues/bank_support.html", "agents/maria.lopez.html", "agents/tom.becker.html"]
    assert list(pages) == ["index.html", *subjects]
    assert 'href="agents/maria.lopez.html"' in pages["index.html"]
    assert 'href="../teams/north.html"' in pages["agents/maria.lopez.html"]


def test_html_links_lead_to_pages_that_exist(tmp_path: Path) -> None:
    rows = two_agents(("../../etc/passwd", "Ann O'Hara"))
    for row in rows.calls:
        row["team"] = "a/b"
    _folder(tmp_path, html_format.write, rows)

    for page in tmp_path.rglob("*.html"):
        links = [value for tag, name, value in _Page(page.read_text()).attributes if (tag, name) == ("a", "href")]
        for link in links:
            assert link.startswith("#") or (page.parent / link).resolve().is_relative_to(tmp_path.resolve())
            assert link.startswith("#") or (page.parent / link).is_file()


def test_html_on_one_page_links_within_itself(tmp_path: Path) -> None:
    (path,) = html_format.write(a_report(), tmp_path / "all.html")
    page = _Page(path.read_text())

    targets = {value for _, name, value in page.attributes if name == "id"}
    links = {value.removeprefix("#") for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert "agent-tom.becker" in targets
    assert links <= targets


@pytest.mark.parametrize("period", ["all", "week", "month"])
def test_html_needs_nothing_but_itself(period: str, tmp_path: Path) -> None:
    for text in _folder(tmp_path, html_format.write, period=period).values():
        page = _Page(text)
        assert page.open == []
        assert "http:" not in text
        assert "https:" not in text
        assert not {"script", "img", "iframe", "object", "embed"} & set(page.tags)
        assert not [value for _, name, value in page.attributes if name == "src" or name.startswith("on")]
        assert [value for tag, name, value in page.attributes if (tag, name) == ("link", "href")] == ["data:,"]
        assert "url(" not in text
        assert "@import" not in text


def test_html_escapes_whatever_a_file_or_caller_wrote(tmp_path: Path) -> None:
    rows = two_agents((HOSTILE, "tom.becker"), title=HOSTILE)
    for row in rows.calls:
        row |= {
            "team": HOSTILE,
            "queue": HOSTILE,
            "rubric_id": HOSTILE,
            "media_uri": HOSTILE,
            "call_id": row["call_id"] + HOSTILE,
        }
    for row in rows.flags:
        row |= {"reason": HOSTILE, "evidence": (evidence(quote=HOSTILE),)}

    pages = _folder(tmp_path, html_format.write, rows)

    for text in pages.values():
        assert "<script" not in text
        assert _Page(text).open == []
    assert "&lt;script&gt;" in pages["index.html"]


def _text(page: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL).split())


def test_html_shows_figures_with_their_intervals_and_evidence(tmp_path: Path) -> None:
    rows = Rows(
        calls=[call(n, 0.9, customer_sentiment=0.3) for n in range(4)]
        + [call(9, 0.0, raw_share=0.75, auto_failed=True, customer_sentiment=0.3)],
        answers=[answer(n, "pass") for n in range(4)] + [answer(9, "not_applicable")],
        flags=[flag(9, "critical", reason="A threat.", evidence=(evidence(start_ms=65_000, quote="we will sue"),))],
    )

    text = _text(_folder(tmp_path, html_format.write, rows)["agents/maria.lopez.html"])

    assert "Pass rate 80% 95% interval 38–96%" in text
    assert "Customer sentiment +1.5" in text
    assert "▲ Critical 5 Oct 2026, 13:30 Bank support Score 0% (75% before auto-fail)" in text
    assert "A threat. 1:05 agent we will sue" in text
    assert "c-0009" in text
    assert "Could not be assessed The question did arise" in text


def test_html_judges_nobody_on_too_few_calls(tmp_path: Path) -> None:
    pages = _folder(tmp_path, html_format.write, Rows(calls=[call(n) for n in range(3)], answers=[answer(1, "fail")]))

    page = pages["agents/maria.lopez.html"]
    assert "Too few calls to judge (3 of 5)." in _text(page)
    assert "too few calls to judge (3 of 5)" in _text(pages["index.html"])
    assert 'class="cards few"' in page
    assert 'class="bar few"' in page
    assert 'class="bar"' not in page
    assert 'class="n fail"' not in page
    assert "group of" not in _text(page)


def test_html_draws_and_tells_every_chart(tmp_path: Path) -> None:
    page = _Page(_folder(tmp_path, html_format.write)["agents/maria.lopez.html"])

    labels = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert [label.split(",")[0] for label in labels] == ["Pass rate of each criterion", "Mean score by week"]
    assert "details" in page.tags


def test_html_by_week_shows_the_newest_week_first(tmp_path: Path) -> None:
    text = _text(_folder(tmp_path, html_format.write, period="week")["agents/maria.lopez.html"])

    assert text.index("Week 42, 12 Oct – 18 Oct 2026") < text.index("Week 41, 5 Oct – 11 Oct 2026")
    assert "Mean score by week, all rubrics" in text
