"""How often the machine was right on one question: over all reviewed answers, and over the last 25."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.agreement.figures import accuracy_figure
from pipeline.agreement.pairs import AnswerPair
from pipeline.agreement.resample import LEVEL
from pipeline.records import Interval

RECENT = 25
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyOverTime:
    """Shares of answers that agreed with people's, with intervals. None where there are fewer than 20 answers.

    Attributes:
        all_time: Over all reviewed answers.
        recent: Over the last 25 of them, or all where there are fewer.
        rolling: (when, share) over each 25 answers in a row, by the time of the last of them; empty under 25.
    """

    pairs: int
    all_time: Interval | None
    recent: Interval | None
    rolling: tuple[tuple[datetime, float], ...] = ()


def accuracy_over_time(pairs: Sequence[AnswerPair], *, seed: int) -> AccuracyOverTime:
    """Return the accuracy of the answers that the machine gave, in the order in which people reviewed them.

    Args:
        pairs: Of one question, or of several; those that cannot be compared, or were withheld, are left out.
        seed: Of the resampling.
    """
    given = sorted(
        (pair for pair in pairs if pair.given), key=lambda p: (p.reviewed_at or _EVER, p.call_id, p.criterion_id)
    )
    right = [pair.agree for pair in given]
    windows = range(RECENT, len(given) + 1)
    return AccuracyOverTime(
        pairs=len(given),
        all_time=_interval(given, seed),
        recent=_interval(given[-RECENT:], seed),
        rolling=tuple(
            (given[end - 1].reviewed_at or _EVER, sum(right[end - RECENT : end]) / RECENT) for end in windows
        ),
    )


def _interval(given: Sequence[AnswerPair], seed: int) -> Interval | None:
    told = accuracy_figure(given, seed=seed)
    if told.value is None or told.low is None or told.high is None:
        return None
    return Interval(estimate=told.value, low=told.low, high=told.high, level=LEVEL)
