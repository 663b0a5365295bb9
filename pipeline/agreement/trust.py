"""Learn from people's answers how sure the machine may be, question by question."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.agreement.calibrators import Knots, calibrated, fit, method_for
from pipeline.agreement.pairs import AnswerPair
from pipeline.agreement.reliability import Flags, Numbers, ReliabilityBin, calibration_error, reliability_curve
from pipeline.agreement.thresholds import ASSURANCE, answers_needed, lowest_threshold
from pipeline.canonical import fingerprint
from pipeline.records import Calibration, Rubric, Trust

SCHEME = "trust-1"
TARGET_ERROR = 0.1
_FOLDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What people's answers to one question tell.

    Attributes:
        pairs: So many answers of the machine with a confidence, leanings among them, that people answered too.
        wrong: So many of them people answered otherwise.
        without_confidence: Answers that nothing can be learnt from, because nothing says how sure they were. They are
            given as before, unless all answers are withheld.
        calibration: What was learnt; None where there is too little to learn from.
        given: Share of the pairs that the threshold lets through, by cross-validation.
        before: Reliability of the raw confidences.
        after: Reliability of the calibrated ones, by cross-validation.
        needed: Where all are withheld: so many reviewed answers would show that the target is met, if errors stay as
            rare as they are; None where they are too many for that.
    """

    criterion_id: str
    asked: str
    title: str
    pairs: int
    wrong: int
    without_confidence: int
    calibration: Calibration | None = None
    given: float | None = None
    before: tuple[ReliabilityBin, ...] = ()
    after: tuple[ReliabilityBin, ...] = ()
    needed: int | None = None


def learn(
    pairs: Sequence[AnswerPair],
    rubric: Rubric,
    *,
    target_error: float = TARGET_ERROR,
    assurance: float = ASSURANCE,
    seed: int = 0,
) -> tuple[Lesson, ...]:
    """Return what each reviewed question of a rubric teaches, in the rubric's order.

    Args:
        pairs: The machine's answers beside people's. Those that cannot be compared are left out, and so are those of
            questions that have changed since.
        rubric: Whose criteria are learnt about.
        target_error: Share of wrong answers, 0..1, that is put up with among those that are given.
        assurance: How sure it is to be that there are no more.
        seed: Of the parting into folds.
    """
    titles = {criterion.id: criterion.title for criterion in rubric.criteria()}
    places = {criterion_id: place for place, criterion_id in enumerate(titles)}
    by_question: dict[tuple[str, str], list[AnswerPair]] = defaultdict(list)
    for pair in pairs:
        if pair.criterion_id in titles and pair.comparable and not pair.changed:
            by_question[pair.criterion_id, pair.asked].append(pair)
    return tuple(
        _lesson(by_question[key], titles, target_error=target_error, assurance=assurance, seed=seed)
        for key in sorted(by_question, key=lambda key: (places[key[0]], key[1]))
    )


def trust_of(lessons: Sequence[Lesson], rubric_id: str, target_error: float) -> Trust:
    """Return lessons as one version of trust; its fingerprint covers what decides scores."""
    learnt = tuple(lesson.calibration for lesson in lessons if lesson.calibration is not None)
    decides = [
        {"criterion": each.criterion_id, "asked": each.asked, "knots": each.knots, "threshold": each.threshold}
        for each in learnt
    ]
    return Trust(
        rubric_id=rubric_id,
        target_error=target_error,
        calibrations=learnt,
        fingerprint=fingerprint(SCHEME, {"rubric": rubric_id, "questions": decides}),
    )


def _lesson(
    reviewed: Sequence[AnswerPair], titles: Mapping[str, str], *, target_error: float, assurance: float, seed: int
) -> Lesson:
    used = sorted((pair for pair in reviewed if pair.machine_confidence is not None), key=lambda pair: pair.call_id)
    criterion_id, asked = reviewed[0].criterion_id, reviewed[0].asked
    raw = np.array([pair.machine_confidence for pair in used], dtype=np.float64)
    right = np.array([pair.agree for pair in used], dtype=np.float64)
    lesson = Lesson(
        criterion_id=criterion_id,
        asked=asked,
        title=titles[criterion_id],
        pairs=len(used),
        wrong=int(len(right) - right.sum()),
        without_confidence=len(reviewed) - len(used),
    )
    method = method_for(len(used))
    if method is None:
        return lesson
    rule = _Rule(method=method, target_error=target_error, assurance=assurance)
    knots, threshold = rule.learn(raw, right)
    held_out, given = _held_out(rule, raw, right, seed)
    before, after = reliability_curve(raw, right), reliability_curve(held_out, right)
    calibration = Calibration(
        criterion_id=criterion_id,
        asked=asked,
        method=method,
        knots=knots,
        threshold=threshold,
        pairs=len(used),
        error=round(float(1 - right[given].mean()), 6) if given.any() else None,
        calibration_error=round(calibration_error(after), 6),
        raw_calibration_error=round(calibration_error(before), 6),
    )
    return dataclasses.replace(
        lesson,
        calibration=calibration,
        given=round(float(given.mean()), 6),
        before=before,
        after=after,
        needed=answers_needed(lesson.wrong / lesson.pairs, target_error, assurance) if threshold > 1 else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """How a question is learnt, so that folds learn it the same way."""

    method: str
    target_error: float
    assurance: float

    def learn(self, raw: Numbers, right: Numbers) -> tuple[Knots, float]:
        knots = fit(self.method, raw, right)
        confidences = calibrated(knots, raw)
        return knots, lowest_threshold(confidences, right, target_error=self.target_error, assurance=self.assurance)


def _held_out(rule: _Rule, raw: Numbers, right: Numbers, seed: int) -> tuple[Numbers, Flags]:
    """Return calibrated confidences, and which answers are given, each as learnt from the other four fifths of calls.

    A question is asked once of a call, so that its pairs are its calls. Wrong answers are dealt evenly onto the folds:
    there are few of them, and a fold without any would teach that there are none.
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(raw)), right))
    fold = np.empty(len(raw), dtype=np.int64)
    fold[order] = np.arange(len(raw)) % _FOLDS
    confidences, given = np.empty(len(raw)), np.zeros(len(raw), dtype=np.bool_)
    for number in range(_FOLDS):
        held = fold == number
        knots, threshold = rule.learn(raw[~held], right[~held])
        confidences[held] = calibrated(knots, raw[held])
        given[held] = confidences[held] >= threshold
    return confidences, given
