"""Records from the forms of a checked rubric file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.records import (
    AnswerForm,
    AnswerIs,
    AppliesIf,
    AutoFailEffect,
    Band,
    Choice,
    CombinationTest,
    Criterion,
    CriterionTest,
    Expectation,
    LlmTest,
    ManualTest,
    MeasureTest,
    MetadataIs,
    Numeric,
    Option,
    PhraseTest,
    Role,
    RuleTest,
    Scale,
    Section,
    SentimentTest,
    SequenceTest,
    YesNo,
)
from pipeline.score.authored.answer_forms import ChoiceForm, NumericForm, ScaleForm
from pipeline.score.authored.band_forms import BandForm
from pipeline.score.authored.form import AppliesIfForm, CriterionForm, SectionForm
from pipeline.score.authored.kind_forms import (
    CombinationForm,
    LlmForm,
    ManualForm,
    MeasureForm,
    PhraseForm,
    RuleForm,
    SentimentForm,
    SequenceForm,
)
from pipeline.score.bands import low


def section_of(form: SectionForm) -> Section:
    """Return the record of a section, with its criteria."""
    return Section(
        id=form.id,
        title=form.title,
        weight=form.weight,
        criteria=tuple(_criterion(criterion) for criterion in form.criteria),
        bonus=form.bonus,
        critical_below=form.critical_below,
    )


def _criterion(form: CriterionForm) -> Criterion:
    fails = form.auto_fail
    return Criterion(
        id=form.id,
        title=form.title,
        points=form.points,
        test=_TESTS[type(form.test)](form.test),
        critical=form.critical,
        auto_fail=fails is not None,
        auto_fail_effect=AutoFailEffect.ZERO_CALL if fails is None else AutoFailEffect(fails.effect),
        auto_fail_cap=None if fails is None else fails.at,
        min_confidence=form.min_confidence,
        applies_if=_applies_if(form.applies_if),
        guidance=form.guidance,
        coaching=form.coaching,
    )


def _applies_if(form: AppliesIfForm) -> AppliesIf:
    return AppliesIf(
        queues=form.queues,
        directions=form.directions,
        teams=form.teams,
        rules_present=form.rules_present,
        metadata=tuple(MetadataIs(name=name, values=values) for name, values in form.metadata.items()),
        answers=tuple(AnswerIs(criterion_id=id_, answers=answers) for id_, answers in form.answers.items()),
    )


def _rule(form: RuleForm) -> CriterionTest:
    return RuleTest(rules=form.rules, require=form.require)


def _phrase(form: PhraseForm) -> CriterionTest:
    return PhraseTest(
        phrases=form.phrases,
        speaker=form.speaker,
        expect=Expectation(form.expect),
        unless=form.unless,
        within_first_s=form.within_first_s,
        within_last_s=form.within_last_s,
        min_similarity=form.min_similarity,
    )


def _measure(form: MeasureForm) -> CriterionTest:
    return MeasureTest(measure=form.measure, bands=_bands(form.bands))


def _sentiment(form: SentimentForm) -> CriterionTest:
    return SentimentTest(role=Role(form.role), reading=form.reading, bands=_bands(form.bands))


def _sequence(form: SequenceForm) -> CriterionTest:
    return SequenceTest(rules=form.rules, partial=form.partial)


def _combination(form: CombinationForm) -> CriterionTest:
    return CombinationTest(tests=tuple(_TESTS[type(part)](part) for part in form.tests), require=form.require)


def _manual(form: ManualForm) -> CriterionTest:
    return ManualTest(question=form.question, answers=_answers(form.answers))


def _llm(form: LlmForm) -> CriterionTest:
    return LlmTest(
        question=form.question,
        answers=_answers(form.answers),
        look_for=form.look_for,
        not_applicable_when=form.not_applicable_when,
    )


_TESTS: dict[type, Any] = {
    RuleForm: _rule,
    PhraseForm: _phrase,
    MeasureForm: _measure,
    SentimentForm: _sentiment,
    SequenceForm: _sequence,
    CombinationForm: _combination,
    ManualForm: _manual,
    LlmForm: _llm,
}


def _answers(form: Any) -> AnswerForm:
    if isinstance(form, ScaleForm):
        return Scale(lowest=form.lowest, highest=form.highest)
    if isinstance(form, ChoiceForm):
        return Choice(options=tuple(Option(answer=option.answer, share=option.share) for option in form.options))
    if isinstance(form, NumericForm):
        return Numeric(bands=_bands(form.bands), unit=form.unit)
    return YesNo(good=form.good)


def _bands(forms: Sequence[BandForm]) -> tuple[Band, ...]:
    """Bands from low to high, so that their order in the file means nothing."""
    return tuple(Band(share=form.share, at_least=form.at_least, below=form.below) for form in sorted(forms, key=low))
