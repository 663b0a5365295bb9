"""Disputes as they are shown: what was asked and answered, who objects, how it ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.call.criteria import CriterionView, sections_of
from app.web.call.reading import SeenCall, own_recording, rights_of, see_call
from app.web.site import Site
from pipeline.errors import NotFoundError
from pipeline.records import CallScore, DisputeState, Review
from pipeline.review.wording import same_name
from pipeline.reviewing.evaluations import QuestionsAtHand
from pipeline.score.effective import effective_score
from pipeline.store.disputes import DisputeRow, get_dispute
from pipeline.store.reviews import all_reviews
from pipeline.store.scores import get_score

THE_AGENT = "the agent"


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeLine:
    """A dispute in a list.

    Attributes:
        opened_by: Who objects; not by name to who should not know whose call it is.
        status: The answer that counts now; ``words`` in the question's own, where it has a form.
    """

    row: DisputeRow
    title: str
    status: str
    words: str | None
    opened_by: str
    is_own: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputePage:
    """A dispute to rule on.

    Attributes:
        question: As the call's score asks it now; None where the rubric asks it otherwise or no more.
        why_not: Why the visitor cannot rule on it, in a sentence; None where they can.
    """

    line: DisputeLine
    question: CriterionView | None
    why_not: str | None


def lines_of(connection: Connection, visitor: Visitor, rows: Sequence[DisputeRow]) -> list[DisputeLine]:
    """Return disputes as a list shows them."""
    reviews: dict[str, list[Review]] = defaultdict(list)
    for review in all_reviews(connection, call_ids=sorted({row.dispute.call_id for row in rows})) if rows else ():
        reviews[review.call_id].append(review)
    scores = {row.dispute.score_id: get_score(connection, row.dispute.score_id) for row in rows}
    return [_line(visitor, row, scores[row.dispute.score_id], reviews[row.dispute.call_id]) for row in rows]


def dispute_page(
    site: Site, connection: Connection, visitor: Visitor, dispute_id: str, questions: QuestionsAtHand
) -> DisputePage:
    """Return a dispute of a call that the visitor may see.

    Raises:
        NotFoundError: There is none of this whole id, or it is not theirs to see; which of both is not told.
    """
    row = own_dispute(connection, visitor, dispute_id)
    seen = see_call(connection, visitor, row.dispute.call_id)
    (line,) = lines_of(connection, visitor, [row])
    question = _question(site, visitor, seen, row, questions)
    return DisputePage(line=line, question=question, why_not=_why_not(visitor, row))


def own_dispute(connection: Connection, visitor: Visitor, dispute_id: str) -> DisputeRow:
    """Return a dispute of a call that the visitor may see.

    Raises:
        NotFoundError: There is none of this whole id, or it is not theirs to see; which of both is not told.
    """
    not_there = NotFoundError("there is no such dispute, or it is not yours to see")
    try:
        row = get_dispute(connection, dispute_id)
        own_recording(connection, visitor, row.dispute.call_id)
    except NotFoundError:
        raise not_there from None
    if row.dispute.dispute_id != dispute_id:
        raise not_there
    return row


def is_of(visitor: Visitor, row: DisputeRow) -> bool:
    """Tell whether a visitor opened a dispute."""
    return same_name(row.dispute.opened_by, visitor.user.name)


def _why_not(visitor: Visitor, row: DisputeRow) -> str | None:
    if row.state is not DisputeState.OPEN:
        return "It has ended."
    if is_of(visitor, row):
        return "You opened it: somebody else has to rule on it."
    own = visitor.user.agent_id
    if row.agent_id is not None and (row.agent_id == own or same_name(row.agent_id, visitor.user.name)):
        return "You took this call: somebody else has to rule on it."
    return None


def _line(visitor: Visitor, row: DisputeRow, score: CallScore | None, reviews: Sequence[Review]) -> DisputeLine:
    dispute = row.dispute
    counts = effective_score(score, reviews).results if score else ()
    result = next((each for each in counts if each.criterion_id == dispute.criterion_id), None)
    named = visitor.knows_agents or is_of(visitor, row)
    return DisputeLine(
        row=row,
        title=result.title if result else dispute.criterion_id,
        status=result.status.value if result else "cannot_assess",
        words=result.answer if result else None,
        opened_by=dispute.opened_by if named else THE_AGENT,
        is_own=is_of(visitor, row),
    )


def _question(
    site: Site, visitor: Visitor, seen: SeenCall, row: DisputeRow, questions: QuestionsAtHand
) -> CriterionView | None:
    evaluation = seen.evaluation
    asked = {(each.criterion_id, each.asked) for each in evaluation.machine.results} if evaluation else set()
    if (row.dispute.criterion_id, row.dispute.asked) not in asked:
        return None
    review = site.settings.review
    sections = sections_of(
        seen,
        questions,
        rights_of(visitor, seen.call.recording),
        window_days=review.dispute_window_days,
        dispute_limit=review.dispute_limit,
        now=site.now(),
    )
    every = (criterion for section in sections for criterion in section.criteria)
    return next((each for each in every if each.id == row.dispute.criterion_id), None)
