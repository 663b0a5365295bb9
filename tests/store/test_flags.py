"""Flags of scores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, update

from pipeline.records import Flag, FlagChange, FlagState, Severity
from pipeline.store import tables
from pipeline.store.flags import flags_of_score, list_flags, put_flag_change
from pipeline.store.score_batches import Choice, NewRows, make_current, put_scores
from pipeline.store.scores import set_current
from tests.factories import evidence
from tests.store.builders import LATER, NOW, flag, result, score, scored, taken_in


def test_flags_of_score_come_back_whole_and_in_order(connection: Connection) -> None:
    taken_in(connection)
    raised = (
        flag("fl-2", criterion_id="greeting", evidence=(evidence(), evidence(turn_index=2))),
        flag("fl-1", code="rule_hit", rule_id="threat", severity=Severity.CRITICAL),
    )
    scored(connection, score(), *raised)
    assert flags_of_score(connection, "s-0001") == raised
    assert flags_of_score(connection, "s-none") == ()


def _flagged_calls(connection: Connection) -> None:
    for call_id, agent, team, day in [
        ("c-1", "ann", "north", 9),
        ("c-2", "bob", "south", 2),
        ("c-3", None, None, None),
    ]:
        started_at = datetime(2026, 10, day, tzinfo=UTC) if day else None
        taken_in(connection, call_id, agent_id=agent, team=team, started_at=started_at)
        made = score(call_id, f"s-{call_id}")
        flags = [
            flag(f"fl-{call_id}-a", of=made, code="low_score", severity=Severity.MINOR),
            flag(f"fl-{call_id}-b", of=made, code="rule_hit", severity=Severity.CRITICAL),
        ]
        scored(connection, made, *flags)
    closed = update(tables.flags).where(tables.flags.c.flag_id == "fl-c-2-a").values(state="closed")
    connection.execute(closed)


@pytest.mark.parametrize(
    ("chosen", "listed"),
    [
        ({}, ["c-2-b", "c-1-b", "c-3-b", "c-2-a", "c-1-a", "c-3-a"]),
        ({"code": "low_score"}, ["c-2-a", "c-1-a", "c-3-a"]),
        ({"severity": Severity.CRITICAL}, ["c-2-b", "c-1-b", "c-3-b"]),
        ({"severity": "minor", "agent": "ann"}, ["c-1-a"]),
        ({"team": "south"}, ["c-2-b", "c-2-a"]),
        ({"code": "none"}, []),
    ],
)
def test_list_flags_chooses_and_puts_the_worst_first(
    connection: Connection, chosen: dict[str, Any], listed: list[str]
) -> None:
    _flagged_calls(connection)
    assert [row.flag.flag_id.removeprefix("fl-") for row in list_flags(connection, **chosen)] == listed


def test_list_flags_tells_whose_call_it_is(connection: Connection) -> None:
    _flagged_calls(connection)
    first = list_flags(connection)[0]
    assert (first.agent_id, first.team, first.started_at) == ("bob", "south", datetime(2026, 10, 2, tzinfo=UTC))


def test_list_flags_leaves_out_scores_that_are_not_current(connection: Connection) -> None:
    taken_in(connection)
    old, new = score(score_id="s-old"), score(score_id="s-new")
    scored(connection, old, flag("fl-old", of=old))
    scored(connection, new, flag("fl-new", of=new))
    assert [row.flag.flag_id for row in list_flags(connection)] == ["fl-new"]


def _scored_again(connection: Connection, score_id: str, *flags: Flag, asked: str = "q:1", now: datetime = NOW) -> None:
    made = score("c-0001", score_id, result("greeting", "fail", asked=asked))
    scored(connection, made, *(replace(each, score_id=score_id) for each in flags), now=now)


def _changed(flag_id: str, state: str, now: datetime = NOW) -> FlagChange:
    change_id, given = f"fc-{flag_id}-{state}", FlagState(state)
    change = {"change_id": change_id, "flag_id": flag_id, "state": given, "reason": "known", "changed_by": "ann"}
    return FlagChange(**change, changed_at=now)


def _states(connection: Connection) -> dict[str, str]:
    return {row.flag.flag_id: row.flag.state.value for row in list_flags(connection)}


@pytest.mark.parametrize(
    ("again", "state"),
    [
        ({}, "closed"),
        ({"reason": "otherwise said", "severity": Severity.MINOR}, "closed"),
        ({"code": "auto_fail"}, "open"),
        ({"criterion_id": "closing"}, "open"),
        ({"criterion_id": None}, "open"),
        ({"rule_id": "threat"}, "open"),
        ({"asked": "q:2"}, "open"),
    ],
)
def test_flag_that_was_closed_stays_closed_where_a_new_score_says_the_same(
    connection: Connection, again: dict[str, Any], state: str
) -> None:
    taken_in(connection)
    said = {"code": "critical_error", "criterion_id": "greeting", "rule_id": None}
    _scored_again(connection, "s-1", flag("fl-1", **said))
    put_flag_change(connection, _changed("fl-1", "closed"))
    changed = {name: value for name, value in again.items() if name != "asked"}
    newer = flag("fl-2", **{**said, **changed})
    _scored_again(connection, "s-2", newer, asked=again.get("asked", "q:1"), now=LATER)
    assert _states(connection) == {"fl-2": state}
    (row,) = list_flags(connection)
    kept = [(change.changed_by, change.reason, change.changed_at) for change in row.changes]
    assert kept == ([("ann", "known", NOW)] if state == "closed" else [])


def test_latest_that_was_said_of_a_flag_goes_with_the_call_from_score_to_score(connection: Connection) -> None:
    taken_in(connection)
    _scored_again(connection, "s-1", flag("fl-1"))
    _scored_again(connection, "s-2", flag("fl-2"))
    assert _states(connection) == {"fl-2": "open"}
    put_flag_change(connection, _changed("fl-2", "closed"))
    set_current(connection, "c-0001", "s-1")  # a score of before
    assert _states(connection) == {"fl-1": "closed"}
    put_flag_change(connection, _changed("fl-1", "open", LATER))
    for score_id, flag_id in (("s-2", "fl-2"), ("s-1", "fl-1"), ("s-2", "fl-2")):
        set_current(connection, "c-0001", score_id)
        assert _states(connection) == {flag_id: "open"}
    assert [change.state.value for change in list_flags(connection)[0].changes] == ["closed", "open"]


def test_flag_of_another_call_is_left_alone(connection: Connection) -> None:
    _flagged_calls(connection)
    put_flag_change(connection, _changed("fl-c-1-a", "closed"))
    again = score("c-2", "s-again")
    scored(connection, again, flag("fl-again", of=again, code="low_score"))
    assert {flag_id for flag_id, state in _states(connection).items() if state == "closed"} == {"fl-c-1-a"}


def test_scores_made_current_together_take_their_closings_along(connection: Connection) -> None:
    rows, choices = NewRows(), []
    for call_id in ("c-1", "c-2"):
        taken_in(connection, call_id)
        old, new = score(call_id, f"s-{call_id}"), score(call_id, f"s-{call_id}-new")
        scored(connection, old, flag(f"fl-{call_id}", of=old))
        raised = [flag(f"fl-{call_id}-new", of=new)]
        rows.add(new, raised, (), facts_key=f"facts-of-{call_id}", customer_sentiment=None, now=LATER)
        choices.append(Choice(call_id=call_id, score_id=new.score_id, instead_of=old.score_id))
    put_scores(connection, rows)
    put_flag_change(connection, _changed("fl-c-1", "closed"))  # between storing and choosing
    assert make_current(connection, choices) == 2
    assert _states(connection) == {"fl-c-1-new": "closed", "fl-c-2-new": "open"}
