"""The calls behind figures of adherence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from pipeline.audit.adherence import by_rule, by_step, by_team, count_adherence, together
from pipeline.records import Expectation, Scope, Severity
from pipeline.store.findings import AskedCalls, index_findings
from pipeline.store.subjects import subjects_in_scope
from pipeline.store.violations import Outcome, calls_with_outcome, every_outcome, outcomes_of_calls, proof_of
from tests.factories import finding
from tests.store.builders import taken_in
from tests.store.test_findings import judged

MONDAY = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)
SIGNAL = Expectation.SIGNAL


@pytest.fixture
def calls(connection: Connection) -> Connection:
    """Six calls: north keeps the notice, south does not; one is of unknown time, one could not be told."""
    notice = {
        "c-1": ("north", MONDAY, "present"),
        "c-2": ("north", MONDAY + timedelta(days=1), "present"),
        "c-3": ("south", MONDAY + timedelta(days=7), "absent"),
        "c-4": ("south", MONDAY + timedelta(days=30), "absent"),
        "c-5": ("south", None, "absent"),
        "c-6": (None, MONDAY + timedelta(days=30), "cannot_assess"),
    }
    for call_id, (team, started_at, kind) in notice.items():
        taken_in(
            connection, call_id, team=team, started_at=started_at, queue=f"q-{team}", agent_id="ann", sha256=call_id
        )
        found = [finding("notice", kind, title="Notice"), finding("cue", "present", expected=SIGNAL)]
        judged(connection, call_id, *found)
        index_findings(connection, call_id, f"facts-s-{call_id}")
    return connection


def test_violations_are_listed_newest_first_the_undated_last(calls: Connection) -> None:
    assert calls_with_outcome(calls, AskedCalls(), ["notice"], Outcome.VIOLATED, limit=9) == ["c-4", "c-3", "c-5"]
    assert calls_with_outcome(calls, AskedCalls(), ["notice"], Outcome.VIOLATED, limit=1) == ["c-4"]
    assert calls_with_outcome(calls, AskedCalls(), ["notice"], Outcome.UNKNOWN, limit=9) == ["c-6"]
    assert calls_with_outcome(calls, AskedCalls(), ["cue"], Outcome.VIOLATED, limit=9) == []
    assert set(calls_with_outcome(calls, AskedCalls(), ["notice"], Outcome.BOTH, limit=9)) == {
        *("c-3", "c-4", "c-5", "c-6")
    }


def test_call_is_listed_once_for_several_rules(calls: Connection) -> None:
    found = calls_with_outcome(calls, AskedCalls(), ["notice", "cue"], Outcome.PRESENT, limit=9)
    assert len(found) == len(set(found)) == 6


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (AskedCalls(team="south"), {"c-3", "c-4", "c-5"}),
        (AskedCalls(team="north"), set()),
        (AskedCalls(queue="q-south", since=MONDAY), {"c-3", "c-4"}),
        (AskedCalls(before=MONDAY + timedelta(days=8)), {"c-3"}),
        (AskedCalls(undated=True), {"c-5"}),
        (AskedCalls(scope=Scope(teams=("north",))), set()),
        (AskedCalls(scope=Scope(teams=())), set()),
        (AskedCalls(scope=Scope(teams=("south",)), team="north"), set()),
        (AskedCalls(scope=Scope(agent_id="bob")), set()),
        (AskedCalls(scope=Scope(agent_id="ann", teams=("south",))), {"c-3", "c-4", "c-5"}),
    ],
)
def test_violations_keep_within_days_subject_and_scope(calls: Connection, asked: AskedCalls, wanted: set[str]) -> None:
    assert set(calls_with_outcome(calls, asked, ["notice"], Outcome.VIOLATED, limit=9)) == wanted
    assert {each.call_id for each in every_outcome(calls, asked, ["notice"], Outcome.VIOLATED, limit=9)} == wanted
    every = [f"c-{number}" for number in range(1, 7)]
    assert {e.call_id for e in outcomes_of_calls(calls, asked, every, "notice", Outcome.VIOLATED)} == wanted


def test_outcomes_of_calls_come_in_their_order_and_leave_out_what_is_gone(calls: Connection) -> None:
    found = outcomes_of_calls(calls, AskedCalls(), ["c-5", "c-1", "c-3", "gone"], "notice", Outcome.VIOLATED)
    assert [(each.call_id, each.kind, each.violated) for each in found] == [
        ("c-5", "absent", True),
        ("c-3", "absent", True),
    ]


def test_proof_is_that_of_the_current_score(calls: Connection) -> None:
    proof = proof_of(calls, "c-1", "cue")
    assert proof
    assert proof.evidence
    assert proof_of(calls, "c-1", "no-such-rule") is None
    assert proof_of(calls, "no-such-call", "cue") is None


def test_adherence_is_counted_by_week_team_and_rule(calls: Connection) -> None:
    found = count_adherence(calls, AskedCalls(), timezone="UTC")
    notice = next(line for line in by_rule(found.cells, 1) if line.rule_id == "notice")
    assert (notice.assessed, notice.as_expected, notice.cannot_assess) == (5, 2, 1)
    weeks = by_step(found.cells, 1, "week")
    told = [(str(week.first_day), week.kept.assessed, week.kept.violations) for week in weeks]
    assert told == [
        ("2026-10-05", 2, 0),
        ("2026-10-12", 1, 1),
        ("2026-10-19", 0, 0),
        ("2026-10-26", 0, 0),
        ("2026-11-02", 1, 1),
    ]
    assert weeks[2].kept.share is None
    assert [(team.name, team.violations) for team in by_team(found.cells, 1)] == [("north", 0), ("south", 3), (None, 0)]
    assert together(found.cells, 1).violations == 3
    assert together(found.cells, 6).share is None


def test_adherence_by_month_keeps_within_its_days(calls: Connection) -> None:
    asked = AskedCalls(since=MONDAY + timedelta(hours=1), before=MONDAY + timedelta(days=60))
    found = count_adherence(calls, asked, timezone="America/New_York", step="month")
    told = [(each.first_day, each.kept.assessed) for each in by_step(found.cells, 1, "month")]
    assert told == [(date(2026, 10, 1), 2), (date(2026, 11, 1), 1)]
    assert found.calls.without_start == 1


def test_adherence_of_nothing_is_nothing(connection: Connection) -> None:
    found = count_adherence(connection, AskedCalls(), timezone="UTC")
    assert (found.cells, by_step(found.cells, 1, "week"), together(found.cells, 0).share) == ((), (), None)


def test_severity_is_of_the_finding(calls: Connection) -> None:
    found = next(iter(every_outcome(calls, AskedCalls(), ["notice"], Outcome.VIOLATED, limit=1)))
    assert found.severity in {each.value for each in Severity}


def test_subjects_are_those_of_calls_in_scope(calls: Connection) -> None:
    assert subjects_in_scope(calls, "team", Scope()) == ("north", "south")
    assert subjects_in_scope(calls, "queue", Scope(teams=("south",))) == ("q-south",)
    assert subjects_in_scope(calls, "team", Scope(agent_id="bob")) == ()
