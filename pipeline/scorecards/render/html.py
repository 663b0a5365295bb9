"""The report as web pages that need nothing but themselves: no script, no request, styles and charts inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.clock import clock
from pipeline.records import CallToHear, CoachingTopic, Period, Scorecard, SubjectSummary, TrendPoint
from pipeline.scorecards import beside, words
from pipeline.scorecards.charts import criteria_svg, trend_svg
from pipeline.scorecards.examples import urgency
from pipeline.scorecards.links import call_url, calls_url
from pipeline.scorecards.render.files import is_file, safe_name, write_files
from pipeline.scorecards.report import ScorecardReport
from pipeline.scorecards.trend import with_empty_weeks

CALLS_ON_OVERVIEW = 10
_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_FOLDERS = {"team": "teams", "queue": "queues", "agent": "agents"}


@dataclass(frozen=True, kw_only=True)
class CardView:
    """One scorecard with its drawings; an empty drawing is left out."""

    card: Scorecard
    trend: Markup
    criteria: Markup


@dataclass(frozen=True, kw_only=True)
class PeriodView:
    """One subject's period: the summary over all rubrics, then each rubric. ``trend`` is empty with one rubric."""

    summary: SubjectSummary
    trend: Markup
    cards: tuple[CardView, ...]
    calls_to_hear: tuple[CallToHear, ...]
    topics: tuple[CoachingTopic, ...]


@dataclass(frozen=True, kw_only=True)
class SubjectView:
    """One agent, team or queue: periods newest first. ``trend`` is drawn where the periods are weeks.

    ``members`` are a team's agents in the newest period.
    """

    kind: str
    subject: str
    team: str | None
    periods: tuple[PeriodView, ...]
    members: tuple[SubjectSummary, ...]
    weeks: tuple[TrendPoint, ...]
    trend: Markup


@dataclass(frozen=True, kw_only=True)
class PeriodTables:
    """The overview's tables of one period."""

    period: Period
    teams: tuple[SubjectSummary, ...]
    queues: tuple[SubjectSummary, ...]
    agents: tuple[SubjectSummary, ...]


def write(report: ScorecardReport, out: Path) -> list[Path]:
    """Write the report as HTML.

    Args:
        report: What to write.
        out: A file name ending in ``.html``, which gets everything on one page; or a folder, which gets
            ``index.html`` and one page per agent, team and queue.

    Returns:
        The paths written, the overview first.

    Raises:
        ReportError: A file cannot be written.
    """
    subjects = _subjects(report)
    single = is_file(out, ".html")
    links = {
        (view.kind, view.subject): f"#{view.kind}-{safe_name(view.subject)}" if single else _page(view)
        for view in subjects
    }
    environment = _environment(report)
    overview = {
        "report": report,
        "tables": _tables(report),
        "calls_to_hear": _worst(report.scorecards, CALLS_ON_OVERVIEW),
        "links": links,
        "root": "",
    }
    if single:
        text = environment.get_template("single.html.j2").render(**overview, subjects=subjects)
        return write_files({out: text})
    files = {out / "index.html": environment.get_template("index.html.j2").render(**overview)}
    for view in subjects:
        page = environment.get_template("subject.html.j2").render(report=report, view=view, links=links, root="../")
        files[out / _page(view)] = page
    return write_files(files)


def _page(view: SubjectView) -> str:
    return f"{_FOLDERS[view.kind]}/{safe_name(view.subject)}.html"


def _environment(report: ScorecardReport) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    zone = ZoneInfo(report.timezone)
    environment.filters["moment"] = partial(words.moment, zone=zone)
    environment.filters["anchor"] = safe_name
    environment.filters["clock"] = clock
    for name in (
        *("percent", "percent_range", "sentiment", "sentiment_word", "days", "period", "week", "count"),
        *("excluded", "too_few", "standing", "direction", "title", "only"),
    ):
        environment.filters["in_title" if name == "title" else name] = getattr(words, name)
    environment.filters["mean_lines"] = beside.mean_lines
    environment.filters["measure_lines"] = beside.measure_lines
    environment.filters["compared_with"] = beside.compared_with
    environment.filters["call_url"] = partial(call_url, report.console_url)
    environment.filters["calls_url"] = partial(calls_url, report.console_url, only=report.only)
    environment.globals["STATUS_WORDS"] = words.STATUS_WORDS
    environment.globals["SEVERITY_WORDS"] = words.SEVERITY_WORDS
    return environment


def _subjects(report: ScorecardReport) -> list[SubjectView]:
    """Return teams, then queues, then agents, each in order of name."""
    cards: dict[tuple[str, str, str], list[Scorecard]] = {}
    for card in report.scorecards:
        cards.setdefault((card.subject_kind, card.subject, card.period.label), []).append(card)
    summaries: dict[tuple[str, str], list[SubjectSummary]] = {}
    for summary in report.subjects:
        summaries.setdefault((summary.subject_kind, summary.subject), []).append(summary)
    return [
        _subject(kind, subject, of_subject, cards, report)
        for (kind, subject), of_subject in sorted(
            summaries.items(), key=lambda item: (list(_FOLDERS).index(item[0][0]), item[0][1])
        )
    ]


def _subject(
    kind: str,
    subject: str,
    summaries: Sequence[SubjectSummary],
    cards: Mapping[tuple[str, str, str], Sequence[Scorecard]],
    report: ScorecardReport,
) -> SubjectView:
    newest_first = sorted(summaries, key=lambda summary: summary.period.label, reverse=True)
    weeks: tuple[TrendPoint, ...] = ()
    if report.period == "week" and len(newest_first) > 1:
        weeks = with_empty_weeks(point for summary in newest_first for point in summary.trend)
    return SubjectView(
        kind=kind,
        subject=subject,
        team=newest_first[0].team,
        periods=tuple(
            _period(summary, cards.get((kind, subject, summary.period.label), ()), report) for summary in newest_first
        ),
        members=tuple(
            agent
            for agent in report.agents
            if kind == "team" and agent.team == subject and agent.period.label == newest_first[0].period.label
        ),
        weeks=weeks,
        trend=_trend(weeks, subject, report),
    )


def _period(summary: SubjectSummary, cards: Sequence[Scorecard], report: ScorecardReport) -> PeriodView:
    return PeriodView(
        summary=summary,
        trend=_trend(summary.trend if len(cards) > 1 else (), summary.subject, report),
        cards=tuple(
            CardView(
                card=card,
                trend=_trend(card.trend, f"{summary.subject}, {words.title(card.rubric_id)}", report),
                criteria=Markup(  # noqa: S704 - drawn and escaped by pipeline.scorecards.charts
                    criteria_svg(
                        card.criteria,
                        report.min_calls,
                        label=f"Pass rate of each criterion, {summary.subject}, {words.title(card.rubric_id)}; "
                        "the table has the figures",
                    )
                ),
            )
            for card in cards
        ),
        calls_to_hear=_worst(cards, report.calls_to_hear),
        topics=tuple(topic for card in cards for topic in card.topics),
    )


def _trend(trend: Sequence[TrendPoint], about: str, report: ScorecardReport) -> Markup:
    label = f"Mean score by week, {about}; the table below the chart has the figures"
    return Markup(trend_svg(trend, report.min_calls, label=label))  # noqa: S704 - drawn and escaped by charts


def _worst(cards: Sequence[Scorecard], limit: int) -> tuple[CallToHear, ...]:
    """Return the calls to hear first over several scorecards, each call once."""
    calls = {(call.call_id, call.flags): call for card in cards for call in card.calls_to_hear}
    return tuple(sorted(calls.values(), key=urgency)[:limit])


def _tables(report: ScorecardReport) -> list[PeriodTables]:
    """Return the overview's tables, the newest period first."""
    periods = {summary.period.label: summary.period for summary in report.subjects}
    return [
        PeriodTables(
            period=periods[label],
            teams=tuple(summary for summary in report.teams if summary.period.label == label),
            queues=tuple(summary for summary in report.queues if summary.period.label == label),
            agents=tuple(summary for summary in report.agents if summary.period.label == label),
        )
        for label in sorted(periods, reverse=True)
    ]
