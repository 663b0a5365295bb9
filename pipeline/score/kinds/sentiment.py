"""Criteria answered by how the words of one party sound."""

from __future__ import annotations

from pipeline.records import CallFacts, SentimentTest
from pipeline.score.answer import Answer, status_of, unknown
from pipeline.score.bands import band_of
from pipeline.score.readings import reading_of, telling_readings, telling_turns
from pipeline.score.wording import percent, signed

NAMES = {
    "overall": "sentiment over the call",
    "change": "sentiment change from the first to the last quarter",
    "last_quarter": "sentiment in the last quarter",
}


def answer(facts: CallFacts, test: SentimentTest) -> Answer:
    """Answer by the band in which the reading lies; `cannot_assess` where too little was said to read.

    Confidence is the mean probability of the turn readings that the figure is made of. Evidence is the turns that weigh
    most: the lowest where points are lost, the highest where none are; for a change one of each end of the call.
    """
    value = reading_of(facts, test.role, test.reading)
    name = f"{test.role.value}'s {NAMES[test.reading]}"
    if value is None:
        return unknown(f"The {name} is not known: too little was said to read it.")
    band = band_of(value, test.bands)
    earns = f"{_edges(band.at_least, band.below)} earns {percent(band.share)} of the points"
    readings = telling_readings(facts, test.role, test.reading)
    probabilities = [reading.probability for reading in readings]
    rising = value > 0 if test.reading == "change" else band.share >= 1
    return Answer(
        status=status_of(band.share),
        share=band.share,
        reason=f"{name[0].upper()}{name[1:]}: {signed(value)} (from -5 to +5); {earns}.",
        confidence=sum(probabilities) / len(probabilities) if probabilities else None,
        evidence=telling_turns(facts, test.role, test.reading, highest=rising),
    )


def _edges(at_least: float | None, below: float | None) -> str:
    low = "" if at_least is None else f"at least {signed(at_least)}"
    high = "" if below is None else f"below {signed(below)}"
    return " and ".join(part for part in (low, high) if part) or "any value"
