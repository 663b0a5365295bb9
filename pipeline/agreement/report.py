"""Agreement of a rubric with people's answers, question by question, and whether it is enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.agreement.figures import FEWEST_PAIRS, Agreement, agreement_of
from pipeline.agreement.over_time import AccuracyOverTime, accuracy_over_time
from pipeline.agreement.pairs import AnswerPair
from pipeline.agreement.wording import counted
from pipeline.records import ManualTest, Rubric, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The same reviewed answers, by what was stored before and by what is asked now.

    Attributes:
        pairs: So many were given by both.
        before: Share of them that agreed with people before, 0..1.
        now: Share that agrees now.
    """

    pairs: int
    before: float
    now: float

    @property
    def drop(self) -> float:
        """How much less of them agrees now; negative where it is more."""
        return round(self.before - self.now, 6)


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAgreement:
    """How far the machine agrees with people on one question.

    Attributes:
        reviewed: So many answers of people to it.
        agreement: Over those that the machine gave an answer to.
        withheld: So many the machine was not sure enough of; ``withheld_agreed`` of them leaned the right way.
        unanswered: So many the machine could not assess at all.
        undecided: So many a person could not assess either; they are in none of the other numbers.
        changed: So many people answered when the question had an earlier version.
        over_time: Accuracy over the last 25 and over all.
        change: Against the answers that were stored; None where that was not asked, or nothing is common to both.
    """

    criterion_id: str
    title: str
    reviewed: int
    agreement: Agreement
    withheld: int
    withheld_agreed: int
    unanswered: int
    undecided: int
    changed: int
    over_time: AccuracyOverTime
    change: Change | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementReport:
    """How far a rubric agrees with people. ``questions`` are in its order, without those that only people answer."""

    rubric_id: str
    rubric_version: int
    seed: int
    questions: tuple[QuestionAgreement, ...]
    overall: QuestionAgreement


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What is asked of every question with enough pairs; None asks nothing."""

    min_accuracy: float | None = None
    min_kappa: float | None = None
    min_ac1: float | None = None
    min_alpha: float | None = None
    max_drop: float | None = None

    @property
    def any(self) -> bool:
        """True where anything is asked."""
        return self.figures or self.max_drop is not None

    @property
    def figures(self) -> bool:
        """True where a least accuracy, kappa, AC1 or alpha is asked."""
        return any(each is not None for each in self.least())

    def least(self) -> tuple[float | None, ...]:
        """Return the least accuracy, kappa, AC1 and alpha."""
        return self.min_accuracy, self.min_kappa, self.min_ac1, self.min_alpha


def manual_ids(rubric: Rubric) -> frozenset[str]:
    """Return the criteria that only people answer."""
    return frozenset(criterion.id for criterion in rubric.criteria() if isinstance(criterion.test, ManualTest))


def report_agreement(
    pairs: Sequence[AnswerPair], rubric: Rubric, *, seed: int, before: Sequence[AnswerPair] = ()
) -> AgreementReport:
    """Return a rubric's agreement with people.

    Args:
        pairs: Its answers beside people's.
        rubric: Whose questions are told of, reviewed or not.
        seed: Of the resampling.
        before: The answers that were stored, beside the same reviews; empty where nothing is to be compared.
    """
    by_question = _by_question(pairs)
    earlier = _by_question(before)
    asked = [criterion for criterion in rubric.criteria() if criterion.id not in manual_ids(rubric)]
    questions = tuple(
        _question(criterion.id, criterion.title, by_question[criterion.id], earlier[criterion.id], seed=seed)
        for criterion in asked
    )
    known = {criterion.id for criterion in asked}
    overall = _question("", "All questions", _of(known, pairs), _of(known, before), seed=seed, ordered=False)
    return AgreementReport(
        rubric_id=rubric.id, rubric_version=rubric.version, seed=seed, questions=questions, overall=overall
    )


def missed(report: AgreementReport, bounds: Bounds) -> tuple[str, ...]:
    """Return in sentences what a report lacks; empty where every bound is kept.

    A bound is asked of the figure itself, of each question with enough pairs, and over all where there is such a
    question: a few calls with many questions each make many pairs, and tell no more than a few calls. A figure that is
    not defined, such as kappa where all answers are the same, misses nothing.
    """
    if not bounds.any:
        return ()
    if len(not_judged(report, bounds)) == len(report.questions):
        return (_nothing_judged(report, bounds),)
    judged = [each for each in (*report.questions, report.overall) if each.agreement.pairs >= FEWEST_PAIRS]
    found = []
    for each in judged:
        told = each.agreement
        figures = (("accuracy", told.accuracy), ("kappa", told.kappa), ("AC1", told.ac1), ("alpha", told.alpha))
        for (name, figure), least in zip(figures, bounds.least(), strict=True):
            if least is not None and figure.value is not None and figure.value < least:
                found.append(f"{_name(each)}: {name} {figure.value:.3f} is below {least:g} ({told.pairs} pairs)")
        if (fell := _fell(each, bounds.max_drop)) is not None:
            found.append(fell)
    return tuple(found)


def not_judged(report: AgreementReport, bounds: Bounds) -> tuple[str, ...]:
    """Return the questions that have too few pairs for any of the bounds; none where nothing is asked."""
    return tuple(each.criterion_id for each in report.questions if bounds.any and not _can_be_judged(each, bounds))


def _can_be_judged(question: QuestionAgreement, bounds: Bounds) -> bool:
    both_times = question.change.pairs if bounds.max_drop is not None and question.change else 0
    now = question.agreement.pairs if bounds.figures else 0
    return max(both_times, now) >= FEWEST_PAIRS


def _nothing_judged(report: AgreementReport, bounds: Bounds) -> str:
    told = report.overall.agreement
    both_times = "" if bounds.figures else " of answers that were given both times"
    return (
        f"no question has {FEWEST_PAIRS} pairs{both_times}, so no bound could be asked of one; all together "
        f"{counted(told.pairs, 'pair')} from {counted(told.calls, 'call')}: too few to rely on; review more calls, or "
        "leave out the bounds"
    )


def _fell(question: QuestionAgreement, max_drop: float | None) -> str | None:
    change = question.change
    if max_drop is None or change is None or change.pairs < FEWEST_PAIRS or change.drop <= max_drop:
        return None
    return (
        f"{_name(question)}: accuracy fell by {change.drop:.3f}, from {change.before:.3f} to {change.now:.3f}; "
        f"{max_drop:g} is allowed ({change.pairs} pairs)"
    )


def _name(question: QuestionAgreement) -> str:
    return question.criterion_id or "all questions together"


def _by_question(pairs: Iterable[AnswerPair]) -> defaultdict[str, list[AnswerPair]]:
    grouped: defaultdict[str, list[AnswerPair]] = defaultdict(list)
    for pair in pairs:
        grouped[pair.criterion_id].append(pair)
    return grouped


def _of(known: set[str], pairs: Iterable[AnswerPair]) -> list[AnswerPair]:
    return [pair for pair in pairs if pair.criterion_id in known]


def _question(
    criterion_id: str,
    title: str,
    pairs: Sequence[AnswerPair],
    before: Sequence[AnswerPair],
    *,
    seed: int,
    ordered: bool = True,
) -> QuestionAgreement:
    withheld = [pair for pair in pairs if pair.comparable and pair.withheld]
    decided = [pair for pair in pairs if pair.human is not Status.CANNOT_ASSESS]
    return QuestionAgreement(
        criterion_id=criterion_id,
        title=title,
        reviewed=len(pairs),
        agreement=agreement_of(pairs, seed=seed, ordered=ordered),
        withheld=len(withheld),
        withheld_agreed=sum(pair.agree for pair in withheld),
        unanswered=sum(pair.machine is None for pair in decided),
        undecided=len(pairs) - len(decided),
        changed=sum(pair.changed for pair in decided),
        over_time=accuracy_over_time(pairs, seed=seed),
        change=_change(pairs, before),
    )


def _change(pairs: Sequence[AnswerPair], before: Sequence[AnswerPair]) -> Change | None:
    then = {(pair.call_id, pair.criterion_id): pair for pair in before if pair.given}
    common = [
        (then[pair.call_id, pair.criterion_id], pair)
        for pair in pairs
        if pair.given and (pair.call_id, pair.criterion_id) in then
    ]
    if not common:
        return None
    return Change(
        pairs=len(common),
        before=sum(old.agree for old, _ in common) / len(common),
        now=sum(new.agree for _, new in common) / len(common),
    )
