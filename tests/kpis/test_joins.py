"""Which recording is which call of the telephone system."""

from __future__ import annotations

from typing import Any

from tests.kpis.made import at, calls_of, phone, recorded


def joined(*calls: dict[str, Any], recordings: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    table = calls_of(*calls, recordings=recordings)
    told = table[table["from_phone"]]
    return [(call or None, by or None) for call, by in zip(told["call_id"], told["joined_by"], strict=True)]


def test_calls_are_joined_by_id_then_by_external_id_then_by_agent_and_start() -> None:
    calls = [phone(call_ref="c-1"), phone(call_ref="7f3a", started_at=at(1)), phone(call_ref="P9", started_at=at(2))]
    made = [
        recorded("c-1", started_at=at(50)),
        recorded("c-2", external_id="7f3a", started_at=at(60)),
        recorded("c-3", started_at=at(2, seconds=25)),
    ]
    assert joined(*calls, recordings=made) == [
        ("c-1", "call id"),
        ("c-2", "external id"),
        ("c-3", "agent and start"),
    ]


def test_start_joins_within_the_limit_and_the_same_agent_only() -> None:
    assert joined(phone(), recordings=[recorded(started_at=at(seconds=31))]) == [(None, None)]
    assert joined(phone(), recordings=[recorded(started_at=at(seconds=-30))]) == [("c-1", "agent and start")]
    assert joined(phone(agent_id="tom"), recordings=[recorded()]) == [(None, None)]
    assert joined(phone(agent_id=None), recordings=[recorded(agent_id=None)]) == [(None, None)]
    assert joined(phone(), recordings=[recorded(started_at=None)]) == [(None, None)]


def test_a_recording_is_joined_once_to_the_nearer_call() -> None:
    near, far = phone(started_at=at(seconds=5)), phone(started_at=at(seconds=-20))
    assert joined(far, near, recordings=[recorded()]) == [(None, None), ("c-1", "agent and start")]


def test_an_external_id_of_several_recordings_joins_none() -> None:
    twice = [recorded("c-1", external_id="x", started_at=at(5)), recorded("c-2", external_id="x", started_at=at(6))]
    assert joined(phone(call_ref="x"), recordings=twice) == [(None, None)]


def test_of_several_legs_the_one_of_the_recordings_agent_is_joined() -> None:
    first = phone(call_ref="x", leg="1", agent_id="tom")
    second = phone(call_ref="x", leg="2", started_at=at(seconds=90))
    made = [recorded(external_id="x"), recorded("c-2", agent_id="tom", started_at=at(seconds=1))]
    assert joined(first, second, recordings=made) == [(None, None), ("c-1", "external id")]


def test_calls_take_what_the_telephone_system_does_not_tell_from_their_recording() -> None:
    table = calls_of(
        phone(queue="sales"),
        phone(agent_id="tom", started_at=at(3)),
        recordings=[recorded(queue="bank", customer_ref="C-1"), recorded("c-2", agent_id="tom", team="south")],
    )
    first = table.iloc[0]
    assert (first["team"], first["queue"], first["customer_ref"], first["share"]) == ("north", "sales", "C-1", 0.8)
    assert table.iloc[1]["team"] == "south", "all of Tom's recordings are of one team"
    alone = table.iloc[2]
    assert (alone["call_id"], alone["from_phone"], alone["handled"]) == ("c-2", False, False)


def test_an_agent_of_two_teams_gives_no_call_a_team() -> None:
    made = [recorded("c-1", started_at=at(5)), recorded("c-2", team="south", started_at=at(6))]
    assert calls_of(phone(), recordings=made).iloc[0]["team"] is None


def test_tables_may_be_empty() -> None:
    assert len(calls_of()) == 0
    assert len(calls_of(recordings=[recorded()])) == 1
    assert len(calls_of(phone())) == 1
