"""What takes peers, from rows to the forms that people read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from pipeline.records import SubjectSummary
from pipeline.scorecards.beside import compared_with, mean_lines, measure_lines
from pipeline.scorecards.build import build_scorecards, summarise
from pipeline.scorecards.render import html, xlsx
from pipeline.scorecards.render.pdf_content import content_of
from pipeline.scorecards.report import ScorecardReport, build_report
from pipeline.scorecards.shrinkage import pooled_means, pooled_rates
from pipeline.store.call_measures import MEASURED
from tests.factories import evidence
from tests.scorecards.made_rows import NOW, Rows, answer, call, flag, settings

CONSOLE = "https://qa.example.org"
AGENTS = {"ann": 0.6, "bob": 0.7, "eve": 0.8, "kim": 0.9}


def _rows(agents: dict[str, float] = AGENTS, *, calls: int = 8) -> Rows:
    """Agents of different skill in two queues; Ann holds much longer than the others."""
    rows = Rows()
    columns: dict[str, list[Any]] = {name: [] for name in ("call_id", *MEASURED)}
    for which, (agent_id, mean) in enumerate(agents.items()):
        for i in range(calls):
            number = which * 100 + i
            share = round(mean + (0.05 if i % 2 else -0.05), 2)
            queue = "sales" if i < calls // 2 else "billing"
            rows.calls.append(call(number, share, agent_id=agent_id, queue=queue))
            rows.answers.append(answer(number, "pass" if i % 2 else "fail"))
            if share < 0.6:
                rows.flags.append(flag(number, evidence=(evidence(start_ms=1000),)))
            told: dict[str, Any] = {
                "call_id": f"c-{number:04d}",
                "duration_ms": 100_000,
                "hold_ms": (60 if which == 0 else 10 + i) * 1000,
            }
            for name, column in columns.items():
                column.append(told.get(name))
    rows.measures = columns
    return rows


def _agent(summaries: tuple[SubjectSummary, ...], name: str = "ann") -> SubjectSummary:
    return next(summary for summary in summaries if summary.subject == name)


def _report(rows: Rows, console_url: str | None = CONSOLE) -> ScorecardReport:
    return build_report(rows, settings(), generated_at=NOW, console_url=console_url)


def test_summaries_and_scorecards_are_drawn_toward_their_peers() -> None:
    rows = _rows()
    squares = [8 * 0.05**2] * 4
    expected = pooled_means([8] * 4, list(AGENTS.values()), squares)
    rates = pooled_rates([8] * 4, [0, 0, 4, 8])

    for built in (summarise(rows, settings(), by="agent"), build_scorecards(rows, settings(), by="agent")):
        assert [each.pooled_mean for each in built] == expected
        assert [each.pooled_pass_rate for each in built] == rates


def test_subjects_of_other_rubrics_or_periods_are_no_peers() -> None:
    rows = _rows()
    for row in rows.calls:
        if row["agent_id"] == "kim":
            row.update(rubric_id="sales", rubric_fingerprint="rubric-1:sales")

    assert {each.pooled_mean for each in summarise(rows, settings(), by="agent")} == {None}


def test_people_correct_the_machine_only_by_calls_that_were_drawn_at_random() -> None:
    rows = _rows()
    for row in rows.calls[:3]:
        row["reviewed_share"] = row["share"] - 0.1
    rows.sampled = {"c-0000": frozenset(("random",)), "c-0001": frozenset(("per-agent", "disagreement"))}
    rows.sampled["c-0002"] = frozenset(("disagreement",))
    few = settings(min_random_reviews=2)

    ann = _agent(summarise(rows, few, by="agent")).corrected
    team = summarise(rows, few, by="team")[0].corrected
    unsure = _agent(summarise(rows, settings(), by="agent")).corrected

    assert ann is not None
    assert ann.bias is not None
    assert (ann.pairs, ann.bias.estimate) == pytest.approx((2, -0.1))
    assert team is not None
    assert (team.pairs, team.missing, team.mean_share) == (1, 1, None)  # so many of each agent is no sample of a team
    assert unsure is not None
    assert (unsure.pairs, unsure.missing, unsure.bias) == (2, 8, None)


def test_measures_stand_beside_those_of_the_same_queues() -> None:
    ann = _agent(summarise(_rows(), settings(), by="agent"))

    hold = next(each for each in ann.measures if each.measure == "hold_share")
    assert (hold.value, hold.calls, hold.peers_calls, hold.peers) == (0.6, 8, 24, 3)
    assert hold.peers_value == pytest.approx(np.mean([0.10, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17]))
    assert {each.measure for each in ann.measures} == {"hold_share", "duration_s"}  # the others are not known
    lines = {line.title: line for line in measure_lines(ann)}
    told = lines["Hold, share of the call"]
    assert (told.value, told.peers, told.difference, told.verdict) == ("60.0%", "13.5%", "+46.5 points", "higher")
    assert lines["Length of the call"].verdict == "no clear difference"
    assert "3 other agents in the same queues" in compared_with(ann)


def test_below_the_minimum_nothing_is_called_higher_or_lower() -> None:
    ann = _agent(summarise(_rows(calls=4), settings(), by="agent"))

    assert {line.verdict for line in measure_lines(ann)} == {"too few calls"}
    assert not any(line.enough for line in mean_lines(ann, 5))


def test_queues_are_not_compared_with_each_other() -> None:
    queues = summarise(_rows(), settings(), by="queue")

    assert all(each.peers_value is None for queue in queues for each in queue.measures)
    assert {line.verdict for queue in queues for line in measure_lines(queue)} == {"no peers"}


def test_a_call_scored_by_two_rubrics_counts_once_in_the_measures() -> None:
    rows = _rows()
    rows.calls += [
        {**row, "score_id": f"{row['score_id']}-b", "rubric_id": "b", "rubric_fingerprint": "b"} for row in rows.calls
    ]

    hold = _agent(summarise(rows, settings(), by="agent")).measures[0]
    assert hold.calls == 8


def test_means_by_machine_and_people_stand_beside_each_other() -> None:
    rows = _rows()
    rows.calls[0]["reviewed_share"] = 0.3

    ann = _agent(summarise(rows, settings(), by="agent"))

    assert [line.name for line in mean_lines(ann, 5)] == [
        "Machine",
        "Machine, reviewed calls only",
        "People, the same calls",
        "Machine, corrected by people",
        "Machine, drawn toward the peers",
    ]
    corrected = mean_lines(ann, 5)[3]
    assert corrected.figure is None
    assert corrected.note == "needs calls drawn at random and reviewed: none yet, 10 more to go"


def test_reports_link_to_the_calls_behind_the_figures_where_the_console_is_known(tmp_path: Path) -> None:
    report = _report(_rows())
    html.write(report, tmp_path)
    page = (tmp_path / "agents" / "ann.html").read_text()
    card = next(each for each in content_of(report)["cards"] if each["heading"] == "ann")
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.xlsx_of(report)))["Calls"]

    assert f'href="{CONSOLE}/calls/c-0000#t=1.0"' in page
    assert f'href="{CONSOLE}/calls?agent=ann&amp;since=2026-10-05&amp;until=2026-10-05"' in page
    assert card["calls_url"] == f"{CONSOLE}/calls?agent=ann&since=2026-10-05&until=2026-10-05"
    assert card["to_hear"][0]["reasons"][0]["quotes"][0]["url"] == f"{CONSOLE}/calls/c-0000#t=1.0"
    assert f"{CONSOLE}/calls/c-0000#t=1.0" in [cell.value for cell in list(sheet.columns)[-1]]


def test_reports_without_a_console_link_nowhere(tmp_path: Path) -> None:
    report = _report(_rows(), console_url=None)
    (path,) = html.write(report, tmp_path / "all.html")

    assert "/calls" not in path.read_text()
    assert content_of(report)["cards"][0]["calls_url"] == ""


def test_pages_and_sheets_say_the_same_of_measures(tmp_path: Path) -> None:
    report = _report(_rows())
    (path,) = html.write(report, tmp_path / "all.html")
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.xlsx_of(report)))["Measures"]
    head, *lines = sheet.iter_rows(values_only=True)
    hold = next(
        dict(zip(head, line, strict=True))
        for line in lines
        if line[1] == "ann" and line[3] == "Hold, share of the call"
    )

    assert (hold["Own"], hold["Others"], hold["In words"]) == (0.6, pytest.approx(0.135), "higher")
    assert "+46.5 points" in path.read_text()
    card = next(each for each in content_of(report)["cards"] if each["heading"] == "ann")
    assert {"+46.5 points"} <= {each["difference"] for each in card["measures"]}
