"""How one party's sentiment runs through a call: quarters, trend, streaks, turning points, recovery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pipeline.records import PartySentiment, Recovery, Role, SentimentReading, Transcript, TurningPoint

NEWEST_WEIGHT = 0.5
"""The running level is this much of the newest reading, and the rest of what it was: a few readings fade an old one."""
CLEAR_LEVEL = 0.2
"""From here on a level has a sign (1 of 5 as people are shown it): about zero it would turn with every "thanks"."""
JUMP = 0.5
"""A step of the running level by this much (2.5 as shown) is a turning point, even where the sign is not clear."""
MIN_READINGS = 3
"""With fewer readings there is no course to tell."""
MIN_PER_HALF = 2
DECIMALS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Placed:
    """A reading with its time, which readings of old have from their turn."""

    reading: SentimentReading
    start_ms: int
    end_ms: int

    def part(self, parts: int, duration_ms: int) -> int:
        """Return in which of so many equal parts of the call the midpoint lies, 0-based."""
        twice_midpoint_ms = self.start_ms + self.end_ms
        return max(0, min(parts - 1, parts * twice_midpoint_ms // (2 * duration_ms))) if duration_ms > 0 else 0


def party_course(role: Role, readings: Sequence[SentimentReading], transcript: Transcript) -> PartySentiment:
    """Add one party's readings up; each reading counts the same.

    Quarter = min(3, floor(4 * midpoint / call duration)); its score is the sum of the signed scores read in it, divided
    by their number; change is the last quarter minus the first (AWS Post Call Analytics). Trend is half of (mean of the
    readings nearer to the end of the call minus mean of those nearer to its start) (Genesys Cloud), with at least
    `MIN_PER_HALF` on either side. None where too little was read.
    """
    own = [_placed(reading, transcript) for reading in readings if reading.role is role]
    by_quarter = _by_part(own, 4, transcript.duration_ms)
    first, second, third, last = (_mean(scores) for scores in by_quarter)
    streak = max(_negative_runs(own), key=lambda run: (_turns(run), run[-1].end_ms - run[0].start_ms), default=None)
    points = _turning_points(own, transcript)
    return PartySentiment(
        role=role,
        quarters=(first, second, third, last),
        overall=_mean([each.reading.score for each in own]),
        change=None if first is None or last is None else round(last - first, DECIMALS),
        trend=_trend(own, transcript.duration_ms),
        longest_negative_turns=_turns(streak or []) if own else None,
        longest_negative_ms=(streak[-1].end_ms - streak[0].start_ms if streak else 0) if own else None,
        longest_negative_start_ms=streak[0].start_ms if streak else None,
        turning_points=points if len(own) >= MIN_READINGS else None,
        recovery=_recovery(own),
    )


def running_levels(scores: Sequence[float]) -> tuple[float, ...]:
    """Return the running level after each score: exponentially weighted, beginning at the first score."""
    levels: list[float] = []
    for score in scores:
        before = levels[-1] if levels else score
        levels.append(before + NEWEST_WEIGHT * (score - before))
    return tuple(levels)


def _placed(reading: SentimentReading, transcript: Transcript) -> _Placed:
    turn = next(turn for turn in transcript.turns if turn.index == reading.turn_index)
    start_ms = turn.start_ms if reading.start_ms is None else reading.start_ms
    return _Placed(reading=reading, start_ms=start_ms, end_ms=turn.end_ms if reading.end_ms is None else reading.end_ms)


def _by_part(own: Sequence[_Placed], parts: int, duration_ms: int) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in range(parts)]
    for each in own:
        found[each.part(parts, duration_ms)].append(each.reading.score)
    return found


def _trend(own: Sequence[_Placed], duration_ms: int) -> float | None:
    start, end = _by_part(own, 2, duration_ms)
    if min(len(start), len(end)) < MIN_PER_HALF:
        return None
    return round((sum(end) / len(end) - sum(start) / len(start)) / 2, DECIMALS) + 0.0


def _negative_runs(own: Sequence[_Placed]) -> list[list[_Placed]]:
    runs = groupby(own, key=lambda each: each.reading.label == "negative")
    return [list(run) for negative, run in runs if negative]


def _turns(run: Sequence[_Placed]) -> int:
    return len({index for each in run for index in each.reading.turn_indexes or (each.reading.turn_index,)})


def _signs(levels: Sequence[float]) -> list[int]:
    """Return the sign that each level stands for: a level about zero keeps the sign that was clear before."""
    signs: list[int] = []
    for i, level in enumerate(levels):
        step = level - levels[i - 1] if i else 0.0
        if abs(step) >= JUMP:
            signs.append(1 if step > 0 else -1)
        elif abs(level) >= CLEAR_LEVEL:
            signs.append(1 if level > 0 else -1)
        else:
            signs.append(signs[-1] if signs else 0)
    return signs


def _turning_points(own: Sequence[_Placed], transcript: Transcript) -> tuple[TurningPoint, ...]:
    """Return where the sign changes or the level jumps.

    From neutral to positive is no turn: the thanks at the end of a plain call would be one.
    """
    levels = running_levels([each.reading.score for each in own])
    found: list[TurningPoint] = []
    for (i, before), (j, now) in pairwise(enumerate(_signs(levels))):
        turns = before != now and (before, now) != (0, 1)
        if not turns and abs(levels[j] - levels[i]) < JUMP:
            continue
        turned = own[j]
        found.append(
            TurningPoint(
                turn_index=turned.reading.turn_index,
                start_ms=turned.start_ms,
                end_ms=turned.end_ms,
                direction="positive" if levels[j] > levels[i] else "negative",
                level_before=round(levels[i], DECIMALS) + 0.0,
                level=round(levels[j], DECIMALS) + 0.0,
                before_turn_index=_heard_before(turned, transcript),
            )
        )
    return tuple(found)


def _heard_before(turned: _Placed, transcript: Transcript) -> int | None:
    """Return the last turn of somebody else's that began before the passage: maybe what turned it."""
    reading = turned.reading
    others = [
        turn.index
        for turn in transcript.turns
        if turn.start_ms < turned.start_ms and turn.words and turn.role not in (reading.role, Role.SYSTEM)
    ]
    return others[-1] if others else None


def _recovery(own: Sequence[_Placed]) -> Recovery | None:
    """Tell whether the level turned positive and was clearly so; one kind word at the end of a bad call is not that."""
    if len(own) < MIN_READINGS:
        return None
    levels = running_levels([each.reading.score for each in own])
    signs = _signs(levels)
    if -1 not in signs:
        return Recovery.NEVER_NEGATIVE
    last_negative = max(i for i, sign in enumerate(signs) if sign < 0)
    since = levels[last_negative + 1 :]
    return Recovery.RECOVERED if max(since, default=0.0) >= CLEAR_LEVEL else Recovery.NOT_RECOVERED


def _mean(scores: Sequence[float]) -> float | None:
    return round(sum(scores) / len(scores), DECIMALS) + 0.0 if scores else None  # + 0.0: never -0.0
