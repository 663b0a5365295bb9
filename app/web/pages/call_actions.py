"""What people do on the page of a call: answer, agree, object, acknowledge, comment, close flags, send to coaching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from sqlalchemy import Connection
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.call.page import CallPage, call_page
from app.web.call.questions import questions_of
from app.web.call.reading import own_recording, refuse_own
from app.web.call.shown import changed
from app.web.errors import BadRequestError
from app.web.site import Site, site_of
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import FlagState, Recording, Review
from pipeline.records.coaching import CoachingItem
from pipeline.review.answers import result_of
from pipeline.review.comments import make_comment
from pipeline.review.flags import change_flag
from pipeline.review.wording import checked_name, checked_reason, made_id
from pipeline.reviewing.disputes import dispute_answer
from pipeline.reviewing.evaluations import (
    Evaluation,
    acknowledge_score,
    agree,
    answer_question,
    hold_as_seen,
    read_evaluation,
)
from pipeline.store.coaching import put_item
from pipeline.store.comments import put_comment
from pipeline.store.flags import find_flag, put_flag_change

router = APIRouter()

CallId = Annotated[str, Path(max_length=100)]
CriterionId = Annotated[str, Path(max_length=200)]
Text = Annotated[str, Form(max_length=5000)]
Code = Annotated[str, Form(max_length=200)]
Reviewer = Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))]
Commenter = Annotated[Visitor, Depends(Needs(Permission.CALLS_COMMENT))]
Objector = Annotated[Visitor, Depends(Needs(Permission.CALLS_OBJECT))]


@router.post("/calls/{call_id}/criteria/{criterion_id}/answer")
def answers(
    request: Request,
    visitor: Reviewer,
    call_id: CallId,
    criterion_id: CriterionId,
    *,
    score: Code,
    answer: Code = "",
    amount: Code = "",
    reason: Text = "",
) -> Response:
    """Keep a person's answer to a question."""
    given = amount.strip() if amount.strip() and answer in ("", "amount") else answer
    if given in ("", "amount"):
        raise ReviewError("no answer was chosen: choose one, and say why")
    site, before = _before(request, visitor, call_id)
    with _judging(site, visitor, call_id, score) as (connection, acts, evaluation):
        made = answer_question(
            connection,
            evaluation,
            criterion_id,
            given,
            questions=questions_of(site),
            reviewer=visitor.user.name,
            reason=reason,
            now=site.now(),
        )
        acts.append(_review_act(made))
    return changed(request, visitor, before, "Your answer counts now.", criterion_id=criterion_id)


@router.post("/calls/{call_id}/criteria/{criterion_id}/agree")
def agrees(request: Request, visitor: Reviewer, call_id: CallId, criterion_id: CriterionId, score: Code) -> Response:
    """Keep that a person agrees with the machine's answer to a question."""
    site, before = _before(request, visitor, call_id)
    with _judging(site, visitor, call_id, score) as (connection, acts, evaluation):
        made, _ = agree(connection, evaluation, [criterion_id], reviewer=visitor.user.name, now=site.now())
        acts += [_review_act(review) for review in made]
    return changed(request, visitor, before, "Agreed.", criterion_id=criterion_id)


@router.post("/calls/{call_id}/agree")
def agrees_with_all(request: Request, visitor: Reviewer, call_id: CallId, score: Code) -> Response:
    """Keep that a person agrees with all that the machine answered and nobody has."""
    site, before = _before(request, visitor, call_id)
    with _judging(site, visitor, call_id, score) as (connection, acts, evaluation):
        made, left = agree(connection, evaluation, [], reviewer=visitor.user.name, now=site.now())
        acts += [_review_act(review) for review in made]
    waiting = f" {len(left)} still want an answer of yours." if left else ""
    told = f"Agreed with {len(made)} answers.{waiting}" if made else f"There was nothing left to agree with.{waiting}"
    return changed(request, visitor, before, told)


@router.post("/calls/{call_id}/criteria/{criterion_id}/dispute")
def disputes(
    request: Request, visitor: Objector, call_id: CallId, criterion_id: CriterionId, reason: Text = ""
) -> Response:
    """Keep an agent's objection to an answer about a call of theirs."""
    site, before = _before(request, visitor, call_id)
    if not before.rights.object:
        raise NotFoundError("there is no such call of yours")
    with site.editing(visitor) as (connection, acts):
        made = dispute_answer(
            connection,
            call_id,
            criterion_id,
            by=visitor.user.name,
            reason=reason,
            settings=site.settings.review,
            now=site.now(),
        )
        told = {"dispute": made.dispute_id, "criterion": made.criterion_id, "by": made.opened_by}
        acts.append(Act(action="dispute", subject=("call", call_id), details=told))
    return changed(request, visitor, before, "Your objection waits for a ruling.", criterion_id=criterion_id)


@router.post("/calls/{call_id}/acknowledge")
def acknowledges(request: Request, visitor: Objector, call_id: CallId, score: Code) -> Response:
    """Keep that an agent has seen the score of a call of theirs."""
    site, before = _before(request, visitor, call_id)
    if not before.rights.object:
        raise NotFoundError("there is no such call of yours")
    with site.editing(visitor) as (connection, acts):
        evaluation = _as_seen(connection, call_id, score)
        made, is_new = acknowledge_score(connection, evaluation, by=visitor.user.name, now=site.now())
        if is_new:
            told = {"score": made.score_id, "by": made.acknowledged_by}
            acts.append(Act(action="acknowledgement", subject=("call", call_id), details=told))
    return changed(request, visitor, before, "Noted that you have seen this score.")


@router.post("/calls/{call_id}/flags/{flag_id}")
def changes_flag(
    request: Request,
    visitor: Reviewer,
    call_id: CallId,
    flag_id: Annotated[str, Path(max_length=100)],
    *,
    state: Annotated[FlagState, Form()],
    reason: Text = "",
) -> Response:
    """Close a flag of a call, or open it again."""
    site, before = _before(request, visitor, call_id)
    refuse_own(visitor, before.recording)
    if flag_id not in {flag.flag.flag_id for flag in before.flags}:
        raise NotFoundError("this call has no such flag")
    with site.editing(visitor) as (connection, acts):
        flag = find_flag(connection, flag_id, hold=True)
        change = change_flag(flag, state, by=visitor.user.name, reason=reason, now=site.now())
        put_flag_change(connection, change)
        told = {"flag": flag.flag_id, "code": flag.code, "state": state.value, "by": change.changed_by}
        acts.append(Act(action="flag", subject=("call", call_id), details=told))
    done = "The flag is closed." if state is FlagState.CLOSED else "The flag is open again."
    return changed(request, visitor, before, done, at=f"flag-{flag_id}")


@router.post("/calls/{call_id}/comments")
def comments(
    request: Request,
    visitor: Commenter,
    call_id: CallId,
    *,
    text: Text = "",
    criterion: Code = "",
    moment: Code = "",
) -> Response:
    """Keep a comment on a call, a question or a moment."""
    site, before = _before(request, visitor, call_id)
    refuse_own(visitor, before.recording)
    if criterion and criterion not in {each.id for each in before.criteria}:
        raise NotFoundError("this call was not asked that question")
    at_ms = _moment(moment, before.recording)
    with site.editing(visitor) as (connection, acts):
        made = make_comment(
            call_id, text, by=visitor.user.name, now=site.now(), criterion_id=criterion or None, at_ms=at_ms
        )
        put_comment(connection, made)
        told = {"comment": made.comment_id, "by": made.written_by}
        acts.append(Act(action="comment", subject=("call", call_id), details=told))
    return changed(
        request,
        visitor,
        before,
        "Your comment is kept.",
        criterion_id=criterion or None,
        at="" if criterion else "notes",
    )


@router.post("/calls/{call_id}/criteria/{criterion_id}/coaching")
def sends_to_coaching(
    request: Request,
    visitor: Reviewer,
    call_id: CallId,
    criterion_id: CriterionId,
    *,
    note: Text = "",
    from_ms: Annotated[int | None, Form(ge=0)] = None,
    to_ms: Annotated[int | None, Form(ge=0)] = None,
) -> Response:
    """Put a question of a call before whoever coaches its agent."""
    site, before = _before(request, visitor, call_id)
    recording = before.recording
    refuse_own(visitor, recording)
    if recording.agent_id is None:
        raise ReviewError("nobody knows who took this call, so there is nobody to coach")
    if not note.strip():
        raise ReviewError("a note is needed: what should be practised?")
    has_clip = from_ms is not None and to_ms is not None and from_ms < min(to_ms, recording.duration_ms)
    now = site.now()
    with site.editing(visitor) as (connection, acts):
        result = result_of(read_evaluation(connection, call_id).machine, criterion_id)
        name, why = checked_name(visitor.user.name), checked_reason(note)
        about = {"call": call_id, "criterion": result.criterion_id, "note": why, "by": name, "at": now.isoformat()}
        item = CoachingItem(
            item_id=made_id("ci-", **about),
            agent_id=recording.agent_id,
            call_id=call_id,
            criterion_id=result.criterion_id,
            start_ms=from_ms if has_clip else None,
            end_ms=min(to_ms or 0, recording.duration_ms) if has_clip else None,
            note=why,
            sent_by=name,
            sent_at=now,
        )
        put_item(connection, item)
        told = {"item": item.item_id, "criterion": result.criterion_id, "by": name}
        acts.append(Act(action="coaching", subject=("call", call_id), details=told))
    return changed(request, visitor, before, "Sent to coaching.", criterion_id=criterion_id)


def _before(request: Request, visitor: Visitor, call_id: str) -> tuple[Site, CallPage]:
    """Return the call as it stands before something is done to it; only one that the visitor may see."""
    site = site_of(request)
    with site.store.read() as connection:
        return site, call_page(connection, site, visitor, call_id)


@contextmanager
def _judging(
    site: Site, visitor: Visitor, call_id: str, score_id: str
) -> Iterator[tuple[Connection, list[Act], Evaluation]]:
    """Give a transaction in which a person answers about a call, with the evaluation that they looked at."""
    with site.editing(visitor) as (connection, acts):
        refuse_own(visitor, own_recording(connection, visitor, call_id))
        yield connection, acts, _as_seen(connection, call_id, score_id)


def _as_seen(connection: Connection, call_id: str, score_id: str) -> Evaluation:
    evaluation = read_evaluation(connection, call_id)
    if evaluation.machine.score_id != score_id:
        raise ReviewError("this call was just scored again: load the page anew, look at it, then try again")
    return hold_as_seen(connection, evaluation)


def _review_act(review: Review) -> Act:
    """Return what the audit log keeps of a review: never its reason, which may repeat what was said."""
    told = {
        "criterion": review.criterion_id,
        "by": review.reviewer,
        "review": review.review_id,
        "answer": review.status.value,
    }
    return Act(action="review", subject=("call", review.call_id), details=told)


def _moment(text: str, recording: Recording) -> int | None:
    """Read a time as it stands on the page, ``m:ss``; nothing is none."""
    if not text.strip():
        return None
    minutes, _, seconds = text.strip().rpartition(":")
    if not (seconds.isascii() and seconds.isdigit() and (not minutes or (minutes.isascii() and minutes.isdigit()))):
        raise BadRequestError(f"{text!r} is no time of the call: write minutes and seconds, such as 1:05")
    at_ms = (int(minutes or 0) * 60 + int(seconds)) * 1000
    if at_ms > recording.duration_ms:
        raise BadRequestError(f"{text} is after the end of the call")
    return at_ms
