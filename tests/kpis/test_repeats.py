"""First-call resolution from repeat contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.repeats import judge_repeats
from pipeline.records.kpis import KnownUntil
from tests.kpis.made import LONG_AFTER, SETTINGS, at, calls_of, phone, recorded


def call(**changes: Any) -> dict[str, Any]:
    return phone(**{"customer_ref": "C-1", **changes})


def judged(
    *calls: dict[str, Any],
    settings: KpiSettings = SETTINGS,
    phone_until: datetime | None = LONG_AFTER,
    recorded_until: datetime | None = LONG_AFTER,
    recordings: list[dict[str, Any]] | None = None,
) -> list[bool | str]:
    table = judge_repeats(
        calls_of(*calls, recordings=recordings or []),
        settings,
        until=KnownUntil(phone=phone_until, recordings=recorded_until),
    )
    told = zip(table["resolved"], table["not_judged"], strict=True)
    return [why if pd.isna(resolved) else bool(resolved) for resolved, why in told]


def test_a_call_is_resolved_where_the_customer_does_not_call_again_in_time() -> None:
    assert judged(call()) == [True]
    assert judged(call(), call(started_at=at(7))) == [False, True]
    assert judged(call(), call(started_at=at(7, seconds=1))) == [True, True]
    assert judged(call(), call(started_at=at(1), customer_ref="C-2")) == [True, True]


def test_whoever_takes_the_further_call_the_first_was_not_resolved() -> None:
    assert judged(call(), call(started_at=at(2), agent_id="tom", queue="other")) == [False, True]
    assert judged(call(), call(started_at=at(2), agent_id=None, talk_s=None)) == [False, "no agent talked"]
    later = recorded(customer_ref="C-1", started_at=at(3))
    assert judged(call(), recordings=[later]) == [False, True], "a recording that the export does not have"


def test_windows_are_those_of_the_topic_then_the_queue() -> None:
    settings = KpiSettings(repeat_days=7, repeat_days_by_queue={"bank": 2}, repeat_days_by_topic={"card": 10})
    again = call(started_at=at(5))
    assert judged(call(queue="bank"), again, settings=settings)[0] is True
    assert judged(call(queue="sales"), again, settings=settings)[0] is False
    late = call(started_at=at(9))
    assert judged(call(queue="bank", topic="card"), late, settings=settings)[0] is False
    assert judged(call(queue="sales", topic="else"), late, settings=settings)[0] is True

    found = [recorded(queue="sales", topic="card", customer_ref="C-1")]
    assert (
        judged(recordings=[*found, recorded("c-2", customer_ref="C-1", started_at=at(9))], settings=settings)[0]
        is False
    )
    told = [recorded("c-3", topic="card")]
    joined = call(call_ref="c-3", queue="sales")
    assert judged(joined, late, recordings=told, settings=settings)[0] is False, "the export tells of no topic"
    assert judged({**joined, "topic": "else"}, late, recordings=told, settings=settings)[0] is True


def test_a_call_whose_window_has_not_ended_is_not_judged() -> None:
    # neither where the customer has called again already: else only the bad ones of the last days would count
    assert judged(call(), phone_until=at(7)) == [True]
    assert judged(call(), phone_until=at(6.99)) == ["the window has not ended"]
    assert judged(call(), call(started_at=at(1)), phone_until=at(2)) == ["the window has not ended"] * 2
    assert judged(call(), phone_until=None) == ["the window has not ended"]


def test_calls_without_a_customer_or_made_by_agents_are_not_judged() -> None:
    assert judged(call(customer_ref=None)) == ["no customer known"]
    assert judged(call(direction="outbound")) == ["made by the agent"]
    assert judged(call(), call(direction="outbound", started_at=at(1))) == [True, "made by the agent"]
    assert judged(recordings=[recorded(customer_ref="C-1", started_at=None)]) == ["no start time"]


def test_the_next_part_of_a_transferred_call_is_no_further_call() -> None:
    passed_on = call(transferred=True)  # 60 s of talk and 10 of hold
    soon = call(started_at=at(seconds=190), agent_id="tom")
    assert judged(passed_on, soon) == [True, "a part of the call before"]
    late = call(started_at=at(seconds=191), agent_id="tom")
    assert judged(passed_on, late) == [False, True]
    assert judged(call(), soon) == [False, True], "it was not transferred"
    again = call(started_at=at(1))
    assert judged(passed_on, soon, again) == [False, "a part of the call before", True]
    same = [call(call_ref="x", leg="1"), call(call_ref="x", leg="2", started_at=at(seconds=600))]
    assert judged(*same) == [True, "a part of the call before"]


def test_a_call_and_its_own_recording_that_were_not_joined_are_one_contact() -> None:
    own = "a recording of a call that counts already"
    queued = call(talk_s=300.0, hold_s=0.0)  # the recording begins 45 s later: more than match_within_s
    assert judged(queued, recordings=[recorded(customer_ref="C-1", started_at=at(seconds=45))]) == [True, own]
    spelled = call(agent_id="4711")
    assert judged(spelled, recordings=[recorded(customer_ref="C-1")]) == [True, own]
    made = call(direction="outbound")
    assert judged(made, recordings=[recorded(customer_ref="C-1", started_at=at(seconds=45))]) == [
        "made by the agent",
        own,
    ]


def test_a_recording_is_of_a_known_call_from_shortly_before_its_start_until_shortly_after_its_end() -> None:
    def told(seconds: float, **changes: Any) -> list[bool | str]:
        given = [recorded(customer_ref="C-1", agent_id="tom", started_at=at(seconds=seconds), **changes)]
        return judged(call(talk_s=300.0, hold_s=20.0), recordings=given)

    own = "a recording of a call that counts already"
    assert told(-120) == [True, own]
    assert told(-121) == [True, False], "the recorded call came first, and the customer called again"
    assert told(320 + 120) == [True, own]
    assert told(320 + 121) == [False, True], "a further contact that the export does not tell of"
    assert told(60, call_id="c-2") == [True, own]
    other = [recorded(customer_ref="C-2", agent_id="tom")]
    assert judged(call(), recordings=other) == [True, True], "another customer"


def test_a_recording_during_a_long_call_is_found_behind_a_short_one_that_began_later() -> None:
    long, short = call(talk_s=3600.0, transferred=True), call(agent_id="ann", started_at=at(seconds=600))
    during = recorded(customer_ref="C-1", agent_id="tom", started_at=at(seconds=1800))
    assert judged(long, short, recordings=[during])[2] == "a recording of a call that counts already"


def test_a_part_of_a_transferred_call_is_found_behind_another_part() -> None:
    first = call(call_ref="A", transferred=True, talk_s=600.0, hold_s=0.0)
    consulted = call(call_ref="B", agent_id="tom", started_at=at(seconds=30), talk_s=30.0)
    target = call(call_ref="C", agent_id="ann", started_at=at(seconds=640))
    part = "a part of the call before"
    assert judged(first, consulted, target) == [True, part, part]
    late = {**target, "started_at": at(seconds=721)}
    assert judged(first, consulted, late) == [False, part, True]
    again = call(call_ref="A", leg="2", started_at=at(seconds=5000))
    assert judged(first, consulted, again) == [True, part, part], "its own id"
    other = call(call_ref="D", customer_ref="C-0", started_at=at(seconds=100))
    assert judged(first, other) == [True, True], "another customer's call"


def test_calls_are_judged_as_far_as_their_own_source_reaches() -> None:
    # the telephone system's export ends a week ago, recordings come daily
    assert judged(call(), phone_until=at(1), recorded_until=at(20)) == ["the window has not ended"]
    alone = recorded(customer_ref="C-1")
    assert judged(recordings=[alone], phone_until=at(1), recorded_until=at(20)) == [True]
    assert judged(recordings=[alone], phone_until=at(20), recorded_until=at(1)) == ["the window has not ended"]
    assert judged(call(), phone_until=at(20), recorded_until=at(1)) == [True]


def test_directions_of_earlier_imports_are_read_by_the_usual_words() -> None:
    for word in ("Outbound", "OUT", "outgoing"):
        assert judged(call(), call(direction=word, started_at=at(1))) == [True, "made by the agent"]
    assert judged(call(), call(direction="internal", started_at=at(1))) == [True, "no customer took part"]
    assert judged(call(), call(direction="Incoming", started_at=at(1))) == [False, True]
