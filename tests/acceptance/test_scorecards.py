"""Scorecards and flags of the sample calls: filters, three formats, pages that need nothing but themselves."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import Workspace, external_references, read_csv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Row = dict[str, Any]


def agents(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["status"] == "scored":
            found.setdefault(row["agent_id"], []).append(row)
    return found


@pytest.fixture(scope="module")
def rows(scripted: Workspace) -> list[Row]:
    scripted.run.ok()
    return scripted.calls()


def export(workspace: Workspace, form: str, out: Path, *filters: str) -> Path:
    workspace.ask("scorecards", "export", "--format", form, *filters, "--out", out).ok()
    assert out.exists()
    return out


def test_run_leaves_reports_in_the_workspace(scripted: Workspace) -> None:
    scripted.run.ok()
    kinds = {path.suffix for path in scripted.path.rglob("*") if "report" in str(path.relative_to(scripted.path))}
    assert {".html", ".csv", ".json"} <= kinds


def test_every_page_is_self_contained(scripted: Workspace) -> None:
    scripted.ask("scorecards", "build").ok()
    pages = sorted(scripted.path.rglob("*.html"))
    assert len(pages) >= 5
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert external_references(html) == []
        assert "<title>" in html
        assert "Traceback" not in html
        for link in re.findall(r"<a[^>]+href=[\"']([^\"'#]+)", html):
            assert (page.parent / link).is_file(), (page, link)


def test_an_agents_page_shows_scores_and_the_calls_to_coach_on(scripted: Workspace, rows: list[Row]) -> None:
    page = next(path for path in scripted.path.rglob("*.html") if "tom.becker" in path.name)
    text = page.read_text(encoding="utf-8")
    flagged = [row for row in agents(rows)["tom.becker"] if row["flags"]]
    assert flagged
    assert any(row["call_id"] in text for row in flagged)
    assert "arrested" in text, "the words that were found"


def test_one_page_for_one_agent(scripted: Workspace, tmp_path: Path) -> None:
    page = export(scripted, "html", tmp_path / "report.html", "--agent", "maria.lopez")
    html = page.read_text(encoding="utf-8")
    assert "maria.lopez" in html
    assert "tom.becker" not in html
    assert external_references(html) == []


def test_csv_of_a_team(scripted: Workspace, rows: list[Row], tmp_path: Path) -> None:
    folder = export(scripted, "csv", tmp_path / "cards", "--team", "north")
    tables = {path.name: read_csv(path) for path in folder.rglob("*.csv")}
    assert tables
    assert all(tables.values()), "every table has lines"
    north = {row["agent_id"] for row in rows if row["team"] == "north"}
    south = {row["agent_id"] for row in rows if row["team"] == "south"}
    text = "\n".join(path.read_text() for path in folder.rglob("*.csv"))
    assert all(agent in text for agent in north)
    assert not any(agent in text for agent in south)


def test_json_counts_and_means_are_those_of_the_calls(scripted: Workspace, rows: list[Row], tmp_path: Path) -> None:
    document = json.loads(export(scripted, "json", tmp_path / "cards.json").read_text())
    listed = {each["subject"]: each for each in document["agents"]}
    assert set(listed) == set(agents(rows))
    for agent, calls in agents(rows).items():
        assert listed[agent]["calls_scored"] == len(calls)
        mean = sum(row["score_share"] for row in calls) / len(calls)
        figure = listed[agent]["mean_share"]
        assert figure["estimate"] == pytest.approx(mean, abs=1e-4)
        assert 0 <= figure["low"] <= figure["estimate"] <= figure["high"] <= 1
        assert listed[agent]["flagged"] == sum(1 for row in calls if row["flags"])
        passed = sum(1 for row in calls if row["passed"])
        assert listed[agent]["pass_rate"]["estimate"] == pytest.approx(passed / len(calls), abs=1e-4)


def test_few_calls_give_no_rank(scripted: Workspace) -> None:
    shown = scripted.ask("scorecards", "show", "--json").json()
    for each in shown["agents"]:
        if each["calls_scored"] < 5:
            assert each["enough_calls"] is False
            assert each["standing"] is None


def test_a_period(scripted: Workspace, rows: list[Row], tmp_path: Path) -> None:
    period = ("--from", "2026-11-01", "--to", "2026-11-30")
    document = json.loads(export(scripted, "json", tmp_path / "november.json", *period).read_text())
    november = [
        row for row in rows if row["status"] == "scored" and datetime.fromisoformat(row["started_at"]).month == 11
    ]
    assert november
    assert {each["subject"]: each["calls_scored"] for each in document["agents"]} == {
        agent: len(calls) for agent, calls in agents(november).items()
    }


def test_show_takes_the_same_filters(scripted: Workspace) -> None:
    shown = scripted.ask("scorecards", "show", "--json", "--agent", "tom.becker", "--to", "2026-10-31").json()
    assert [each["subject"] for each in shown["agents"]] == ["tom.becker"]
    out = scripted.ask("scorecards", "show", "--team", "north").ok().out
    assert "maria.lopez" in out
    assert "tom.becker" not in out


def test_a_period_without_calls_is_empty_and_no_error(scripted: Workspace, tmp_path: Path) -> None:
    period = ("--from", "2020-01-01", "--to", "2020-01-31")
    assert scripted.ask("scorecards", "show", "--json", *period).json()["agents"] == []
    page = export(scripted, "html", tmp_path / "empty.html", *period)
    assert "maria.lopez" not in page.read_text()


def test_an_agent_whom_nobody_knows_is_named(scripted: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "nobody.html"
    done = scripted.ask("scorecards", "export", "--agent", "tom.bekker", "--out", out)
    said = done.out + done.err
    assert "Traceback" not in said
    assert "tom.bekker" in said
    assert done.code in {1, 2}
    assert not out.exists()


def test_flags_can_be_narrowed_down(scripted: Workspace, rows: list[Row]) -> None:
    every = scripted.ask("flags", "list", "--json").json()
    one = scripted.ask("flags", "list", "--json", "--agent", "tom.becker").json()
    assert one
    assert one == [flag for flag in every if flag["agent_id"] == "tom.becker"]
    flagged = {row["call_id"] for row in rows if row["flags"]}
    assert {flag["call_id"] for flag in every} == flagged
    table = " ".join(scripted.ask("flags", "list").ok().out.split())
    assert all(call_id in table for call_id in flagged)


def test_calls_can_be_narrowed_down(scripted: Workspace, rows: list[Row]) -> None:
    assert scripted.calls("--agent", "maria.lopez") == [row for row in rows if row["agent_id"] == "maria.lopez"]
    assert scripted.calls("--status", "scored") == [row for row in rows if row["status"] == "scored"]
