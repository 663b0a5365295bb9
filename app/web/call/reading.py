"""One call as somebody may see it: what was found, what people said, by the score that they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Connection, select

from app.web.access.rights import Permission
from app.web.access.visitor import Visitor
from app.web.calibration.sight import refuse_before_answers
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import (
    CallFindings,
    CallSentiment,
    FactKeys,
    FlagChange,
    Measures,
    Recording,
    Transcript,
)
from pipeline.records.coaching import CoachingItem
from pipeline.records.comments import Comment
from pipeline.review.wording import same_name
from pipeline.reviewing.evaluations import Evaluation, read_evaluation, refuse_agent
from pipeline.score.effective import effective_score
from pipeline.store.call_record import CallRecord, read_call
from pipeline.store.calls import get_recording
from pipeline.store.coaching import list_items
from pipeline.store.comments import comments_of_call
from pipeline.store.disputes import DisputeRow, list_disputes
from pipeline.store.flags import changes_of_flags, flags_of_score
from pipeline.store.scores import StoredScore, current_score_id
from pipeline.store.steps import get_step, latest_step
from pipeline.store.tables import scores

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRights:
    """What a visitor may with one call.

    Attributes:
        is_own: They took the call themselves.
        knows_agent: They may be told who took it.
        reads_notes: They may read comments, and why flags were closed.
        review: They may answer, agree, close flags and send to coaching.
    """

    is_own: bool
    knows_agent: bool
    reads_notes: bool
    review: bool
    comment: bool
    object: bool
    hear_all: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenCall:
    """A call with all that its page shows.

    Attributes:
        call: Transcript, findings and flags are those of the score that is shown.
        evaluation: The score that is shown, with people's answers; None where the call has none.
        flag_changes: By flag, oldest first.
        sent: What the visitor sent to coaching and may still take back.
    """

    call: CallRecord
    evaluation: Evaluation | None
    flag_changes: Mapping[str, tuple[FlagChange, ...]]
    disputes: tuple[DisputeRow, ...]
    comments: tuple[Comment, ...]
    sent: tuple[CoachingItem, ...] = ()


def own_recording(connection: Connection, visitor: Visitor, call_id: str) -> Recording:
    """Return a call that the visitor may see.

    Raises:
        NotFoundError: There is none of this whole id, or it is not theirs to see; which of both is not told.
    """
    try:
        recording = get_recording(connection, call_id)
    except NotFoundError:
        recording = None
    if (
        recording is None
        or recording.call_id != call_id
        or not visitor.scope.includes(agent_id=recording.agent_id, team=recording.team)
    ):
        raise NotFoundError("there is no such call, or it is not yours to see")
    return recording


def rights_of(visitor: Visitor, recording: Recording) -> CallRights:
    """Return what a visitor may with a call that they may see."""
    is_own = _is_own(visitor, recording)
    return CallRights(
        is_own=is_own,
        knows_agent=is_own or visitor.knows_agents,
        reads_notes=visitor.may(Permission.CALLS_COMMENT) and not is_own,
        review=visitor.may(Permission.CALLS_REVIEW) and not is_own,
        comment=visitor.may(Permission.CALLS_COMMENT) and not is_own,
        object=visitor.may(Permission.CALLS_OBJECT) and is_own,
        hear_all=visitor.user.hears_unredacted,
    )


def refuse_own(visitor: Visitor, recording: Recording) -> None:
    """Refuse that somebody judges a call that they took.

    Raises:
        ReviewError: They did.
    """
    refuse_agent(recording.agent_id, visitor.user.name)
    if _is_own(visitor, recording):
        raise ReviewError("you took this call: somebody else has to judge it")


def see_call(connection: Connection, visitor: Visitor, call_id: str, *, rubric: str | None = None) -> SeenCall:
    """Return a call that the visitor may see.

    Args:
        connection: Where to read.
        visitor: Who asks.
        call_id: Its whole id.
        rubric: By which rubric to show its score, as ``id`` or ``id@version``; None for the score that counts.

    Raises:
        NotFoundError: There is no such call, or it has no such score.
        ReviewError: They have yet to answer about it in a calibration session, without knowing what it scored.
    """
    recording = own_recording(connection, visitor, call_id)
    refuse_before_answers(connection, visitor, recording.call_id)
    call = read_call(connection, recording.call_id)
    evaluation = None
    if call.scores and call.scores[0].current:
        evaluation = read_evaluation(connection, recording.call_id)
        if rubric is not None:
            stored = _by_rubric(call.scores, rubric)
            if not stored.current:
                call = _resting_on(connection, call, stored)
                counts = effective_score(stored.score, evaluation.reviews)
                evaluation = replace(evaluation, stored=stored, effective=counts, acknowledgements=())
    rights = rights_of(visitor, recording)
    reads_notes = rights.reads_notes
    return SeenCall(
        call=call,
        evaluation=evaluation,
        flag_changes=changes_of_flags(connection, [flag.flag_id for flag in call.flags]) if reads_notes else {},
        disputes=tuple(list_disputes(connection, call_id=recording.call_id)),
        comments=tuple(comments_of_call(connection, recording.call_id)) if reads_notes else (),
        sent=_sent(connection, visitor, recording.call_id) if rights.review else (),
    )


def _sent(connection: Connection, visitor: Visitor, call_id: str) -> tuple[CoachingItem, ...]:
    open_items = [row.item for row in list_items(connection, call_id=call_id, only_open=True)]
    return tuple(item for item in open_items if same_name(item.sent_by, visitor.user.name))


def transcript_of(connection: Connection, call_id: str) -> Transcript | None:
    """Return the transcript that a call's current score rests on, without a score its newest; None without one."""
    score_id = current_score_id(connection, call_id)
    facts_key = connection.scalar(select(scores.c.facts_key).where(scores.c.score_id == score_id)) if score_id else None
    under = get_step(connection, facts_key, FactKeys) if facts_key else None
    if under is not None:
        return get_step(connection, under.transcript, Transcript)
    return latest_step(connection, call_id, "transcript", Transcript)


def name_of(stored: StoredScore) -> str:
    """Return the rubric of a score as ``id@version``."""
    return f"{stored.score.rubric_id}@{stored.score.rubric_version}"


def _is_own(visitor: Visitor, recording: Recording) -> bool:
    if recording.agent_id is None:
        return False
    own = visitor.user.agent_id
    return recording.agent_id == own or same_name(recording.agent_id, visitor.user.name)


def _by_rubric(scores: Sequence[StoredScore], name: str) -> StoredScore:
    wanted = name.replace("@v", "@")
    found = next((each for each in scores if wanted in (name_of(each), each.score.rubric_id)), None)
    if found is None and "@" not in wanted:
        return scores[0]  # a list of calls may be narrowed to a rubric by which this one is not scored any more
    if found is None:
        raise NotFoundError(f"this call has no score by {name}; it has: {', '.join(sorted({*map(name_of, scores)}))}")
    return found


def _resting_on(connection: Connection, call: CallRecord, stored: StoredScore) -> CallRecord:
    """Return a call with the facts and flags of another of its scores."""
    under = get_step(connection, stored.facts_key, FactKeys)

    def step(key: str | None, kind: type[Record]) -> Record | None:
        return None if key is None else get_step(connection, key, kind)

    found = step(under.findings if under else None, CallFindings)
    return replace(
        call,
        transcript=step(under.transcript if under else None, Transcript),
        findings=found.findings if found else (),
        sentiment=step(under.sentiment if under else None, CallSentiment),
        measures=step(under.measures if under else None, Measures),
        flags=flags_of_score(connection, stored.score.score_id),
    )
