"""Criteria answered by a number about the shape of the call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.clock import clock
from pipeline.records import CallFacts, Gap, Measures, MeasureTest, Overtalk, RaisedVoice, Role, Span
from pipeline.score.answer import Answer, status_of, unknown
from pipeline.score.bands import band_of
from pipeline.score.heard import nothing_heard, unheard_parties
from pipeline.score.wording import measure_name, measure_value, percent

_OWN = frozenset(
    {
        "talk_ms",
        "words_per_minute",
        "words_per_minute_change",
        "first_word_ms",
        "first_greeting_ms",
        "questions",
        "raised_voice_ms",
    }
)
"""Measures of a party that rest on that party's words alone."""


def answer(facts: CallFacts, test: MeasureTest) -> Answer:
    """Answer by the band in which the measure lies; `cannot_assess` where this audio does not tell it.

    Where one party was not heard, only what the other one's own words make up is known: silence, for instance, may be
    the time in which the other spoke.

    Confidence of what is attributed to a party is the mean role confidence of that party's turns; of other measures it
    is None: nothing in the facts tells how well they were measured.
    """
    value: float | None = getattr(facts.measures, test.measure)
    name = measure_name(test.measure)
    if value is None or not facts.transcript.turns:  # no silence is too long, and none is good, where nobody speaks
        return unknown(f"The {name} is not known{_why_not(facts)}.")
    silent = unheard_parties(facts.transcript)
    if silent and not _told_without(silent, test.measure):
        return unknown(f"The {name} is not known, because {nothing_heard(silent)}.")
    band = band_of(value, test.bands)
    where = _where(test.measure, facts.measures)
    at = f", the longest at {clock(where.start_ms)}" if where else ""
    earns = f"{_edges(test.measure, band.at_least, band.below)} earns {percent(band.share)} of the points"
    return Answer(
        status=status_of(band.share),
        share=band.share,
        reason=f"{name[0].upper()}{name[1:]}: {measure_value(test.measure, value)}{at}; {earns}.",
        confidence=_role_confidence(facts, test.measure),
        searched=where,
    )


def _edges(measure: str, at_least: float | None, below: float | None) -> str:
    low = "" if at_least is None else f"from {measure_value(measure, at_least)} on"
    high = "" if below is None else f"below {measure_value(measure, below)}"
    if low and high:
        return f"{low.removesuffix(' on')} to {high}"
    return low or high or "any value"


def _told_without(silent: Sequence[Role], measure: str) -> bool:
    party, _, what = measure.partition("_")
    return measure == "duration_ms" or (party not in silent and what in _OWN)


def _why_not(facts: CallFacts) -> str:
    if any(turn.role is Role.UNKNOWN for turn in facts.transcript.turns):
        return " on this recording, because agent and customer cannot be told apart"
    return "" if facts.transcript.turns else ", because no speech was heard"


def _where(measure: str, measures: Measures) -> Span | None:
    """Return the stretch of the call that stands out in a measure: the longest gap, hold, overtalk or raised voice."""
    stretches: Iterable[Gap | Overtalk | RaisedVoice] = ()
    if "dead_air" in measure or "hold" in measure:
        kind = "hold" if "hold" in measure else "dead_air"
        stretches = [gap for gap in measures.gaps if gap.kind == kind]
    elif "interruptions" in measure or "overtalk" in measure:
        party = measure.partition("_")[0]
        stretches = [o for o in measures.overtalks if party in ("overtalk", o.interrupter.value)]
    elif "raised_voice" in measure:
        stretches = [voice for voice in measures.raised_voices if voice.role.value == measure.partition("_")[0]]
    spans = [Span(start_ms=stretch.start_ms, end_ms=stretch.end_ms) for stretch in stretches]
    return max(spans, key=lambda span: (span.length_ms, -span.start_ms), default=None)


def _role_confidence(facts: CallFacts, measure: str) -> float | None:
    party = measure.partition("_")[0]
    known = [
        t.role_confidence for t in facts.transcript.turns if t.role.value == party and t.role_confidence is not None
    ]
    return sum(known) / len(known) if known else None
