"""Figures in words, for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from pipeline.records.kpis import KpiReport, MeanFigure, Relation, ShareFigure, SurveyFigures

NOTHING = "–"
ONE: Mapping[str, str] = {"calls": "call", "agent-days": "day of an agent", "surveys": "survey"}
KINDS: Mapping[str, str] = {"calls": "calls", "agent-days": "days of agents", "surveys": "surveys"}
FIGURES: Mapping[str, str] = {
    "handle_s": "handle time",
    "talk_s": "talk time",
    "hold_s": "hold time",
    "wrap_up_s": "wrap-up time",
    "transferred": "transferred",
    "resolved": "resolved at once",
    "csat": "CSAT",
    "nps": "likelihood to recommend",
    "effort": "customer effort",
    "occupancy": "occupancy",
    "calls_per_hour": "calls per hour",
}
NO_CAUSE = "A relation is not a cause: hard calls may both score low and take long. Hear calls before you conclude."


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: ``1 row``, ``2 rows``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def rows_of(kind: str, number: int) -> str:
    """Return how many rows of a kind there are: ``1 call``, ``2 days of agents``."""
    return f"{number} {ONE[kind] if number == 1 else KINDS[kind]}"


def length(figure: MeanFigure | None, *, with_interval: bool = False) -> str:
    """Return a mean length as ``m:ss``, with its interval where that is wanted."""
    if figure is None:
        return NOTHING
    if not with_interval or figure.low is None or figure.high is None:
        return clock(figure.mean)
    return f"{clock(figure.mean)} ({clock(figure.low)}-{clock(figure.high)})"


def clock(seconds: float) -> str:
    """Return seconds as ``m:ss``, rounded to the second."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def share(figure: ShareFigure | None, *, with_n: bool = False) -> str:
    """Return a share with its interval, and of how many it is."""
    if figure is None:
        return NOTHING
    interval = figure.interval
    n = f", n {figure.n}" if with_n else ""
    return f"{100 * interval.estimate:.0f} % ({100 * interval.low:.0f}-{100 * interval.high:.0f}){n}"


def promoters(surveys: SurveyFigures) -> str:
    """Return the net promoter score from -100 to +100 with its interval, and of how many answers it is."""
    score = surveys.promoter_score
    if score is None:
        return NOTHING
    estimate, low, high = (signed(share) for share in (score.estimate, score.low, score.high))
    return f"{estimate} ({low} to {high}), n {surveys.promoter_answers}"


def signed(share: float) -> str:
    """Return a share of -1..+1 as points of 100 with their sign."""
    points = round(100 * share)
    return f"{points:+d}" if points else "0"


def rating(figure: MeanFigure | None) -> str:
    """Return a mean answer with its interval, and of how many answers it is."""
    if figure is None:
        return NOTHING
    return f"{figure.mean:.1f} ({figure.low:.1f}-{figure.high:.1f}), n {figure.n}"


def number(value: float | None) -> str:
    """Return a number with one decimal."""
    return NOTHING if value is None else f"{value:.1f}"


def correlation(relation: Relation) -> str:
    """Return a correlation with its interval."""
    if relation.rho is None:
        return NOTHING
    if relation.low is None or relation.high is None:
        return f"{relation.rho:+.2f}"
    return f"{relation.rho:+.2f} ({relation.low:+.2f} to {relation.high:+.2f})"


def windows(report: KpiReport) -> str:
    """Return the windows for repeat contacts."""
    others = [
        *(f"{days:g} days for queue {queue}" for queue, days in sorted(report.windows.by_queue.items())),
        *(f"{days:g} days for topic {topic}" for topic, days in sorted(report.windows.by_topic.items())),
    ]
    return ", ".join([f"{report.windows.days:g} days", *others])


def notes(report: KpiReport) -> list[str]:
    """Return what has to be known to read the figures."""
    told = [
        f"Ranges are 95 % intervals; with fewer than {report.min_calls} calls a figure says little, and nobody is "
        "ranked.",
        f"Resolved at once: the customer made no further call within {windows(report)}.",
    ]
    if any(each.handled for each in report.everybody):
        told.insert(0, "Handle time is talk, hold and wrap-up of a handled call.")
    ends = [
        f"{at.astimezone(ZoneInfo(report.timezone)):%Y-%m-%d %H:%M} ({of})"
        for at, of in (
            (report.known_until.phone, "the telephone system's calls"),
            (report.known_until.recordings, "recordings that it does not tell of"),
        )
        if at is not None
    ]
    if ends:
        told.append(
            f"That is judged of calls whose window ended by the newest one of a known customer: {', '.join(ends)}."
        )
    left_out = [f"{count} {why}" for each in report.everybody for why, count in each.not_judged.items()]
    if left_out and len(report.everybody) == 1:
        told.append(f"Not judged in that: {', '.join(left_out)}.")
    surveys = [each.surveys for each in report.everybody]
    if any(each.answered and each.sent is None for each in surveys):
        told.append(
            "The surveys do not say when they were sent, so that nobody knows how many answered of those asked."
        )
    if any(each.answered for each in surveys):
        told.append(f"Satisfied: answers of {report.satisfied_from} or 5. Whoever answers a survey is not everybody.")
    if report.surveys_without_call:
        one = report.surveys_without_call == 1
        name, are = ("survey names", "is") if one else ("surveys name", "are")
        told.append(f"{report.surveys_without_call} {name} no known call, customer or agent and {are} in no figure.")
    joined = report.joined
    told.append(
        f"Calls of the telephone system with a recording: {joined.joined}, without: {joined.without_recording}; "
        f"recordings of calls that it does not tell of: {joined.without_phone_call}."
    )
    if joined.unmet_though_told > joined.joined:
        told.append(
            f"{counted(joined.unmet_though_told, 'recording')} met no call though the export has calls of "
            "their days. Compare agents' ids and start times in both, and see kpis.match_within_s: times and scores "
            "are related only of calls that met."
        )
    return told
