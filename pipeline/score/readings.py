"""Which sentiment readings of single turns a party's figure rests on, and which of them to show."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.records import CallFacts, Evidence, Role, SentimentReading, Turn

SHOWN = 2
"""Turns shown as evidence: enough to hear what is meant, few enough to listen to."""


def reading_of(facts: CallFacts, role: Role, reading: str) -> float | None:
    """Return a party's ``overall``, ``change`` or ``last_quarter`` sentiment, or None where it cannot be told."""
    party = facts.sentiment.of(role)
    if party is None:
        return None
    return {"overall": party.overall, "change": party.change, "last_quarter": party.quarters[3]}[reading]


def quarter_of(facts: CallFacts, reading: SentimentReading) -> int | None:
    """Return the quarter 0..3 of a reading: min(3, floor(4 * turn midpoint / duration)) (AWS Post Call Analytics)."""
    turn = _turn(facts, reading)
    if turn is None or facts.transcript.duration_ms <= 0:
        return None
    midpoint_ms = (turn.start_ms + turn.end_ms) / 2
    return min(3, int(4 * midpoint_ms / facts.transcript.duration_ms))


def telling_readings(facts: CallFacts, role: Role, reading: str) -> tuple[SentimentReading, ...]:
    """Return the turn readings that a figure is made of, in order of the call."""
    quarters = {"overall": {0, 1, 2, 3}, "change": {0, 3}, "last_quarter": {3}}[reading]
    return tuple(r for r in facts.sentiment.readings if r.role is role and quarter_of(facts, r) in quarters)


def telling_turns(facts: CallFacts, role: Role, reading: str, *, highest: bool) -> tuple[Evidence, ...]:
    """Return the turns that weigh most in a figure, in order of the call.

    Args:
        highest: True for the highest scores, False for the lowest. For ``change`` True shows a rise (the lowest of the
            first quarter, the highest of the last) and False a fall.
    """
    readings = telling_readings(facts, role, reading)
    if reading == "change":
        first = [r for r in readings if quarter_of(facts, r) == 0]
        last = [r for r in readings if quarter_of(facts, r) == 3]
        chosen = [*_extreme(first, highest=not highest, count=1), *_extreme(last, highest=highest, count=1)]
    else:
        chosen = _extreme(readings, highest=highest, count=SHOWN)
    return tuple(e for r in sorted(chosen, key=lambda r: r.turn_index) if (e := _quote(facts, r)) is not None)


def _extreme(readings: Sequence[SentimentReading], *, highest: bool, count: int) -> list[SentimentReading]:
    sign = -1 if highest else 1
    return sorted(readings, key=lambda r: (sign * r.score, r.turn_index))[:count]


def _turn(facts: CallFacts, reading: SentimentReading) -> Turn | None:
    return next((turn for turn in facts.transcript.turns if turn.index == reading.turn_index), None)


def _quote(facts: CallFacts, reading: SentimentReading) -> Evidence | None:
    """Return the whole turn as evidence."""
    turn = _turn(facts, reading)
    if turn is None:
        return None
    return Evidence(
        turn_index=turn.index,
        role=turn.role,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
        char_start=0,
        char_end=len(turn.text),
        quote=turn.text,
        confidence=turn.confidence,
    )
