"""What people say is kept as it was said, on both databases, and is only ever added to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection

from pipeline.errors import NotFoundError
from pipeline.records import (
    Acknowledgement,
    CalibrationSession,
    CallScore,
    FlagChange,
    FlagState,
    QueueClosing,
    Review,
    SampledCall,
    SessionCall,
    SessionClosing,
)
from pipeline.store.calibration_sessions import get_session, list_sessions, put_closing, put_session
from pipeline.store.flags import find_flag, list_flags, put_flag_change
from pipeline.store.reviews import (
    acknowledgements_of_call,
    all_reviews,
    put_acknowledgement,
    put_review,
    reviews_of_call,
)
from pipeline.store.samples import (
    list_candidates,
    list_queue_closings,
    list_sampled,
    put_queue_closing,
    put_sampled,
    told_answers,
)
from pipeline.store.scorecard_rows import scorecard_rows
from tests.review.made import reviewed
from tests.store.builders import LATER, NOW, any_record, flag, result, score, scored, taken_in


def a_score(connection: Connection, call_id: str = "c-0001", **recording: Any) -> CallScore:
    """A stored score with a question that can be answered."""
    taken_in(connection, call_id, **recording)
    made = score(call_id, f"s-{call_id}", result(asked="question-1:greeting"), result("closing", asked="question-1:b"))
    scored(connection, made)
    return made


def a_session(connection: Connection, session_id: str = "cal-1", **changes: Any) -> CalibrationSession:
    given: dict[str, Any] = {
        "rubric_id": "general",
        "calls": (SessionCall(call_id="c-0001", score_id="s-c-0001"),),
        "reviewers": ("ann", "bob"),
        "expert": "eve",
        "started_by": "lead",
        "started_at": NOW,
    }
    made = CalibrationSession(session_id=session_id, **{**given, **changes})
    assert put_session(connection, made)
    return made


@given(any_record(Review))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_review_is_kept_as_it_was_given(connection: Connection, invented: Review) -> None:
    with connection.begin_nested() as undone:
        made = a_score(connection)
        session = a_session(connection).session_id if invented.session_id is not None else None
        values = {name: getattr(invented, name) for name in invented.__slots__}  # type: ignore[attr-defined]
        values |= {"call_id": made.call_id, "score_id": made.score_id, "session_id": session}
        review = Review(**values)
        assert put_review(connection, review)
        assert not put_review(connection, review)
        assert review in all_reviews(connection, call_id=made.call_id, kind="all")
        assert all_reviews(connection, kind="all") == [review]
        assert reviews_of_call(connection, made.call_id) == ([] if session else [review])
        undone.rollback()


def test_reviews_are_chosen_and_in_order_of_time(connection: Connection) -> None:
    first, second = a_score(connection), a_score(connection, "c-0002")
    a_session(connection)
    made = [
        reviewed(second, now=NOW),
        reviewed(first, now=NOW + timedelta(days=2), reviewer="bob"),
        reviewed(first, "closing", now=NOW + timedelta(days=1)),
        reviewed(first, now=NOW + timedelta(days=3), session_id="cal-1"),
    ]
    for review in reversed(made):
        put_review(connection, review)
    for chosen, expected in (
        ({}, [0, 2, 1]),
        ({"kind": "all"}, [0, 2, 1, 3]),
        ({"kind": "blind"}, [3]),
        ({"kind": "blind", "session_id": "cal-1"}, [3]),
        ({"kind": "blind", "session_id": "cal-2"}, []),
        ({"call_id": "c-0001"}, [2, 1]),
        ({"score_id": "s-c-0002"}, [0]),
        ({"reviewer": "bob"}, [1]),
        ({"criterion_id": "closing"}, [2]),
        ({"since": NOW + timedelta(days=1)}, [2, 1]),
        ({"before": NOW + timedelta(days=1)}, [0]),
    ):
        assert all_reviews(connection, **chosen) == [made[place] for place in expected]  # type: ignore[arg-type]


def test_acknowledgement_is_kept_once(connection: Connection) -> None:
    made = a_score(connection)
    seen = Acknowledgement(
        acknowledgement_id="a-1",
        call_id=made.call_id,
        score_id=made.score_id,
        state="effective-1:0",
        acknowledged_by="maria",
        made_at=NOW,
    )
    assert put_acknowledgement(connection, seen)
    assert not put_acknowledgement(connection, seen)
    assert acknowledgements_of_call(connection, made.call_id) == [seen]
    assert acknowledgements_of_call(connection, "c-0002") == []


def test_session_is_closed_once(connection: Connection) -> None:
    session = a_session(connection)
    assert get_session(connection, "cal-1").closing is None
    closing = SessionClosing(session_id="cal-1", closed_by="lead", closed_at=LATER)
    assert put_closing(connection, closing)
    assert not put_closing(connection, SessionClosing(session_id="cal-1", closed_by="bob", closed_at=NOW))
    row = get_session(connection, "cal", hold=True)
    assert (row.session, row.closing) == (session, closing)


def test_session_is_found_by_the_beginning_of_its_id(connection: Connection) -> None:
    for session_id in ("cal-2a", "cal-2b", "cal-2"):
        a_session(connection, session_id, started_at=LATER if session_id == "cal-2" else NOW)
    assert [row.session.session_id for row in list_sessions(connection)] == ["cal-2a", "cal-2b", "cal-2"]
    assert get_session(connection, "cal-2").session.session_id == "cal-2"
    for given_id, said in (("cal", "several sessions have"), ("", "no session ''"), ("x", "earmark calibration list")):
        with pytest.raises(NotFoundError, match=said):
            get_session(connection, given_id)


def sampled(call_id: str = "c-0001", **changes: Any) -> SampledCall:
    given: dict[str, Any] = {
        "policy": "random",
        "period": "2026-11",
        "score_id": f"s-{call_id}",
        "reason": "drawn",
        "seed": 999_999,
        "sampled_by": "lead",
        "sampled_at": NOW,
    }
    return SampledCall(call_id=call_id, **{**given, **changes})


def test_call_is_sampled_once_for_a_policy_and_period(connection: Connection) -> None:
    a_score(connection)
    assert put_sampled(connection, sampled())
    assert not put_sampled(connection, sampled(sampled_at=LATER, seed=2))
    assert put_sampled(connection, sampled(period="2026-12", reviewer="ann", sampled_at=LATER))
    assert put_sampled(connection, sampled(policy="per-agent", sampled_at=LATER, agent_id="maria"))
    kept = list_sampled(connection)
    assert [(each.policy, each.period, each.seed) for each in kept] == [
        ("random", "2026-11", 999_999),
        ("per-agent", "2026-11", 999_999),
        ("random", "2026-12", 999_999),
    ]
    assert list_sampled(connection, policy="random", period="2026-12") == list_sampled(connection, reviewer="ann")


def test_candidates_are_scored_calls_that_know_whether_they_were_reviewed(connection: Connection) -> None:
    first = a_score(connection, agent_id="maria", team="north", queue="support")
    second = a_score(connection, "c-0002", agent_id=None, started_at=None)
    taken_in(connection, "c-0003")  # without a score
    a_session(connection)
    put_review(connection, reviewed(first))
    put_review(connection, reviewed(second, session_id="cal-1"))
    found = list_candidates(connection)
    assert [(each.call_id, each.score_id, each.agent_id, each.reviewed) for each in found] == [
        ("c-0001", "s-c-0001", "maria", True),
        ("c-0002", "s-c-0002", None, False),
    ]
    assert (found[0].team, found[0].queue, found[0].share) == ("north", "support", 1.0)
    started_at = taken_in(connection, "c-0003").started_at
    assert started_at is not None
    for chosen, expected in (
        ({"since": started_at}, ["c-0001"]),
        ({"before": started_at}, []),
        ({"since": started_at + timedelta(seconds=1)}, []),
        ({"agent": "maria", "team": "north", "queue": "support", "rubric_id": "general"}, ["c-0001"]),
        ({"rubric_id": "sales"}, []),
    ):
        assert [each.call_id for each in list_candidates(connection, **chosen)] == expected  # type: ignore[arg-type]
    assert [told.asked for told in told_answers(connection)["s-c-0001"]] == ["question-1:greeting", "question-1:b"]


def test_call_is_taken_off_the_queue_with_a_reason(connection: Connection) -> None:
    a_score(connection)
    closing = QueueClosing(closing_id="qc-1", call_id="c-0001", closed_by="ann", reason="known", closed_at=NOW)
    assert put_queue_closing(connection, closing)
    assert not put_queue_closing(connection, closing)
    assert list_queue_closings(connection) == list_queue_closings(connection, call_id="c-0001") == [closing]
    assert list_queue_closings(connection, call_id="c-0002") == []


def _change(state: str, flag_id: str = "fl-1", **changes: Any) -> FlagChange:
    given: dict[str, Any] = {"reason": "looked into", "changed_by": "ann", "changed_at": NOW}
    change_id = f"fc-{state}-{flag_id}"
    return FlagChange(change_id=change_id, flag_id=flag_id, state=FlagState(state), **{**given, **changes})


def test_flag_that_was_closed_is_out_of_lists_and_scorecards_until_it_is_opened_again(connection: Connection) -> None:
    taken_in(connection)
    made = score()
    scored(connection, made, flag("fl-1", of=made), flag("fl-2", of=made))

    def shown() -> tuple[list[str], int]:
        in_list = [row.flag.flag_id for row in list_flags(connection, closed_too=False)]
        return in_list, len(scorecard_rows(connection).flags)

    put_flag_change(connection, _change("closed"))
    assert shown() == (["fl-2"], 1)
    assert {row.flag.flag_id: row.flag.state for row in list_flags(connection)} == {"fl-1": "closed", "fl-2": "open"}
    put_flag_change(connection, _change("open", changed_at=LATER))
    assert shown() == (["fl-1", "fl-2"], 2)
    changes = {row.flag.flag_id: row.changes for row in list_flags(connection)}
    assert changes == {"fl-1": (_change("closed"), _change("open", changed_at=LATER)), "fl-2": ()}


def test_flag_is_found_by_the_beginning_of_its_id(connection: Connection) -> None:
    taken_in(connection)
    made = score()
    scored(connection, made, flag("fl-1a", of=made), flag("fl-1b", of=made))
    assert find_flag(connection, "fl-1b", hold=True).flag_id == "fl-1b"
    for given_id, said in (("fl-1", "several flags"), ("fl-9", "earmark flags list"), ("", "no flag")):
        with pytest.raises(NotFoundError, match=said):
            find_flag(connection, given_id)
