"""Calibration sessions from beginning to end: start, answer blind, close, compare with the expert."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import (
    EVERYTHING,
    CalibrationSession,
    CallScore,
    Review,
    Scope,
    SessionCall,
    SessionClosing,
    Status,
)
from pipeline.review.answers import make_review, result_of
from pipeline.review.sampling import SamplingRequest, random_number
from pipeline.review.sessions import (
    Difference,
    ReviewerSummary,
    differences,
    member,
    require_open,
    session_call,
    start_session,
    summaries,
    visible,
)
from pipeline.review.wording import checked_name, same_name
from pipeline.reviewing.evaluations import QuestionsAtHand, read_answer, read_evaluation
from pipeline.score.effective import effective_score
from pipeline.store.calibration_sessions import SessionRow, get_session, list_sessions, put_closing, put_session
from pipeline.store.reviews import all_reviews, put_review
from pipeline.store.samples import list_candidates
from pipeline.store.scores import get_score

if TYPE_CHECKING:
    from pipeline.agreement.raters import RaterAgreement


@dataclass(frozen=True, kw_only=True, slots=True)
class CallTotals:
    """A reviewer's total of a call beside the expert's, each over the questions that both answered.

    Attributes:
        questions: How many those are.
        total: 0..1; None where nothing counts.
        points_apart: In points of 100; None where one of the totals is not there.
    """

    call_id: str
    reviewer: str
    questions: int
    total: float | None
    expert_total: float | None
    points_apart: float | None
    far: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionView:
    """What somebody may see of a session: while it is open one's own answers, then all and how they compare.

    Attributes:
        titles: Of all its questions by their ids, in order.
        asked: The ids of each call's questions.
    """

    session: CalibrationSession
    closing: SessionClosing | None
    titles: dict[str, str]
    asked: dict[str, tuple[str, ...]]
    answers: tuple[Review, ...]
    differences: tuple[Difference, ...] = ()
    totals: tuple[CallTotals, ...] = ()
    reviewers: tuple[ReviewerSummary, ...] = ()


def start(
    connection: Connection,
    *,
    call_ids: Sequence[str] = (),
    sample: int = 0,
    seed: int = 1,
    rubric_id: str | None,
    reviewers: Sequence[str],
    expert: str,
    by: str,
    now: datetime,
    scope: Scope = EVERYTHING,
    not_of_agents: Collection[str] = (),
) -> CalibrationSession:
    """Start a session about named calls, or about some that are drawn at random, and return it.

    Args:
        connection: A transaction that writes.
        call_ids: Ids of calls, or the beginnings of them.
        sample: Instead of them so many calls, of those that nobody has reviewed and no session has had.
        seed: Another seed draws others.
        rubric_id: Whose questions are asked; None: those of the calls' current scores, all by one rubric.
        reviewers: Who answers.
        expert: Whose answers they are compared with.
        by: Who starts it.
        now: When.
        scope: Among whose calls is drawn.
        not_of_agents: Without the calls of these agents: nobody answers about their own.

    Raises:
        NotFoundError: A call is not there or has no such score, or there are too few to draw.
        ReviewError: The session cannot be made so.
    """
    chosen = call_ids or _drawn(connection, sample, seed, rubric_id, scope=scope, not_of_agents=not_of_agents)
    scores = [read_evaluation(connection, call_id, rubric_id=rubric_id).machine for call_id in chosen]
    for score in scores:
        for result in score.results:
            result_of(score, result.criterion_id)  # refuses a score whose questions are not known
    rubrics = sorted({score.rubric_id for score in scores})
    if len(rubrics) > 1:
        raise ReviewError(f"the calls were scored by several rubrics ({', '.join(rubrics)}); choose one with --rubric")
    session = start_session(
        [SessionCall(call_id=score.call_id, score_id=score.score_id) for score in scores],
        rubric_id=rubrics[0] if rubrics else "",
        reviewers=reviewers,
        expert=expert,
        started_by=by,
        now=now,
    )
    put_session(connection, session)
    return session


def answer_blind(
    connection: Connection,
    session_id: str,
    call_id: str,
    criterion_id: str,
    answer: str,
    *,
    by: str,
    reason: str,
    questions: QuestionsAtHand,
    now: datetime,
) -> Review:
    """Keep somebody's answer in an open session; a later one of the same person takes its place.

    Raises:
        NotFoundError: No such session.
        UnknownNameError: The call or person is not of the session, or the call has no such question.
        ReviewError: The session is closed, that is no answer, or name or reason cannot be kept.
    """
    row = get_session(connection, session_id, hold=True)
    require_open(row.session, row.closing)
    name = member(row.session, by)
    score = _score(connection, session_call(row.session, call_id))
    result = result_of(score, criterion_id)
    status, share, label = read_answer(answer, result, questions)
    review = make_review(
        score,
        result,
        status=status,
        share=share,
        answer=label,
        reviewer=name,
        reason=reason,
        now=now,
        session_id=row.session.session_id,
    )
    put_review(connection, review)
    return review


def close(connection: Connection, session_id: str, *, by: str, now: datetime, anyway: bool = False) -> SessionRow:
    """Close a session: from then on everybody may see all answers, and nobody gives any.

    Args:
        connection: A transaction that writes.
        session_id: Its id, or the beginning of it.
        by: Who closes it: who started it, or the expert.
        now: When.
        anyway: Also where somebody has not answered everything.

    Raises:
        NotFoundError: No such session.
        ReviewError: It is closed already, this is not for this person to do, or answers are missing.
    """
    row = get_session(connection, session_id, hold=True)
    session = row.session
    require_open(session, row.closing)
    if not any(same_name(by, each) for each in (session.started_by, session.expert)):
        raise ReviewError(
            f"session {session.session_id} is closed by who started it ({session.started_by}) or by its expert "
            f"({session.expert})"
        )
    missing = [] if anyway else _unanswered(connection, session)
    if missing:
        raise ReviewError(
            f"session {session.session_id} lacks answers: {', '.join(missing)}; nobody can answer after the closing. "
            "To close it all the same, add --anyway"
        )
    put_closing(
        connection, SessionClosing(session_id=row.session.session_id, closed_by=checked_name(by), closed_at=now)
    )
    return get_session(connection, row.session.session_id)


def _unanswered(connection: Connection, session: CalibrationSession) -> list[str]:
    """Return who has how many questions left, such as ``41 of 44 of ann``."""
    questions = sum(len(_score(connection, call).results) for call in session.calls)
    made = all_reviews(connection, session_id=session.session_id, kind="blind")
    given = Counter(name for _, _, name in {(r.call_id, r.criterion_id, r.reviewer) for r in made})
    people = (*session.reviewers, session.expert)
    return [f"{questions - given[name]} of {questions} of {name}" for name in people if given[name] < questions]


def view(connection: Connection, session_id: str, *, by: str | None, points_apart: float) -> SessionView:
    """Return what somebody may see of a session.

    Args:
        connection: Where to read.
        session_id: Its id, or the beginning of it.
        by: Who looks: their own answers are there before the closing. None sees none before it.
        points_apart: Answers and totals further apart than this, in points of 100, are marked.

    Raises:
        NotFoundError: No such session.
        UnknownNameError: Nobody of that name is in it.
    """
    row = get_session(connection, session_id)
    session = row.session
    made = all_reviews(connection, session_id=session.session_id, kind="blind")
    answers = visible(session, row.closing, made, by=by)
    scores = {call.call_id: _score(connection, call) for call in session.calls}
    shown = SessionView(
        session=session,
        closing=row.closing,
        titles={result.criterion_id: result.title for score in scores.values() for result in score.results},
        asked={call_id: tuple(r.criterion_id for r in score.results) for call_id, score in scores.items()},
        answers=tuple(answers),
    )
    if row.closing is None:
        return shown
    compared = differences(session, answers, points_apart=points_apart)
    return replace(
        shown,
        differences=tuple(compared),
        totals=tuple(_totals(session, scores, answers, points_apart)),
        reviewers=tuple(summaries(session, answers, compared)),
    )


def _totals(
    session: CalibrationSession, scores: dict[str, CallScore], answers: Sequence[Review], points_apart: float
) -> list[CallTotals]:
    given = {(review.call_id, review.reviewer, review.criterion_id): review for review in answers}
    lines = []
    for call_id, score in scores.items():
        for name in session.reviewers:
            both = [
                result.criterion_id
                for result in score.results
                if {(call_id, who, result.criterion_id) for who in (name, session.expert)} <= given.keys()
            ]
            if not both:
                continue
            own, right = (
                blank_total(score, [given[call_id, who, criterion_id] for criterion_id in both])
                for who in (name, session.expert)
            )
            apart = None if own is None or right is None else round(100 * abs(own - right), 6)
            lines.append(
                CallTotals(
                    call_id=call_id,
                    reviewer=name,
                    questions=len(both),
                    total=own,
                    expert_total=right,
                    points_apart=apart,
                    far=apart > points_apart if apart is not None else (own is None) != (right is None),
                )
            )
    return lines


def session_agreement(shown: SessionView, *, seed: int) -> RaterAgreement:
    """Return how far the people of a closed session agree; under 20 pairs there are counts and no figures."""
    from pipeline.agreement.raters import rater_agreement  # noqa: PLC0415 - imports numpy

    ratings: dict[tuple[str, str], dict[str, tuple[Status, float | None]]] = defaultdict(dict)
    for review in shown.answers:
        ratings[review.call_id, review.criterion_id][review.reviewer] = review.status, review.share
    session = shown.session
    return rater_agreement(ratings, expert=session.expert, compared=session.reviewers, seed=seed)


def blank_total(score: CallScore, answers: Sequence[Review]) -> float | None:
    """Return a call's total 0..1 from a person's answers alone, whatever the machine answered; None without any."""
    blank = [
        replace(result, status=Status.CANNOT_ASSESS, points_earned=None, answer=None, leaning=None)
        for result in score.results
    ]
    return effective_score(
        replace(score, results=tuple(blank)), [replace(review, session_id=None) for review in answers]
    ).share


def _drawn(
    connection: Connection,
    number: int,
    seed: int,
    rubric_id: str | None,
    *,
    scope: Scope,
    not_of_agents: Collection[str],
) -> list[str]:
    if not number:
        return []
    left_out = set(not_of_agents)
    had = {call.call_id for row in list_sessions(connection) for call in row.session.calls}
    candidates = list_candidates(connection, rubric_id=rubric_id)
    free = [
        call.call_id
        for call in candidates
        if not call.reviewed
        and call.call_id not in had
        and call.agent_id not in left_out
        and scope.includes(agent_id=call.agent_id, team=call.team)
    ]
    if len(free) < number:
        raise NotFoundError(
            f"there are {len(free)} calls to draw from, not {number}: scored, never reviewed, in no session before"
        )
    request = SamplingRequest(policy="random", period="calibration", seed=seed)
    return sorted(free, key=lambda call_id: random_number(request, call_id))[:number]


def _score(connection: Connection, call: SessionCall) -> CallScore:
    score = get_score(connection, call.score_id)
    assert score is not None  # sessions name scores that are there, and scores are never removed
    return score
