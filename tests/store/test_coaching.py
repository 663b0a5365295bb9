"""Coaching items and sessions, and the answers that coaching looks at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.config import FlagSettings
from pipeline.errors import NotFoundError
from pipeline.records import (
    EVERYTHING,
    CoachedQuestion,
    CoachingAcknowledgement,
    CoachingItem,
    CoachingSession,
    Scope,
    Status,
)
from pipeline.reviewing.overviews import make_overviews
from pipeline.store.coaching import (
    acknowledge,
    get_session,
    last_sessions,
    list_items,
    list_sessions,
    open_item_counts,
    put_item,
    put_session,
)
from pipeline.store.coaching_answers import agents_in_scope, answers_to, passes_of_others, recent_answers
from pipeline.store.overviews import put_overviews
from tests.factories import evidence
from tests.store.builders import LATER, NOW, result, score, scored, taken_in

CLOSING = CoachedQuestion(rubric_id="general", criterion_id="closing")


def _item(item_id: str = "i-1", call_id: str = "c-1", agent_id: str = "tom", **changes: Any) -> CoachingItem:
    given: dict[str, Any] = {"note": "hear it", "sent_by": "ann", "sent_at": NOW, **changes}
    return CoachingItem(item_id=item_id, agent_id=agent_id, call_id=call_id, **given)


def _session(session_id: str = "cs-1", **changes: Any) -> CoachingSession:
    given: dict[str, Any] = {"notes": "said", "action": "do", "held_by": "max", "held_at": NOW, "agent_id": "tom"}
    return CoachingSession(session_id=session_id, **{**given, **changes})


def _calls(connection: Connection) -> None:
    taken_in(connection, "c-1", agent_id="tom", team="north")
    taken_in(connection, "c-2", agent_id="tom", team="south")
    taken_in(connection, "c-3", agent_id="maria", team="south")


def test_items_are_open_until_a_session_takes_them_up(connection: Connection) -> None:
    _calls(connection)
    assert put_item(connection, _item(start_ms=10, end_ms=20, criterion_id="closing"))
    assert not put_item(connection, _item())
    put_item(connection, _item("i-2", "c-2", sent_at=LATER))
    assert [row.item.item_id for row in list_items(connection, agent="tom")] == ["i-2", "i-1"]
    assert open_item_counts(connection) == {"tom": 2}
    assert put_session(connection, _session(item_ids=("i-1",), questions=(CLOSING,)))
    assert [row.item.item_id for row in list_items(connection, only_open=True)] == ["i-2"]
    [taken] = list_items(connection, session_id="cs-1")
    assert (taken.session_id, taken.item.start_ms, taken.item.criterion_id) == ("cs-1", 10, "closing")
    assert get_session(connection, "cs-1").session == _session(item_ids=("i-1",), questions=(CLOSING,))


def test_item_is_taken_up_once_and_the_second_session_is_not_kept(connection: Connection) -> None:
    _calls(connection)
    put_item(connection, _item())
    put_item(connection, _item("i-2"))
    assert put_session(connection, _session(item_ids=("i-1",)))
    assert not put_session(connection, _session("cs-2", item_ids=("i-1", "i-2")))
    assert [row.session.session_id for row in list_sessions(connection)] == ["cs-1"]
    assert [row.item.item_id for row in list_items(connection, only_open=True)] == ["i-2"]


def test_items_of_calls_out_of_scope_are_not_there(connection: Connection) -> None:
    _calls(connection)
    for number in (1, 2, 3):
        put_item(connection, _item(f"i-{number}", f"c-{number}", "maria" if number == 3 else "tom"))
    south = Scope(teams=("south",))
    assert {row.item.item_id for row in list_items(connection, scope=south)} == {"i-2", "i-3"}
    assert open_item_counts(connection, south) == {"tom": 1, "maria": 1}
    assert list_items(connection, scope=Scope(agent_id="")) == []
    assert [row.item.item_id for row in list_items(connection, call_id="c-3", limit=1)] == ["i-3"]


def test_sessions_are_listed_latest_first_with_who_read_them(connection: Connection) -> None:
    put_session(connection, _session())
    put_session(connection, _session("cs-2", held_at=LATER))
    put_session(connection, _session("cs-3", agent_id="maria"))
    read = CoachingAcknowledgement(session_id="cs-1", acknowledged_by="tom", acknowledged_at=LATER)
    assert acknowledge(connection, read)
    assert not acknowledge(connection, read)
    rows = list_sessions(connection, agent="tom")
    assert [(row.session.session_id, row.acknowledgement) for row in rows] == [("cs-2", None), ("cs-1", read)]
    assert [row.session.agent_id for row in list_sessions(connection, agents=["maria"])] == ["maria"]
    last = last_sessions(connection)["tom"]
    assert (last.held_at, last.sessions, last.unread) == (LATER, 2, 1)
    with pytest.raises(NotFoundError):
        get_session(connection, "cs-9")


def _scored(connection: Connection) -> None:
    said = (evidence(),)
    for number, (agent, team, status) in enumerate(
        [("tom", "north", "fail"), ("tom", "north", "pass"), ("maria", "north", "pass"), ("lena", "south", "pass")]
    ):
        call_id = f"c-{number}"
        taken_in(connection, call_id, agent_id=agent, team=team, started_at=NOW + timedelta(days=number))
        made = result("closing", status, asked="asks", evidence=said if status == "pass" else ())
        scored(connection, score(call_id, f"s-{number}", made))
    call_ids = [f"c-{number}" for number in range(4)]
    put_overviews(connection, call_ids, make_overviews(connection, call_ids, FlagSettings()))


def test_recent_answers_are_of_each_agents_latest_calls(connection: Connection) -> None:
    _scored(connection)
    found = recent_answers(connection, EVERYTHING, calls_each=1)
    assert [(row.agent_id, row.call_id, row.status) for row in found] == [
        ("lena", "c-3", Status.PASS), ("maria", "c-2", Status.PASS), ("tom", "c-1", Status.PASS)
    ]  # fmt: skip
    toms = recent_answers(connection, EVERYTHING, agent="tom", calls_each=5)
    assert [(row.call_id, row.asked, row.rubric_id) for row in toms] == [
        ("c-1", "asks", "general"), ("c-0", "asks", "general")
    ]  # fmt: skip
    assert recent_answers(connection, Scope(teams=("south",)), agent="tom", calls_each=5) == []


def test_answers_to_a_question_are_of_calls_within_the_time(connection: Connection) -> None:
    _scored(connection)
    since, before = NOW + timedelta(days=1), NOW + timedelta(days=3)
    assert [row.call_id for row in answers_to(connection, EVERYTHING, asked="asks", since=since, before=before)] == [
        "c-1", "c-2"
    ]  # fmt: skip
    assert answers_to(connection, EVERYTHING, asked="other", since=since, before=before) == []
    north = Scope(teams=("north",))
    assert len(answers_to(connection, north, asked="asks", since=NOW, before=NOW + timedelta(days=9))) == 3


def test_good_examples_are_of_others_in_scope_and_have_evidence(connection: Connection) -> None:
    _scored(connection)
    asked: dict[str, Any] = {"asked": "asks", "among_latest": 10, "limit": 10}
    north = Scope(teams=("north",))
    assert [row.call_id for row in passes_of_others(connection, north, not_agent="tom", **asked)] == ["c-2"]
    assert {row.call_id for row in passes_of_others(connection, EVERYTHING, not_agent="maria", **asked)} == {
        "c-1", "c-3"
    }  # fmt: skip


def test_agents_in_scope_have_the_team_of_their_latest_call(connection: Connection) -> None:
    _scored(connection)
    found = [(agent.agent_id, agent.team, agent.calls) for agent in agents_in_scope(connection, EVERYTHING)]
    assert found == [("lena", "south", 1), ("maria", "north", 1), ("tom", "north", 2)]
    assert agents_in_scope(connection, Scope(teams=("south",)), agent="tom") == []


def test_sessions_are_bounded_by_their_team_and_by_the_calls_of_their_items(connection: Connection) -> None:
    _calls(connection)
    put_item(connection, _item("i-1", "c-1"))
    put_item(connection, _item("i-2", "c-2"))
    put_session(connection, _session("cs-1", team="south", questions=(CLOSING,)))
    put_session(connection, _session("cs-2", team="north", item_ids=("i-1",)))
    put_session(connection, _session("cs-3", team="north", item_ids=("i-2",)))  # of a call in the south
    put_session(connection, _session("cs-4"))  # of no team that is known

    def listed(scope: Scope) -> set[str]:
        return {row.session.session_id for row in list_sessions(connection, scope=scope)}

    north = Scope(teams=("north",))
    assert listed(north) == {"cs-2"}
    assert listed(Scope(teams=("south",))) == {"cs-1"}
    assert listed(Scope(teams=("south", "north"))) == {"cs-1", "cs-2", "cs-3"}
    assert listed(Scope(agent_id="tom")) == {"cs-1", "cs-2", "cs-3", "cs-4"} == listed(EVERYTHING)
    assert listed(Scope(agent_id="maria")) == listed(Scope(agent_id="")) == set()
    assert last_sessions(connection, north)["tom"].sessions == 1
    assert get_session(connection, "cs-2", north).session.team == "north"
    with pytest.raises(NotFoundError):
        get_session(connection, "cs-1", north)
