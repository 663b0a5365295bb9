"""What people answered: correct an answer, agree with it, say that a score was seen, list who answered what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Instant, Line, OfCall, Prose, make_router, problems
from app.web.api.models import ReviewedShape, Totals
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, looked
from app.web.calibration.sight import calls_to_answer
from app.web.call.questions import questions_of
from app.web.call.reading import refuse_own
from app.web.site import site_of
from pipeline.records import Acknowledgement, Review
from pipeline.review.answers import AGREES, make_review, result_of
from pipeline.review.wording import same_name
from pipeline.reviewing.evaluations import (
    Evaluation,
    QuestionsAtHand,
    acknowledge_score,
    agree,
    answer_question,
    read_answer,
    read_evaluation,
)
from pipeline.store.listed import Part, part_of_reviews

router = make_router("reviews")

Reviews = Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))]


class AnswerBody(Body):
    """A person's answer to a question."""

    criterion_id: Line = Field(examples=["greeting"])
    answer: Line = Field(
        examples=["pass"],
        description="pass, partial, fail, not-applicable, cannot-assess, a share of the points such as 40%, or in the "
        "words of the question's own form.",
    )
    reason: Prose = Field(examples=["Says the company's name at 0:01, over the noise."])


class AgreeBody(Body):
    """That the machine's answers are right."""

    criterion_ids: list[Line] = Field(
        default_factory=list, max_length=500, description="None named: all that it answered and nobody else has."
    )
    reason: Prose = AGREES


class AgreedShape(BaseModel):
    """What was agreed with."""

    reviews: list[Review]
    to_answer: list[str] = Field(description="Questions that the machine left to people.")


class AcknowledgedShape(BaseModel):
    """That somebody has seen a score."""

    acknowledgement: Acknowledgement
    new: bool = Field(description="False: it was seen as it stands before; nothing was kept twice.")


@router.get("/reviews", response_model=Page[Review], responses=problems(400))
def reviews_list(
    *,
    request: Request,
    response: Response,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))],
    paging: Paged,
    call_id: OfCall = None,
    reviewer: Annotated[Line | None, Query(description="Only by this person, as their name is kept.")] = None,
    criterion_id: Annotated[Line | None, Query(description="Only of the question with this id.")] = None,
    since: Annotated[Instant | None, Query(description="Made then or later.")] = None,
    before: Annotated[Instant | None, Query(description="Made earlier.")] = None,
) -> Page[Review]:
    """List what people answered, the oldest first; what was answered in blind sessions is not among it."""
    site = site_of(request)
    wanted = Part(scope=visitor.scope, limit=paging.limit + 1, after=require_kinds(paging.after, datetime, str))
    with site.store.read() as connection:
        found = part_of_reviews(
            connection,
            wanted,
            call_id=call_id,
            reviewer=reviewer,
            criterion_id=criterion_id,
            since=since,
            before=before,
        )
        blind = calls_to_answer(connection, visitor)
    items, following = paging.page(found, lambda review: (review.made_at, review.review_id), response)
    looked(site, visitor, "reviews", reviews=len(items))
    return Page(items=[review for review in items if review.call_id not in blind], next=following)


@router.post(
    "/calls/{call_id}/reviews",
    response_model=ReviewedShape,
    status_code=201,
    responses={200: {"model": ReviewedShape, "description": "It was said before and counts; nothing was kept twice."}},
)
def reviews_answer(
    request: Request, response: Response, visitor: Reviews, call_id: Id, body: AnswerBody
) -> ReviewedShape:
    """Answer a question of a call's score. The machine's answer stays beside it, and this one counts.

    The same again by the same person, while it still counts, keeps nothing: a request may be sent again.
    """
    site = site_of(request)
    questions = questions_of(site)
    with site.editing(visitor) as (connection, acts):
        refuse_own(visitor, call_in_sight(connection, visitor, call_id))
        evaluation = read_evaluation(connection, call_id)
        before = _said_before(evaluation, body, visitor.user.name, questions)
        if before is not None:
            response.status_code = 200
            return ReviewedShape(review=before, effective=Totals.model_validate(evaluation.effective))
        made = answer_question(
            connection,
            evaluation,
            body.criterion_id,
            body.answer,
            questions=questions,
            reviewer=visitor.user.name,
            reason=body.reason,
            now=site.now(),
        )
        told = {"criterion": made.criterion_id, "review": made.review_id, "answer": made.status.value}
        acts.append(act(visitor, "review", "call", call_id, **told))
        after = read_evaluation(connection, call_id)
    return ReviewedShape(review=made, effective=Totals.model_validate(after.effective))


@router.post("/calls/{call_id}/reviews/agree", response_model=AgreedShape, status_code=201)
def reviews_agree(request: Request, visitor: Reviews, call_id: Id, body: AgreeBody) -> AgreedShape:
    """Say that the machine's answers are right. The same again keeps nothing new where no question is named."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        refuse_own(visitor, call_in_sight(connection, visitor, call_id))
        made, left = agree(
            connection,
            read_evaluation(connection, call_id),
            body.criterion_ids,
            reviewer=visitor.user.name,
            now=site.now(),
            reason=body.reason,
        )
        for review in made:
            told = {"criterion": review.criterion_id, "review": review.review_id, "answer": review.status.value}
            acts.append(act(visitor, "review", "call", call_id, **told))
    return AgreedShape(reviews=made, to_answer=left)


@router.post("/calls/{call_id}/acknowledgements", response_model=AcknowledgedShape, responses=problems(409))
def acknowledgements_add(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_OBJECT))], call_id: Id
) -> AcknowledgedShape:
    """Say that you have seen the score of your call as it stands; after a correction it is to be seen again."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        call_in_sight(connection, visitor, call_id)
        evaluation = read_evaluation(connection, call_id)
        made, is_new = acknowledge_score(connection, evaluation, by=visitor.user.name, now=site.now())
        if is_new:
            acts.append(act(visitor, "acknowledgement", "call", call_id, score=made.score_id))
    return AcknowledgedShape(acknowledgement=made, new=is_new)


def _said_before(evaluation: Evaluation, body: AnswerBody, by: str, questions: QuestionsAtHand) -> Review | None:
    """Return the review that counts for the question where it says just this."""
    result = result_of(evaluation.machine, body.criterion_id)
    counts = evaluation.review_of(result)
    if counts is None or not same_name(counts.reviewer, by) or counts.reason != body.reason.strip():
        return None
    status, share, label = read_answer(body.answer, result, questions)
    said = make_review(
        evaluation.machine,
        result,
        status=status,
        share=share,
        answer=label,
        reviewer=by,
        reason=body.reason,
        now=counts.made_at,
    )
    return counts if (counts.status, counts.share, counts.answer) == (said.status, said.share, said.answer) else None
