"""Which sentiment readings a party's figure rests on, and which of them to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from pipeline.records import (
    CallFacts,
    Evidence,
    PartySentiment,
    Recovery,
    Role,
    SentimentReading,
    Transcript,
    Turn,
    TurningPoint,
)

SHOWN = 2
"""Turns shown as evidence: enough to hear what is meant, few enough to listen to."""

_RECOVERY = {Recovery.RECOVERED: 1.0, Recovery.NOT_RECOVERED: 0.0}

FIGURES: Mapping[str, Callable[[PartySentiment], float | None]] = MappingProxyType(
    {
        "overall": lambda party: party.overall,
        "first_quarter": lambda party: party.quarters[0],
        "last_quarter": lambda party: party.quarters[3],
        "change": lambda party: party.change,
        "trend": lambda party: party.trend,
        "longest_negative_turns": lambda party: party.longest_negative_turns,
        "longest_negative_ms": lambda party: party.longest_negative_ms,
        "recovery": lambda party: None if party.recovery is None else _RECOVERY.get(party.recovery),
    }
)
"""What a criterion may ask of a party's sentiment, by name."""

_ENDS = ("change", "trend")
_QUARTERS = {"first_quarter": {0}, "last_quarter": {3}, "change": {0, 3}}
_STREAK = ("longest_negative_turns", "longest_negative_ms")


def reading_of(facts: CallFacts, role: Role, reading: str) -> float | None:
    """Return one of a party's `FIGURES`, or None where it cannot be told or, of recovery, where there is none to see.

    Recovery is 1 where a negative party is positive before the end, 0 where it stays negative.
    """
    party = facts.sentiment.of(role)
    return None if party is None else FIGURES[reading](party)


def never_negative(facts: CallFacts, role: Role) -> bool:
    """Tell whether a party surely had nothing to recover from."""
    party = facts.sentiment.of(role)
    return party is not None and party.recovery is Recovery.NEVER_NEGATIVE


def quarter_of(facts: CallFacts, reading: SentimentReading) -> int | None:
    """Return the quarter 0..3 of a reading: min(3, floor(4 * midpoint / duration)) (AWS Post Call Analytics)."""
    turn = _turn(facts.transcript, reading.turn_index)
    if turn is None or facts.transcript.duration_ms <= 0:
        return None
    start_ms, end_ms = _times(reading, turn)
    return min(3, int(4 * ((start_ms + end_ms) / 2) / facts.transcript.duration_ms))


def telling_readings(facts: CallFacts, role: Role, reading: str) -> tuple[SentimentReading, ...]:
    """Return the readings that a figure is made of, in order of the call."""
    own = tuple(r for r in facts.sentiment.readings if r.role is role and _turn(facts.transcript, r.turn_index))
    if reading in _QUARTERS:
        return tuple(r for r in own if quarter_of(facts, r) in _QUARTERS[reading])
    party = facts.sentiment.of(role)
    if reading in _STREAK and party is not None and party.longest_negative_start_ms is not None:
        start_ms = party.longest_negative_start_ms
        end_ms = start_ms + (party.longest_negative_ms or 0)
        return tuple(r for r in own if start_ms <= time_of(facts.transcript, r)[0] < end_ms)
    return own


def telling_turns(facts: CallFacts, role: Role, reading: str, *, highest: bool) -> tuple[Evidence, ...]:
    """Return the words that weigh most in a figure, in order of the call.

    Args:
        highest: True for the highest scores, False for the lowest. For ``change`` and ``trend`` True shows a rise (the
            lowest of the beginning, the highest of the end) and False a fall. ``recovery`` shows the lowest, and what
            turned it.
    """
    readings = telling_readings(facts, role, reading)
    if reading in _ENDS:
        first = [r for r in readings if (quarter_of(facts, r) or 0) < 2]
        last = [r for r in readings if (quarter_of(facts, r) or 0) >= 2]
        chosen = [*_extreme(first, highest=not highest, count=1), *_extreme(last, highest=highest, count=1)]
    elif reading == "recovery":
        chosen = _extreme(readings, highest=False, count=1)
    else:
        chosen = _extreme(readings, highest=highest, count=SHOWN)
    found = [quote for r in chosen for quote in said(facts.transcript, r)]
    if reading == "recovery":
        found += [quote for point in turning_points(facts, role, "positive")[-1:] for quote in said_at(facts, point)]
    return tuple(dict.fromkeys(sorted(found, key=lambda quote: (quote.start_ms, quote.turn_index))))


def turning_points(facts: CallFacts, role: Role, direction: str) -> tuple[TurningPoint, ...]:
    """Return where a party turned ``negative`` or ``positive``, in order of time; none where that is not known."""
    party = facts.sentiment.of(role)
    return tuple(p for p in (party.turning_points or () if party else ()) if p.direction == direction)


def said_at(facts: CallFacts, point: TurningPoint) -> tuple[Evidence, ...]:
    """Return the words that turned a party's sentiment."""
    readings = [r for r in facts.sentiment.readings if (r.turn_index, r.start_ms) == (point.turn_index, point.start_ms)]
    return tuple(quote for r in readings for quote in said(facts.transcript, r))


def time_of(transcript: Transcript, reading: SentimentReading) -> tuple[int, int]:
    """Return from when to when a reading reaches; of a turn that there is not, from 0 to 0."""
    turn = _turn(transcript, reading.turn_index)
    return (0, 0) if turn is None else _times(reading, turn)


def said(transcript: Transcript, reading: SentimentReading) -> tuple[Evidence, ...]:
    """Return a reading's words as evidence, one quote for each turn of which it holds some."""
    indexes = reading.turn_indexes or (reading.turn_index,)
    turns = [turn for index in indexes if (turn := _turn(transcript, index)) is not None]
    return tuple(quote for turn in turns if (quote := _quote(turn, reading)) is not None)


def _extreme(readings: Iterable[SentimentReading], *, highest: bool, count: int) -> list[SentimentReading]:
    sign = -1 if highest else 1
    return sorted(readings, key=lambda r: (sign * r.score, r.turn_index, r.start_ms or 0))[:count]


def _turn(transcript: Transcript, index: int) -> Turn | None:
    turns = transcript.turns
    if 0 <= index < len(turns) and turns[index].index == index:  # as it is, but for transcripts that somebody cut
        return turns[index]
    return next((turn for turn in turns if turn.index == index), None)


def _times(reading: SentimentReading, turn: Turn) -> tuple[int, int]:
    """Return from when to when a reading reaches; readings of old are of whole turns."""
    if reading.start_ms is None or reading.end_ms is None:
        return turn.start_ms, turn.end_ms
    return reading.start_ms, reading.end_ms


def _quote(turn: Turn, reading: SentimentReading) -> Evidence | None:
    """Return the words of a turn that a reading holds; the whole turn for a reading of old."""
    start_ms, end_ms = _times(reading, turn)
    inside = [i for i, word in enumerate(turn.words) if reading.start_ms is None or start_ms <= word.start_ms < end_ms]
    if not inside:
        return None
    before, words = turn.words[: inside[0]], turn.words[inside[0] : inside[-1] + 1]
    char_start = sum(len(word.text) + 1 for word in before)
    quote = " ".join(word.text for word in words)
    known = [word.confidence for word in words if word.confidence is not None]
    return Evidence(
        turn_index=turn.index,
        role=turn.role,
        start_ms=words[0].start_ms,
        end_ms=max(word.end_ms for word in words),
        char_start=char_start,
        char_end=char_start + len(quote),
        quote=quote,
        confidence=sum(known) / len(known) if known else None,
    )
