"""Figures that stand beside each other, as rows in words: every form of a scorecard shows the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.records import Interval, MeasureComparison, SubjectSummary
from pipeline.scorecards import words
from pipeline.scorecards.measures import MEASURES, Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanLine:
    """One way to tell the mean score: whose answers, of which calls. ``enough`` is False where it judges nothing."""

    name: str
    figure: Interval | None
    note: str
    enough: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureLine:
    """One measure beside the peers', in words; ``verdict`` is empty where nothing can be said."""

    title: str
    value: str
    peers: str
    difference: str
    range: str
    verdict: str
    calls: int


def mean_lines(summary: SubjectSummary, min_calls: int) -> tuple[MeanLine, ...]:
    """Return the machine's mean score and people's, side by side, and what follows from both and from the peers.

    Args:
        summary: Of one subject and period.
        min_calls: The minimum sample.
    """
    counted = words.count(summary.calls_scored, "call")
    lines = [
        MeanLine(name="Machine", figure=summary.mean_share, note=f"all {counted}", enough=summary.enough_calls),
    ]
    if summary.reviewed is not None:
        of = words.count(summary.reviewed.calls, "call")
        enough = summary.reviewed.calls >= min_calls
        lines += [
            MeanLine(
                name="Machine, reviewed calls only",
                figure=summary.reviewed.machine_mean_share,
                note=f"{of} that people reviewed",
                enough=enough,
            ),
            MeanLine(
                name="People, the same calls",
                figure=summary.reviewed.mean_share,
                note="where nobody answered, the machine's answer stands",
                enough=enough,
            ),
        ]
    if summary.corrected is not None and summary.calls_scored:
        lines.append(
            MeanLine(
                name="Machine, corrected by people",
                figure=summary.corrected.mean_share,
                note=correction(summary),
                enough=summary.enough_calls,
            )
        )
    if summary.pooled_mean is not None:
        pooled = summary.pooled_mean
        lines.append(
            MeanLine(
                name="Machine, drawn toward the peers",
                figure=pooled.figure,
                note=f"own calls count {words.percent(pooled.own_weight)}, the rest is the mean of {pooled.peers} "
                f"{summary.subject_kind}s, {words.percent(pooled.peers_mean)}",
                enough=summary.enough_calls,
            )
        )
    return tuple(lines)


def correction(summary: SubjectSummary) -> str:
    """Return in words what the random sample says, or what is missing for it to say anything."""
    corrected = summary.corrected
    if corrected is None:
        return ""
    if corrected.bias is None:
        had = f"{corrected.pairs} reviewed, " if corrected.pairs else "none yet, "
        return f"needs calls drawn at random and reviewed: {had}{corrected.missing} more to go"
    bias = corrected.bias
    told = f"over all calls, by {words.count(corrected.pairs, 'call')} drawn at random"
    points = signed(bias.estimate, "share")
    if bias.low <= 0 <= bias.high:
        return f"{told}, people are {points} from the machine; that may be chance"
    return f"{told}, people score {points} against the machine"


def measure_lines(summary: SubjectSummary) -> tuple[MeasureLine, ...]:
    """Return the measures beside the peers'; below the minimum sample nothing is called higher or lower."""
    return tuple(_measure(each, judged=summary.enough_calls) for each in summary.measures)


def compared_with(summary: SubjectSummary) -> str:
    """Return in words what the measures stand beside."""
    kind = summary.subject_kind
    if kind == "queue":
        return "Queues differ too much to be compared with each other; agents and teams are compared within queues."
    most = max((each.peers for each in summary.measures), default=0)
    if not most:
        return f"No other {kind} has calls in the same queues, so that there is nothing to compare with."
    return (
        f"Beside the calls of {words.count(most, f'other {kind}')} in the same queues, in this {kind}'s mix of queues. "
        "A difference is named only where its interval leaves out 0; one of twenty such is chance."
    )


def in_unit(value: float | None, unit: Unit) -> str:
    """Return a measure as people read it: percentages, seconds or minutes, sentiment from −5 to +5."""
    return words.UNKNOWN if value is None else _WORDS[unit](value)


def signed(value: float, unit: Unit) -> str:
    """Return a difference with its sign, in points where the measure is a share."""
    if unit == "share":
        shown = f"{value * 100:+.1f}".replace("-", "−")
        return f"{'0.0' if shown in ('+0.0', '−0.0') else shown} points"
    if unit == "sentiment":  # on the scale that people see, of ten; a second place, since differences are small
        shown = f"{value * 5:+.2f}".replace("-", "−")
        return "0.00" if shown in ("+0.00", "−0.00") else shown
    shown = f"{value:+.1f}".replace("-", "−")
    return f"{'0.0' if shown in ('+0.0', '−0.0') else shown}{' s' if unit == 'seconds' else ''}"


def _measure(each: MeasureComparison, *, judged: bool) -> MeasureLine:
    measure = MEASURES[each.measure]
    gap = each.difference
    return MeasureLine(
        title=measure.title,
        value=in_unit(each.value, measure.unit),
        peers=in_unit(each.peers_value, measure.unit),
        difference=words.UNKNOWN if gap is None else signed(gap.estimate, measure.unit),
        range=words.UNKNOWN if gap is None else _range(gap, measure.unit),
        verdict=_verdict(each, judged=judged),
        calls=each.calls,
    )


def _range(gap: Interval, unit: Unit) -> str:
    return f"{signed(gap.low, unit).removesuffix(' points').removesuffix(' s')} to {signed(gap.high, unit)}"


def _verdict(each: MeasureComparison, *, judged: bool) -> str:
    gap = each.difference
    if each.peers_value is None:
        return "no peers"
    if gap is None or not judged:
        return "too few calls"
    return "higher" if gap.low > 0 else "lower" if gap.high < 0 else "no clear difference"


def _seconds(value: float) -> str:
    if value < 90:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds:02d} s"


_WORDS: dict[Unit, Callable[[float], str]] = {
    "share": lambda value: f"{value * 100:.1f}%",
    "seconds": _seconds,
    "per_minute": lambda value: f"{value:.0f}",
    "times": lambda value: f"{value:.1f}",
    "sentiment": words.sentiment,
}
