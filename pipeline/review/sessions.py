"""Calibration sessions: several people answer the same questions about the same calls, blind; one is the expert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import ReviewError, UnknownNameError
from pipeline.records import CalibrationSession, Review, SessionCall, SessionClosing, Status, latest_reviews
from pipeline.review.wording import checked_name, folded, made_id, same_name

MOST_CALLS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A reviewer's answer beside the expert's on one question of one call.

    Attributes:
        points_apart: Distance of their shares in points of 100; None where one of them gave no share.
        far: Whether they are further apart than the limit, or one counts the question and the other does not.
    """

    call_id: str
    criterion_id: str
    reviewer: str
    answer: Status
    answer_share: float | None
    expert: Status
    expert_share: float | None
    points_apart: float | None
    far: bool

    @property
    def same(self) -> bool:
        """Whether both gave the same answer, share included."""
        return (self.answer, self.answer_share) == (self.expert, self.expert_share)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewerSummary:
    """How close a reviewer was to the expert: questions that both answered, and those answered the same."""

    reviewer: str
    answered: int
    compared: int
    same: int
    far: int
    mean_points_apart: float | None


def start_session(
    calls: Sequence[SessionCall],
    *,
    rubric_id: str,
    reviewers: Sequence[str],
    expert: str,
    started_by: str,
    now: datetime,
) -> CalibrationSession:
    """Return a new session.

    Raises:
        ReviewError: No call or reviewer, one twice, or the expert among the reviewers.
    """
    names, right = tuple(checked_name(name) for name in reviewers), checked_name(expert)
    if not calls:
        raise ReviewError("a session needs calls: --calls c-1,c-2 or --sample 5 --rubric ID")
    if len(calls) > MOST_CALLS:
        raise ReviewError(f"a session has at most {MOST_CALLS} calls, these are {len(calls)}")
    if not names:
        raise ReviewError("a session needs reviewers: --reviewers ann,bob")
    if len({call.call_id for call in calls}) != len(calls):
        raise ReviewError("a call is named twice; name every call once")
    if len({folded(name) for name in (*names, right)}) != len(names) + 1:
        raise ReviewError("a person is named twice; the expert is not among the reviewers")
    ids = [[call.call_id, call.score_id] for call in calls]
    told = {"calls": ids, "reviewers": list(names), "expert": right, "rubric": rubric_id}
    return CalibrationSession(
        session_id=made_id("cal-", **told, at=now.isoformat()),
        rubric_id=rubric_id,
        calls=tuple(calls),
        reviewers=names,
        expert=right,
        started_by=checked_name(started_by),
        started_at=now,
    )


def require_open(session: CalibrationSession, closing: SessionClosing | None) -> None:
    """Refuse what may not happen after a session was closed.

    Raises:
        ReviewError: It was.
    """
    if closing is not None:
        raise ReviewError(
            f"session {session.session_id} was closed by {closing.closed_by} on {closing.closed_at:%Y-%m-%d}; "
            "start another one"
        )


def member(session: CalibrationSession, name: str) -> str:
    """Return who of the session is meant, as spelled there.

    Raises:
        UnknownNameError: Nobody of it.
    """
    tidy = checked_name(name)
    people = (*session.reviewers, session.expert)
    found = next((each for each in people if same_name(each, tidy)), None)
    if found is None:
        raise UnknownNameError("reviewer of this session", tidy, people)
    return found


def session_call(session: CalibrationSession, call_id: str) -> SessionCall:
    """Return a call of the session, by its id or the beginning of its id.

    Raises:
        UnknownNameError: It is none of the session's.
    """
    exact = [call for call in session.calls if call.call_id == call_id]
    found = exact or [call for call in session.calls if call_id and call.call_id.startswith(call_id)]
    if len(found) != 1:
        raise UnknownNameError("call of this session", call_id, [call.call_id for call in session.calls])
    return found[0]


def visible(
    session: CalibrationSession, closing: SessionClosing | None, reviews: Iterable[Review], *, by: str | None
) -> list[Review]:
    """Return the answers that somebody may see: one's own; after the closing everybody's. The latest of each counts.

    Args:
        session: The session.
        closing: Its end; None while it is open.
        reviews: All of its answers.
        by: Who looks; None for somebody outside.
    """
    own = None if by is None else member(session, by)
    seen = (
        review
        for review in reviews
        if review.session_id == session.session_id and (closing is not None or review.reviewer == own)
    )
    latest = latest_reviews(seen, lambda review: (review.call_id, review.criterion_id, review.reviewer))
    order = {call.call_id: position for position, call in enumerate(session.calls)}
    people = {name: position for position, name in enumerate((session.expert, *session.reviewers))}
    return sorted(latest.values(), key=lambda r: (order[r.call_id], r.criterion_id, people[r.reviewer]))


def differences(session: CalibrationSession, answers: Iterable[Review], *, points_apart: float) -> list[Difference]:
    """Return every reviewer's answers beside the expert's, by call, question and reviewer.

    Args:
        session: The session.
        answers: What `visible` says of a closed one.
        points_apart: Further apart than this, in points of 100, is far.
    """
    given = {(review.call_id, review.criterion_id, review.reviewer): review for review in answers}
    found = []
    for (call_id, criterion_id, reviewer), review in given.items():
        expert = given.get((call_id, criterion_id, session.expert))
        if reviewer == session.expert or expert is None:
            continue
        apart = None
        if review.share is not None and expert.share is not None:
            apart = round(100 * abs(review.share - expert.share), 6)
        found.append(
            Difference(
                call_id=call_id,
                criterion_id=criterion_id,
                reviewer=reviewer,
                answer=review.status,
                answer_share=review.share,
                expert=expert.status,
                expert_share=expert.share,
                points_apart=apart,
                far=apart > points_apart if apart is not None else review.status is not expert.status,
            )
        )
    return found


def summaries(
    session: CalibrationSession, answers: Sequence[Review], compared: Sequence[Difference]
) -> list[ReviewerSummary]:
    """Return one line for each reviewer, in the session's order."""
    lines = []
    for name in session.reviewers:
        own = [difference for difference in compared if difference.reviewer == name]
        apart = [difference.points_apart for difference in own if difference.points_apart is not None]
        lines.append(
            ReviewerSummary(
                reviewer=name,
                answered=sum(review.reviewer == name for review in answers),
                compared=len(own),
                same=sum(difference.same for difference in own),
                far=sum(difference.far for difference in own),
                mean_points_apart=sum(apart) / len(apart) if apart else None,
            )
        )
    return lines
