"""The questions of a score as they are shown: answer, reason, evidence to hear, and what people said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.web.call.questions import AnswerChoice, choice_of
from app.web.call.reading import CallRights, SeenCall
from pipeline.privacy.masks import IS_MASK
from pipeline.records import CriterionResult, DisputeState, Evidence, Review, Span, Status
from pipeline.records.comments import Comment
from pipeline.review.answers import AGREES, same_answer
from pipeline.review.disputes import window_begins
from pipeline.reviewing.evaluations import Evaluation, QuestionsAtHand, corrections
from pipeline.store.disputes import DisputeRow

LEAD_MS = 400
"""A clip begins so much before the words and ends so much behind them: word times are not exact."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A part of the call to be heard; ``at_ms`` is when its words begin."""

    at_ms: int
    from_ms: int
    to_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """Words of the call, with how to hear them."""

    text: str
    role: str
    turn_index: int
    clip: Clip
    probable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The closest thing to what was not said."""

    quote: Quote
    similarity: float
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """An answer, ``words`` being those of the question's form where it has one."""

    status: str
    words: str | None
    share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """What a person answered."""

    by: str
    at: datetime
    why: str
    agrees: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionView:
    """A question of the score.

    Attributes:
        number: Its place in the score, from 1.
        answer: The one that counts.
        machine: The machine's own, where another counts.
        leaning: What the machine leaned to where it withheld its answer.
        machine_answered: Whether there is an answer of the machine's to agree with.
        evidence: Of the machine's answer.
        searched: Where something was looked for in vain.
        review: Whose answer counts; None where no person's does.
        before: What somebody answered as the rubric asked it before: that counts no more.
        choice: How it can be answered.
        may_dispute: Whether the visitor may object to the answer now.
        dispute_until: Until when one may.
    """

    number: int
    id: str
    title: str
    section_title: str
    answer: Answered
    reason: str
    points_earned: float | None
    points_possible: float
    confidence: float | None
    critical: bool
    auto_fail: bool
    machine: Answered | None
    leaning: Answered | None
    machine_answered: bool
    evidence: tuple[Quote, ...]
    searched: Clip | None
    nearest: Nearest | None
    review: Reviewed | None
    before: str | None
    guidance: str
    question: str
    choice: AnswerChoice
    comments: tuple[Comment, ...]
    disputes: tuple[DisputeRow, ...]
    may_dispute: bool
    dispute_until: datetime | None

    @property
    def first_clip(self) -> Clip | None:
        """What one key plays."""
        if self.evidence:
            return self.evidence[0].clip
        return self.nearest.quote.clip if self.nearest else self.searched


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionView:
    """A section of the score with its questions; ``share`` as it counts."""

    id: str
    title: str
    share: float | None
    bonus: bool
    criteria: tuple[CriterionView, ...]


def sections_of(
    seen: SeenCall,
    questions: QuestionsAtHand,
    rights: CallRights,
    *,
    window_days: int,
    dispute_limit: int,
    now: datetime,
) -> tuple[SectionView, ...]:
    """Return the questions of the score that is shown, section by section; none where there is no score."""
    evaluation = seen.evaluation
    if evaluation is None:
        return ()
    shares = evaluation.effective.section_shares()
    terms = {section.section_id: section for section in evaluation.machine.terms.sections}
    comments = _by_question(seen.comments)
    room = _disputes_left(seen.disputes, evaluation, dispute_limit)
    grouped: dict[str, list[CriterionView]] = defaultdict(list)
    for number, (told, counts, review) in enumerate(corrections(evaluation), 1):
        section = terms.get(told.section_id)
        own = tuple(row for row in seen.disputes if row.dispute.criterion_id == told.criterion_id)
        until = window_begins(told, score_made_at=evaluation.stored.made_at, reviews=evaluation.reviews) + timedelta(
            days=window_days
        )
        is_open = any(row.state is DisputeState.OPEN for row in own)
        full = counts.status is Status.PASS and counts.share == 1
        criterion = questions.get(told.asked)
        grouped[told.section_id].append(
            CriterionView(
                number=number,
                id=told.criterion_id,
                title=told.title,
                section_title=section.title if section and section.title else told.section_id,
                answer=_answered(counts),
                reason=_reason(told, counts, review),
                points_earned=counts.points_earned,
                points_possible=counts.points_possible,
                confidence=told.confidence,
                critical=told.critical,
                auto_fail=told.auto_fail,
                machine=None if same_answer(told, counts) else _answered(told),
                leaning=_leaning(told) if counts.leaning is not None else None,
                machine_answered=told.machine_status is not None and bool(told.asked),
                evidence=tuple(quote_of(each) for each in told.evidence),
                searched=clip_of(told.searched, lead_ms=0) if told.searched and not told.evidence else None,
                nearest=_nearest(told),
                review=_reviewed(review),
                before=_before(evaluation, told) if review is None else None,
                guidance=criterion.guidance if criterion else "",
                question=getattr(criterion.test, "question", "") if criterion else "",
                choice=choice_of(criterion),
                comments=comments.get(told.criterion_id, ()),
                disputes=own,
                may_dispute=rights.object
                and evaluation.stored.current
                and not is_open
                and not full
                and room
                and now < until
                and bool(told.asked),
                dispute_until=until if rights.object else None,
            )
        )
    return tuple(
        SectionView(
            id=section_id,
            title=criteria[0].section_title,
            share=shares.get(section_id),
            bonus=bool((section := terms.get(section_id)) and section.bonus),
            criteria=tuple(criteria),
        )
        for section_id, criteria in grouped.items()
    )


def quote_of(evidence: Evidence) -> Quote:
    """Return words of the call as they are shown."""
    return Quote(
        text=IS_MASK.sub(lambda found: found[0].replace("_", " "), evidence.quote),
        role=evidence.role.value,
        turn_index=evidence.turn_index,
        clip=clip_of(Span(start_ms=evidence.start_ms, end_ms=evidence.end_ms)),
        probable=evidence.meaning_similarity is not None,
    )


def clip_of(span: Span, *, lead_ms: int = LEAD_MS) -> Clip:
    """Return what is played of a stretch of the call."""
    return Clip(at_ms=span.start_ms, from_ms=max(0, span.start_ms - lead_ms), to_ms=span.end_ms + lead_ms)


def _answered(result: CriterionResult) -> Answered:
    return Answered(status=result.status.value, words=result.answer, share=result.share)


def _leaning(told: CriterionResult) -> Answered | None:
    if told.leaning is None:
        return None
    return Answered(status=told.leaning.value, words=told.leaning_answer, share=told.machine_share)


def _reason(told: CriterionResult, counts: CriterionResult, review: Review | None) -> str:
    """Return why: the machine's reason, beside which a person's own stands, or what follows from another answer."""
    return told.reason if review is not None or same_answer(told, counts) else counts.reason


def _nearest(told: CriterionResult) -> Nearest | None:
    nearest = told.nearest_miss
    if nearest is None:
        return None
    return Nearest(quote=quote_of(nearest.evidence), similarity=nearest.similarity, reason=nearest.reason)


def _reviewed(review: Review | None) -> Reviewed | None:
    if review is None:
        return None
    return Reviewed(by=review.reviewer, at=review.made_at, why=review.reason, agrees=review.reason == AGREES)


def _before(evaluation: Evaluation, told: CriterionResult) -> str | None:
    """Return who answered the question when the rubric asked it otherwise."""
    earlier = [r for r in evaluation.reviews if r.criterion_id == told.criterion_id and r.asked != told.asked]
    if not earlier:
        return None
    last = max(earlier, key=lambda review: (review.made_at, review.review_id))
    return f"{last.reviewer} answered {last.status.value.replace('_', ' ')} when the rubric asked it otherwise"


def _disputes_left(disputes: Sequence[DisputeRow], evaluation: Evaluation, limit: int) -> bool:
    counted = [
        row
        for row in disputes
        if row.rubric_id == evaluation.machine.rubric_id and row.state is not DisputeState.WITHDRAWN
    ]
    return len(counted) < limit


def _by_question(comments: Sequence[Comment]) -> Mapping[str | None, tuple[Comment, ...]]:
    grouped: dict[str | None, tuple[Comment, ...]] = defaultdict(tuple)
    for comment in comments:
        grouped[comment.criterion_id] = (*grouped[comment.criterion_id], comment)
    return grouped
