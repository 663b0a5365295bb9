"""Which calibration sessions a visitor may see, and as whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from app.web.access.rights import Permission
from app.web.access.visitor import Visitor
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import CalibrationSession, QueueKind, Scope
from pipeline.review.wording import same_name
from pipeline.store.calibration_sessions import SessionRow, get_session, open_sessions
from pipeline.store.overviews import CallOverview, in_scope
from pipeline.store.reviews import all_reviews
from pipeline.store.scores import get_score
from pipeline.store.tables import recordings
from pipeline.store.wanted_calls import in_batches


def takes_part(visitor: Visitor, session: CalibrationSession) -> bool:
    """Tell whether a visitor is one of the reviewers, or the expert."""
    return any(same_name(visitor.user.name, each) for each in (*session.reviewers, session.expert))


def may_close(visitor: Visitor, session: CalibrationSession) -> bool:
    """Tell whether a visitor started the session, or is its expert."""
    return any(same_name(visitor.user.name, each) for each in (session.started_by, session.expert))


def calls_in_scope(connection: Connection, call_ids: Sequence[str], scope: Scope) -> set[str]:
    """Return which of these calls may be seen."""
    if scope.whole:
        return set(call_ids)
    found: set[str] = set()
    for some in in_batches(sorted(set(call_ids))):
        seen = select(recordings.c.call_id).where(recordings.c.call_id.in_(some), in_scope(scope, recordings))
        found.update(connection.scalars(seen))
    return found


def refuse_before_answers(connection: Connection, visitor: Visitor, call_id: str) -> None:
    """Refuse what a call scored to who takes part in an open session and has yet to answer about the call.

    Raises:
        ReviewError: They have.
    """
    session_id = _calls_to_answer(connection, visitor, only=call_id).get(call_id)
    if session_id is not None:
        raise ReviewError(
            "this call is in a calibration session in which you have questions left: answer them first, on the "
            f"page /calibration/{session_id}/calls/{call_id}; after that you see what it scored"
        )


def calls_to_answer(connection: Connection, visitor: Visitor) -> frozenset[str]:
    """Return the calls of open sessions about which the visitor has yet to answer, before they see what others said."""
    return frozenset(_calls_to_answer(connection, visitor))


def without_answers(connection: Connection, visitor: Visitor, calls: Sequence[CallOverview]) -> list[CallOverview]:
    """Return lines of lists; of calls about which the visitor has yet to answer, without what they scored."""
    blind = calls_to_answer(connection, visitor)
    return [_without_answers(call) if call.call_id in blind else call for call in calls]


def _without_answers(call: CallOverview) -> CallOverview:
    samples = tuple(reason for reason in call.reasons if reason.kind is QueueKind.SAMPLED)
    return replace(
        call,
        machine_share=None,
        share=None,
        passed=None,
        customer_sentiment=None,
        flags=(),
        severity=None,
        place=None,
        reasons=samples,
    )


def _calls_to_answer(connection: Connection, visitor: Visitor, *, only: str | None = None) -> dict[str, str]:
    """Return the calls that a visitor has questions left about, each with its session."""
    found: dict[str, str] = {}
    for session in (row.session for row in open_sessions(connection)):
        if not takes_part(visitor, session):
            continue
        for chosen in session.calls:
            if only not in (None, chosen.call_id):
                continue
            made = all_reviews(connection, session_id=session.session_id, call_id=chosen.call_id, kind="blind")
            answered = {each.criterion_id for each in made if same_name(each.reviewer, visitor.user.name)}
            score = get_score(connection, chosen.score_id)
            if score is not None and any(result.criterion_id not in answered for result in score.results):
                found.setdefault(chosen.call_id, session.session_id)
    return found


def sessions_in_sight(connection: Connection, visitor: Visitor, rows: Iterable[SessionRow]) -> list[SessionRow]:
    """Return the sessions that a visitor takes part in, and for who leads them all whose calls they may see."""
    told = list(rows)
    own = {row.session.session_id for row in told if takes_part(visitor, row.session)}
    if visitor.may(Permission.CALIBRATION_LEAD):
        seen = calls_in_scope(connection, [call.call_id for row in told for call in row.session.calls], visitor.scope)
        own |= {row.session.session_id for row in told if all(call.call_id in seen for call in row.session.calls)}
    return [row for row in told if row.session.session_id in own]


def session_in_sight(connection: Connection, visitor: Visitor, session_id: str) -> SessionRow:
    """Return a session by its whole id.

    Raises:
        NotFoundError: There is none, or it is not the visitor's to see; which of both is not told.
    """
    not_there = NotFoundError("there is no such session, or it is not yours to see")
    try:
        row = get_session(connection, session_id)
    except NotFoundError:
        raise not_there from None
    if row.session.session_id != session_id or not sessions_in_sight(connection, visitor, [row]):
        raise not_there
    return row
