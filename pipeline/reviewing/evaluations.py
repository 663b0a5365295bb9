"""People's answers put together with what the machine answered: read an evaluation, answer, agree, acknowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.config import ScoreSettings
from pipeline.errors import AnswerError, AuthoredFileError, EarmarkError, NotFoundError, ReviewError
from pipeline.records import (
    Acknowledgement,
    AnswerForm,
    CallScore,
    Criterion,
    CriterionResult,
    LlmTest,
    ManualTest,
    Recording,
    Review,
    Rubric,
    Status,
    YesNo,
)
from pipeline.review.acknowledge import acknowledge, acknowledged
from pipeline.review.answers import (
    AGREES,
    ALLOWED_ANSWERS,
    confirmed,
    latest_answers,
    make_review,
    result_of,
    universal_answer,
)
from pipeline.review.wording import same_name
from pipeline.score.answers import allowed, share_of_answer, spelled
from pipeline.score.effective import effective_score
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.rubrics import find_rubric, load_rubrics
from pipeline.store.calls import get_recording
from pipeline.store.disputes import hold_call
from pipeline.store.reviews import acknowledgements_of_call, put_acknowledgement, put_review, reviews_of_call
from pipeline.store.scores import StoredScore, scores_of_call

QuestionsAtHand = Mapping[str, Criterion]
"""The criteria of the rubrics that can be read, by the fingerprint of what they ask."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """A call's score with what people said about it.

    Attributes:
        stored: The score as the machine made it.
        reviews: Ordinary ones of the call, oldest first.
        effective: The score with them.
        acknowledgements: Who has seen it as it stands now.
    """

    recording: Recording
    stored: StoredScore
    reviews: tuple[Review, ...]
    effective: CallScore
    acknowledgements: tuple[Acknowledgement, ...]

    @property
    def machine(self) -> CallScore:
        """The score as the machine made it."""
        return self.stored.score

    def review_of(self, result: CriterionResult) -> Review | None:
        """Return the review that counts for a question, or None where nobody answered it."""
        return latest_answers(self.reviews).get((result.criterion_id, result.asked))


def read_evaluation(connection: Connection, call_id: str, *, rubric_id: str | None = None) -> Evaluation:
    """Return a call's current score, or its newest by a rubric, with what people said about it.

    Args:
        connection: Where to read.
        call_id: Id of the call, or the beginning of its id.
        rubric_id: None for the current score.

    Raises:
        NotFoundError: No such call, or it has no such score.
    """
    recording = get_recording(connection, call_id)
    of_call = scores_of_call(connection, recording.call_id)
    fitting = [s for s in of_call if (s.current if rubric_id is None else s.score.rubric_id == rubric_id)]
    if not fitting:
        by = f" by rubric {rubric_id}" if rubric_id else ""
        raise NotFoundError(f"call {recording.call_id} has no score{by}; `earmark run` scores calls")
    chosen = next((stored for stored in fitting if stored.current), fitting[0])
    reviews = reviews_of_call(connection, recording.call_id)
    effective = effective_score(chosen.score, reviews)
    seen = acknowledged(effective, acknowledgements_of_call(connection, recording.call_id))
    return Evaluation(
        recording=recording, stored=chosen, reviews=tuple(reviews), effective=effective, acknowledgements=seen
    )


def hold_as_seen(connection: Connection, seen: Evaluation) -> Evaluation:
    """Let nobody else answer or dispute this call until the transaction ends, and return it as it stands then.

    Raises:
        ReviewError: Another score counts now than the one that was looked at.
    """
    hold_call(connection, seen.recording.call_id)
    now = read_evaluation(connection, seen.recording.call_id)  # once more: another process may have been first
    if now.machine.score_id != seen.machine.score_id:
        raise ReviewError(f"call {seen.recording.call_id} was just scored again; look at it, then try again")
    return now


def refuse_agent(agent_id: str | None, name: str) -> None:
    """Refuse that somebody judges a call of their own.

    Raises:
        ReviewError: This person took the call.
    """
    if agent_id is not None and same_name(agent_id, name):
        raise ReviewError(f"{name} took this call; who took the call disputes an answer: earmark disputes open")


def questions_at_hand(settings: ScoreSettings) -> QuestionsAtHand:
    """Return what can be asked by the rubrics of this site; nothing where they cannot be read."""
    rubrics: list[Rubric] = []
    try:
        rubrics += load_rubrics(settings.rubrics_dir)
        if settings.rubric is not None:
            rubrics.append(find_rubric(settings.rubric, settings.rubrics_dir))
    except (EarmarkError, AuthoredFileError):
        pass  # whoever answers need not mend rubrics first; the words for any question still do
    return {question_fingerprint(criterion.test): criterion for rubric in rubrics for criterion in rubric.criteria()}


def read_answer(
    text: str, result: CriterionResult, questions: QuestionsAtHand
) -> tuple[Status, float | None, str | None]:
    """Return what somebody typed as status, share of the points 0..1, and the label of the question's form, if it has.

    Raises:
        ReviewError: It is no answer to this question; the message says what is.
    """
    form = _form(questions.get(result.asked))
    if form is not None:
        try:
            label = spelled(form, text)
        except AnswerError:
            label = None
        if label is not None:
            status, share = share_of_answer(form, label)
            return status, share, label
    universal = universal_answer(text)
    if universal is not None:
        status, share = universal
        return status, share, _label(form, status)
    if form is not None:
        hint = f"{allowed(form)}, or {ALLOWED_ANSWERS}"
    elif result.asked in questions:
        hint = ALLOWED_ANSWERS
    else:
        hint = (
            f"{ALLOWED_ANSWERS}. Its own labels cannot be used: the rubric that asked this is not among the rubrics "
            "at hand (score.rubrics_dir), or one of them cannot be read (`earmark rubrics check` tells)"
        )
    raise ReviewError(f"{result.criterion_id}: {text!r} is no answer to it; give {hint}")


def answer_question(
    connection: Connection,
    evaluation: Evaluation,
    criterion_id: str,
    answer: str,
    *,
    questions: QuestionsAtHand,
    reviewer: str,
    reason: str,
    now: datetime,
) -> Review:
    """Keep a person's answer to a question of a score, and return it.

    Raises:
        UnknownNameError: The score has no such question.
        ReviewError: That is no answer, or name or reason cannot be kept.
    """
    refuse_agent(evaluation.recording.agent_id, reviewer)
    hold_call(connection, evaluation.recording.call_id)
    result = result_of(evaluation.machine, criterion_id)
    status, share, label = read_answer(answer, result, questions)
    review = make_review(
        evaluation.machine,
        result,
        status=status,
        share=share,
        answer=label,
        reviewer=reviewer,
        reason=reason,
        now=now,
    )
    put_review(connection, review)
    return review


def agree(
    connection: Connection,
    evaluation: Evaluation,
    criterion_ids: Sequence[str],
    *,
    reviewer: str,
    now: datetime,
    reason: str = AGREES,
) -> tuple[list[Review], list[str]]:
    """Keep that a person agrees with the machine.

    Args:
        connection: Where to write.
        evaluation: What the reviewer looked at.
        criterion_ids: The questions. None named: every one that the machine answered and no person has.
        reviewer: Who agrees.
        now: When.
        reason: Why.

    Returns:
        The reviews, and the ids of questions that still want an answer: the machine gave none, or withheld it.

    Raises:
        UnknownNameError: The score has no such question.
        ReviewError: A named question has no answer to agree with, or a person answered it otherwise.
    """
    refuse_agent(evaluation.recording.agent_id, reviewer)
    evaluation = hold_as_seen(connection, evaluation)
    score = evaluation.machine
    named = list(dict.fromkeys(criterion_ids))
    chosen = [result_of(score, each) for each in named or [result.criterion_id for result in score.results]]
    made, left = [], []
    for result in chosen:
        before = evaluation.review_of(result)
        if before is not None:
            if named and before.status is not result.machine_status:
                raise ReviewError(
                    f"{result.criterion_id}: {before.reviewer} answered {before.status.value} on "
                    f"{before.made_at:%Y-%m-%d}; to put another answer in its place, give it: earmark reviews answer"
                )
            if not named:
                continue
        if not named and result.status is Status.CANNOT_ASSESS:
            left.append(result.criterion_id)
            continue
        made.append(confirmed(score, result, reviewer=reviewer, now=now, reason=reason))
    for review in made:
        put_review(connection, review)
    return made, left


def acknowledge_score(
    connection: Connection, evaluation: Evaluation, *, by: str, now: datetime
) -> tuple[Acknowledgement, bool]:
    """Keep that somebody has seen the score as it stands; tell whether that was new."""
    spelled_before = (each.acknowledged_by for each in evaluation.acknowledgements)
    name = next((each for each in spelled_before if same_name(each, by)), by)
    made = acknowledge(evaluation.effective, by=name, now=now)
    is_new = put_acknowledgement(connection, made)
    earlier = (each for each in evaluation.acknowledgements if each.acknowledgement_id == made.acknowledgement_id)
    return (made, True) if is_new else (next(earlier, made), False)


def corrections(evaluation: Evaluation) -> list[tuple[CriterionResult, CriterionResult, Review | None]]:
    """Return for every question the machine's result, the one that counts, and the review that it comes from.

    A review of a question that another answer has excluded since counts no more: it is not told, nor is its author.
    """
    both = zip(evaluation.machine.results, evaluation.effective.results, strict=True)
    told = []
    for machine, counts in both:
        review = evaluation.review_of(machine)
        counting = review if review is not None and review.status is counts.status else None
        told.append((machine, counts, counting))
    return told


def _form(criterion: Criterion | None) -> AnswerForm | None:
    test = criterion.test if criterion else None
    return test.answers if isinstance(test, (ManualTest, LlmTest)) else None


def _label(form: AnswerForm | None, status: Status) -> str | None:
    """Return what pass and fail are called in a yes/no question, on whose answers other questions may hang."""
    if not isinstance(form, YesNo) or status not in (Status.PASS, Status.FAIL):
        return None
    return form.good if status is Status.PASS else {"yes": "no", "no": "yes"}[form.good]
