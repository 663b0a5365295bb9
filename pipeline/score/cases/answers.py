"""What people answer in a case, put in as their reviews would be."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.records import CallScore, Criterion, LlmTest, ManualTest, Review, Status
from pipeline.score.answers import share_of_answer, spelled
from pipeline.score.cases.cases import RubricCase
from pipeline.score.effective import effective_score

_NOW = datetime.min.replace(tzinfo=UTC)
_FULL = {Status.PASS: 1.0, Status.PARTIAL: 0.5, Status.FAIL: 0.0}
_UNSCORED = (Status.NOT_APPLICABLE, Status.CANNOT_ASSESS)


def with_answers(score: CallScore, case: RubricCase) -> CallScore:
    """Return a score with the answers that people give in a case; what hangs on them follows.

    Args:
        score: As the machine made it.
        case: Its answers are words of the question's form, or a status; ``partial`` counts half.
    """
    asked = {result.criterion_id: result.asked for result in score.results}
    reviews = [
        _review(score, criterion, asked[criterion.id], case.form.answers[criterion.id])
        for criterion in case.rubric.criteria()
        if criterion.id in case.form.answers
    ]
    return effective_score(score, reviews)


def _review(score: CallScore, criterion: Criterion, asked: str, given: str) -> Review:
    status, share, words = _status(criterion, given)
    return Review(
        review_id=f"case-{criterion.id}",
        call_id=score.call_id,
        score_id=score.score_id,
        criterion_id=criterion.id,
        asked=asked,
        status=status,
        share=share,
        answer=words,
        reviewer="case",
        reason="The case says so.",
        made_at=_NOW,
    )


def _status(criterion: Criterion, given: str) -> tuple[Status, float | None, str | None]:
    test = criterion.test
    if isinstance(test, (ManualTest, LlmTest)) and given not in _UNSCORED:
        return *share_of_answer(test.answers, given), spelled(test.answers, given)
    return Status(given), _FULL.get(Status(given)), None
