"""Flags of scores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, update

from pipeline.records import Severity
from pipeline.store import tables
from pipeline.store.flags import flags_of_score, list_flags
from tests.factories import evidence
from tests.store.builders import flag, score, scored, taken_in


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
