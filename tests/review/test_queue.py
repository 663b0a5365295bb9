"""What waits for a person, and in which order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import QueueClosing, QueuedCall, QueueKind, QueueReason, Severity
from pipeline.review.queue import open_queue
from tests.review.made import NOW, after, asked, reviewed, score_of

SCORE = score_of(asked(), asked("closing"))


def reason(kind: str = "flagged", subject: str = "low_score", **changes: Any) -> QueueReason:
    given: dict[str, Any] = {"reason": "because", "since": NOW}
    if kind == "flagged":
        given["severity"] = Severity.MAJOR
    return QueueReason(kind=QueueKind(kind), subject=subject, **{**given, **changes})


def unanswered(criterion_id: str = "greeting", **changes: Any) -> QueueReason:
    return reason("unanswered", criterion_id, criterion_id=criterion_id, asked=f"question-1:{criterion_id}", **changes)


def call(*reasons: QueueReason, call_id: str = "c-0001", started_at: datetime | None = NOW) -> QueuedCall:
    return QueuedCall(call_id=call_id, score_id="s", reasons=reasons, started_at=started_at)


def closing(at: datetime = NOW, call_id: str = "c-0001") -> QueueClosing:
    return QueueClosing(closing_id="qc-1", call_id=call_id, closed_by="ann", reason="known", closed_at=at)


def waiting(calls: list[QueuedCall], **given: Any) -> list[str]:
    return [each.call_id for each in open_queue(calls, given.pop("reviews", ()), given.pop("closings", ()), **given)]


ORDERED = [
    call(reason(severity=Severity.CRITICAL), call_id="c-critical", started_at=after(days=5)),
    call(reason(severity=Severity.MAJOR), unanswered(), call_id="c-major-early"),
    call(reason(severity=Severity.MAJOR), call_id="c-major-late", started_at=after(days=1)),
    call(reason(severity=Severity.MAJOR), call_id="c-major-unknown", started_at=None),
    call(reason(severity=Severity.MINOR), call_id="c-minor"),
    call(unanswered(critical=True), call_id="c-critical-question", started_at=after(days=9)),
    call(unanswered(), call_id="c-question"),
    call(reason("sampled", "random 2026-11"), call_id="c-sampled-1"),
    call(reason("sampled", "random 2026-11"), call_id="c-sampled-2"),
]


@given(st.permutations(ORDERED))
def test_queue_is_in_order_of_gravity_then_of_time(calls: list[QueuedCall]) -> None:
    assert open_queue(calls, (), ()) == ORDERED


def test_reasons_of_a_call_are_in_order_too() -> None:
    (shown,) = open_queue(
        [
            call(
                reason("sampled", "x"),
                unanswered(),
                reason(severity=Severity.MINOR),
                unanswered("closing", critical=True),
            )
        ],
        (),
        (),
    )
    assert [each.subject for each in shown.reasons] == ["low_score", "closing", "greeting", "x"]


@pytest.mark.parametrize(
    ("why", "done"),
    [
        (unanswered(), True),
        (unanswered(since=after(days=5)), True),  # scored again since: the question is the same
        (unanswered("closing"), False),
        (reason(criterion_id="greeting", asked="question-1:greeting"), True),
        (reason(criterion_id="closing", asked="question-1:closing"), False),
        (reason(), True),
        (reason(since=after(days=2)), False),
        (reason("sampled", "random 2026-11"), True),
        (reason("sampled", "random 2026-12", since=after(days=2)), False),
    ],
)
def test_review_settles_what_it_is_about(why: QueueReason, done: bool) -> None:
    review = reviewed(SCORE, now=after(days=1))
    assert waiting([call(why)], reviews=[review]) == ([] if done else ["c-0001"])
    blind = reviewed(SCORE, now=after(days=1), session_id="cal-1")
    assert waiting([call(why)], reviews=[blind]) == ["c-0001"]


@pytest.mark.parametrize(("days", "done"), [(1, False), (5, True)])
def test_reopened_flag_is_settled_only_by_what_comes_after(days: int, done: bool) -> None:
    review = reviewed(SCORE, now=after(days=days))
    again = {"since": after(days=3), "reopened": True}
    for why in (reason(**again), reason(criterion_id="greeting", asked="question-1:greeting", **again)):
        assert waiting([call(why, unanswered())], reviews=[review]) == ([] if done else ["c-0001"])


def test_flag_of_a_new_score_waits_no_longer_where_people_answered_every_question() -> None:
    late = reason(since=after(days=9))
    reviews = [reviewed(SCORE, now=after(days=1)), reviewed(SCORE, "closing", now=after(days=1))]
    assert waiting([call(late, unanswered(), unanswered("closing"))], reviews=reviews) == []
    assert waiting([call(late, unanswered(), unanswered("closing"))], reviews=reviews[:1]) == ["c-0001"]
    assert waiting([call(late)], reviews=reviews) == ["c-0001"]


def test_what_comes_after_a_call_was_taken_off_puts_it_there_again() -> None:
    both = [call(reason(), unanswered(since=after(days=3)))]
    assert waiting(both, closings=[closing(after(days=1))]) == ["c-0001"]
    (left,) = open_queue(both, (), [closing(after(days=1))])
    assert [each.kind for each in left.reasons] == [QueueKind.UNANSWERED]
    assert waiting(both, closings=[closing(after(days=3)), closing(after(days=1))]) == []
    assert waiting(both, closings=[closing(after(days=9), call_id="c-2")]) == ["c-0001"]


def test_reviewer_sees_what_is_theirs_or_anybodys() -> None:
    calls = [
        call(reason("sampled", "p", reviewer="ann"), call_id="c-1"),
        call(reason("sampled", "p", reviewer="bob"), call_id="c-2"),
        call(reason("sampled", "p"), call_id="c-3"),
        call(reason("sampled", "p", reviewer="bob"), reason(), call_id="c-4"),
    ]
    assert waiting(calls) == ["c-4", "c-1", "c-2", "c-3"]
    assert waiting(calls, reviewer="ann") == ["c-4", "c-1", "c-3"]
    assert waiting(calls, reviewer="ann", kinds=(QueueKind.SAMPLED,)) == ["c-1", "c-3"]


@given(st.lists(st.sampled_from(ORDERED), unique=True), st.sets(st.sampled_from([c.call_id for c in ORDERED])))
def test_queue_is_what_was_not_taken_off(calls: list[QueuedCall], off: set[str]) -> None:
    closings = [closing(after(days=1), call_id) for call_id in off]
    assert set(waiting(calls, closings=closings)) == {each.call_id for each in calls} - off
