"""Criteria answered by how the words of one party sound."""

from __future__ import annotations

from pipeline.records import CallFacts, SentimentTest
from pipeline.score.answer import Answer, not_applicable, status_of, unknown
from pipeline.score.bands import band_of
from pipeline.score.readings import never_negative, reading_of, telling_readings, telling_turns
from pipeline.score.wording import measure_value, percent, signed

NAMES = {
    "overall": "sentiment over the call",
    "first_quarter": "sentiment in the first quarter",
    "last_quarter": "sentiment in the last quarter",
    "change": "sentiment change from the first to the last quarter",
    "trend": "sentiment trend",
    "longest_negative_turns": "longest run of negative turns",
    "longest_negative_ms": "longest negative stretch",
    "recovery": "recovery",
}
RISES = ("change", "trend")
STREAKS = ("longest_negative_turns", "longest_negative_ms")


def answer(facts: CallFacts, test: SentimentTest) -> Answer:
    """Answer by the band in which the figure lies; `cannot_assess` where too little was said to read.

    Recovery is `not_applicable` where the party never sounded negative. Confidence is the mean probability of the
    readings that the figure is made of. Evidence is the words that weigh most: the lowest where points are lost, the
    highest where none are; for a change or a trend one of each end of the call.
    """
    value = reading_of(facts, test.role, test.reading)
    name = f"{test.role.value}'s {NAMES[test.reading]}"
    if value is None and test.reading == "recovery" and never_negative(facts, test.role):
        return not_applicable(f"The {test.role.value} never sounded negative, so there is nothing to recover from.")
    if value is None:
        return unknown(f"The {name} is not known: too little was said to read it.")
    band = band_of(value, test.bands)
    earns = f"{_edges(test.reading, band.at_least, band.below)} earns {percent(band.share)} of the points"
    readings = telling_readings(facts, test.role, test.reading)
    probabilities = [reading.probability for reading in readings]
    streak = test.reading in STREAKS
    rising = value > 0 if test.reading in RISES else band.share >= 1 and not streak
    return Answer(
        status=status_of(band.share),
        share=band.share,
        reason=f"{name[0].upper()}{name[1:]}: {_shown(test.reading, value)}; {earns}.",
        confidence=sum(probabilities) / len(probabilities) if probabilities else None,
        evidence=() if streak and not value else telling_turns(facts, test.role, test.reading, highest=rising),
    )


def _shown(reading: str, value: float) -> str:
    if reading == "recovery":
        return "negative, and positive before the end" if value else "negative, and not clearly positive afterwards"
    return _figure(reading, value) + (" (from -5 to +5)" if reading not in STREAKS else "")


def _figure(reading: str, value: float) -> str:
    if reading in STREAKS:
        return measure_value(reading, value)
    return signed(value)


def _edges(reading: str, at_least: float | None, below: float | None) -> str:
    if reading == "recovery":
        return "this"
    low = "" if at_least is None else f"at least {_figure(reading, at_least)}"
    high = "" if below is None else f"below {_figure(reading, below)}"
    return " and ".join(part for part in (low, high) if part) or "any value"
