"""One agent's, team's or queue's card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from app.web.scorecards.asked import calls_path, card_path, file_path, kpis_path
from app.web.scorecards.days import PERIODS, Days
from app.web.scorecards.figures import Asked, Subject, with_others
from app.web.scorecards.list_page import Line, told_standing
from app.web.scorecards.pictures import Picture, criteria_picture, trend_picture
from app.web.scorecards.sparklines import sparkline
from app.web.site import Site
from app.web.snapshots import Snapshot
from pipeline.records import CallToHear, CriterionSummary, Scorecard, SubjectKind, SubjectSummary, TrendPoint
from pipeline.scorecards import words
from pipeline.scorecards.beside import MeanLine, MeasureLine, compared_with, mean_lines, measure_lines
from pipeline.scorecards.examples import urgency
from pipeline.scorecards.report import ScorecardReport

Direction = Literal["better", "worse", "same", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionLine:
    """A criterion with where it is going: only what the sample shows is called a change."""

    criterion: CriterionSummary
    direction: Direction
    enough: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricPart:
    """What one version of one rubric says."""

    card: Scorecard
    title: str
    criteria: Sequence[CriterionLine]
    picture: Picture | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPage:
    """What the page shows.

    Attributes:
        summary: The headline figures; None where there is no call of those days.
        standing: The place among others in words; "" where it is not told.
        team_mean: For an agent's own eyes; None where it would tell of somebody else.
        own: Whether the visitor looks at their own card.
        means: The mean score as the machine and as people tell it.
        measures: Conversation and sentiment, beside the others where ``has_peers``; ``compared`` says in words which.
        calls: Where the calls are listed that the figures are of.
        kpis: Where the telephone system's figures of these days are; it knows no queues.
    """

    asked: Asked
    kind: SubjectKind
    subject: str
    shot: Snapshot[ScorecardReport]
    summary: SubjectSummary | None
    standing: str
    team_mean: float | None
    own: bool
    trend: Sequence[TrendPoint]
    trend_picture: Picture | None
    means: Sequence[MeanLine]
    measures: Sequence[MeasureLine]
    compared: str
    has_peers: bool
    rubrics: Sequence[RubricPart]
    to_hear: Sequence[CallToHear]
    good: Sequence[CallToHear]
    members: Sequence[Line]
    calls: str
    coaching: str | None
    kpis: str | None
    downloads: Mapping[str, str]
    earlier: str | None
    later: str | None
    path: str
    min_calls: int
    periods: Mapping[str, str]

    @property
    def topics(self) -> list[tuple[str, object]]:
        """What to coach on, with the title of the rubric that asks it."""
        return [(part.title, topic) for part in self.rubrics for topic in part.card.topics]


def card_page(
    site: Site,
    asked: Asked,
    of: Subject,
    shot: Snapshot[ScorecardReport],
    *,
    found: SubjectSummary | None,
    team_mean: float | None,
    own: bool,
    coached: bool,
    forms: Sequence[str],
) -> CardPage:
    """Return what the card shows of a report.

    Args:
        site: Keeps what its pictures are drawn from.
        asked: Which days.
        of: Whose card.
        shot: The report, if it is there.
        found: The subject among the others, if that is known and may be told.
        team_mean: The mean of the agent's team, where the visitor may know it.
        own: Whether the visitor looks at their own card.
        coached: Whether to lead to the agent's coaching.
        forms: In which forms it can be downloaded.
    """
    min_calls = site.settings.scorecards.min_calls
    kind, subject = of.kind, of.name
    report = None if shot.value is None else with_others(shot.value, found)
    standing = found.standing if found is not None else None
    summaries = report.summaries_of(kind) if report else ()
    summary = next(iter(summaries), None)
    cards = [card for card in report.scorecards if card.subject_kind == kind] if report else []
    trend = summary.trend if summary else ()
    days = asked.days
    return CardPage(
        asked=asked,
        kind=kind,
        subject=subject,
        shot=shot,
        summary=summary,
        standing=told_standing(standing, kind) if standing and summary and summary.enough_calls else "",
        team_mean=team_mean,
        own=own,
        trend=trend,
        trend_picture=trend_picture(site, trend, min_calls, about=subject),
        means=mean_lines(summary, min_calls) if summary else (),
        measures=measure_lines(summary) if summary else (),
        compared=_compared(summary, own=own, found=found is not None) if summary else "",
        has_peers=summary is not None and any(each.peers for each in summary.measures),
        rubrics=[
            _part(site, card, min_calls)
            for card in sorted(cards, key=lambda card: (card.rubric_id, -card.rubric_version))
        ],
        to_hear=_worst(cards),
        good=[call for card in cards for call in card.best_calls],
        members=[_member(each, asked) for each in report.agents] if report and kind != "agent" else [],
        calls=calls_path(days, **{kind: subject}),
        coaching=f"/coaching/{quote(subject, safe='')}" if coached and kind == "agent" else None,
        kpis=kpis_path(days, summary.team if summary else None) if kind != "queue" else None,
        downloads={form.upper(): file_path(kind, form, {"name": subject, **days.query}) for form in forms},
        earlier=_beside(kind, subject, days, days.earlier),
        later=_beside(kind, subject, days, days.later),
        path=f"/scorecards/{kind}s/{quote(subject, safe='')}",
        min_calls=min_calls,
        periods=PERIODS,
    )


def _part(site: Site, card: Scorecard, min_calls: int) -> RubricPart:
    title = words.title(card.rubric_id)
    return RubricPart(
        card=card,
        title=title,
        criteria=[
            CriterionLine(criterion=criterion, direction=_direction(criterion), enough=criterion.assessed >= min_calls)
            for criterion in card.criteria
        ],
        picture=criteria_picture(site, card.criteria, min_calls, about=f"{card.subject}, {title}"),
    )


def _compared(summary: SubjectSummary, *, own: bool, found: bool) -> str:
    """Return in words what measures stand beside; agents see their own alone, since few peers are soon known."""
    if own:
        return "Means over your calls of this period."
    if not found:
        return "Means over the calls of this period. The others are being reckoned: load the page again in a moment."
    return compared_with(summary)


def _direction(criterion: CriterionSummary) -> Direction:
    change = criterion.change
    if change is None:
        return "unknown"
    return "better" if change.low > 0 else "worse" if change.high < 0 else "same"


def _worst(cards: Sequence[Scorecard]) -> list[CallToHear]:
    calls = {(call.call_id, call.flags): call for card in cards for call in card.calls_to_hear}
    return sorted(calls.values(), key=urgency)


def _member(summary: SubjectSummary, asked: Asked) -> Line:
    days, team = asked.days, summary.team if asked.kind == "team" else None
    return Line(
        summary=summary,
        path=card_path("agent", summary.subject, days),
        calls=calls_path(days, agent=summary.subject, team=team, queue=asked.name if asked.kind == "queue" else None),
        spark=sparkline(summary.trend),
        standing=told_standing(summary.standing, "agent") if summary.enough_calls else "",
    )


def _beside(kind: str, subject: str, days: Days, day: object) -> str | None:
    if day is None:
        return None
    return f"/scorecards/{kind}s/{quote(subject, safe='')}?period={days.period}&day={day}"
