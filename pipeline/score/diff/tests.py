"""What changed in how a question is answered, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.records import (
    AnswerForm,
    Band,
    Choice,
    CombinationTest,
    CriterionTest,
    LlmTest,
    ManualTest,
    MeasureTest,
    Numeric,
    PhraseTest,
    RuleTest,
    Scale,
    SentimentTest,
    SequenceTest,
    YesNo,
)
from pipeline.score.answers import allowed
from pipeline.score.wording import listed, measure_name, measure_value, percent

KINDS = {
    "rule": "what rules find",
    "phrase": "phrases of its own",
    "measure": "a measure of the call",
    "sentiment": "how a party sounds",
    "sequence": "the order of what was said",
    "combination": "several tests together",
    "manual": "a person",
    "llm": "a language model",
}
"""Each kind of test as what a question is answered by."""

_SCALARS: dict[str, str] = {
    "require": "how many have to hold",
    "speaker": "whose words count",
    "expect": "what is wanted",
    "within_first_s": "seconds from the start that are searched",
    "within_last_s": "seconds to the end that are searched",
    "min_similarity": "how near words must be",
    "measure": "measure",
    "role": "party",
    "reading": "reading",
    "partial": "part of the points for steps in order",
    "question": "question",
    "look_for": "what the judge is told to look for",
    "not_applicable_when": "when the question does not arise",
}
_LISTS = {"phrases": "phrase", "unless": "exception"}


def test_changes(old: CriterionTest, new: CriterionTest) -> tuple[str, ...]:
    """Return what changed in a test, each as one phrase; empty where nothing did."""
    if old == new:
        return ()
    if isinstance(old, CombinationTest) and isinstance(new, CombinationTest) and len(old.tests) == len(new.tests):
        return tuple(_combined(old, new))
    if type(old) is not type(new) or isinstance(old, CombinationTest):
        return (f"it asks something else: {described(old)} before, {described(new)} now",)
    return tuple(_same_kind(old, new))


def described(test: CriterionTest) -> str:  # noqa: PLR0911 (one line per kind)
    """Return in a few words what a test looks at."""
    match test:
        case RuleTest():
            return (
                f"{test.require} of the rules {listed(test.rules)}" if len(test.rules) > 1 else f"rule {test.rules[0]}"
            )
        case PhraseTest():
            return f"{len(test.phrases)} phrase(s), {test.expect.value}"
        case MeasureTest():
            return f"measure {measure_name(test.measure)}"
        case SentimentTest():
            return f"the {test.role.value}'s sentiment ({test.reading})"
        case SequenceTest():
            return f"the order {', '.join(test.rules)}"
        case CombinationTest():
            return f"{test.require} of {len(test.tests)} tests"
        case ManualTest():
            return f"a person ({test.question})"
        case LlmTest():
            return f"a language model ({test.question})"


def form_in_words(form: AnswerForm) -> str:
    """Return how a question can be answered and what each answer earns."""
    match form:
        case YesNo():
            return f"yes or no, {form.good} is good"
        case Choice():
            told = [f"{o.answer} ({'does not apply' if o.share is None else percent(o.share)})" for o in form.options]
            return listed(told, "or")
        case Numeric():
            return f"{allowed(form)}: {bands_in_words(form.bands, '')}"
        case Scale():
            return allowed(form)


def bands_in_words(bands: Sequence[Band], measure: str) -> str:
    """Return bands from low to high: ``below 10 s earns 100 %, from 10 s on 0 %``."""
    told = []
    for band in bands:
        low = "" if band.at_least is None else f"from {measure_value(measure, band.at_least)}"
        high = "" if band.below is None else f"below {measure_value(measure, band.below)}"
        told.append(f"{' to '.join(edge for edge in (low, high) if edge) or 'any value'} earns {percent(band.share)}")
    return ", ".join(told)


def _combined(old: CombinationTest, new: CombinationTest) -> Iterator[str]:
    if old.require != new.require:
        yield f"how its tests make one answer: {old.require} before, {new.require} now"
    for number, (before, now) in enumerate(zip(old.tests, new.tests, strict=True), 1):
        yield from (f"test {number}: {change}" for change in test_changes(before, now))


def _same_kind(old: Any, new: Any) -> Iterator[str]:
    for name, label in _SCALARS.items():
        before, now = getattr(old, name, None), getattr(new, name, None)
        if before != now:
            yield f"{label}: {_plain(before)} before, {_plain(now)} now"
    before_rules, now_rules = getattr(old, "rules", ()), getattr(new, "rules", ())
    if isinstance(old, SequenceTest) and before_rules != now_rules:
        yield f"order: {', '.join(before_rules)} before, {', '.join(now_rules)} now"
    else:
        yield from _items("rule", before_rules, now_rules)
    for name, label in _LISTS.items():
        yield from _items(label, getattr(old, name, ()), getattr(new, name, ()))
    before_bands, now_bands = getattr(old, "bands", ()), getattr(new, "bands", ())
    if before_bands != now_bands:
        measure = getattr(new, "measure", "")
        was, now = bands_in_words(before_bands, measure), bands_in_words(now_bands, measure)
        yield f"bands: {was} before; {now} now"
    before_form, now_form = getattr(old, "answers", None), getattr(new, "answers", None)
    if before_form is not None and now_form is not None and before_form != now_form:
        yield f"answers: {form_in_words(before_form)} before; {form_in_words(now_form)} now"


def _items(label: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    yield from (f"{label} added: {item}" for item in new if item not in old)
    yield from (f"{label} removed: {item}" for item in old if item not in new)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
