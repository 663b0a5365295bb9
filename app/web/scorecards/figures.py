"""Scorecards for pages: few calls are read and reckoned at once, many beside requests (`app.web.snapshots`).

The visitor's scope bounds what is read from the database, so that no figure is of a call that they may not see.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from app.web.scorecards.days import Days
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.records import Scope, Standing, SubjectSummary
from pipeline.scorecards.report import ScorecardReport, build_report
from pipeline.scorecards.selection import SubjectKind
from pipeline.store.scorecard_rows import (
    ScorecardRows,
    WantedRows,
    answer_rows,
    call_count,
    newest_call_at,
    scorecard_rows,
)

AT_ONCE = {"agent": 300, "team": 200, "everybody": 200}
"""Up to so many calls are reckoned while the visitor waits."""
MOST_KEPT = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Whose figures, of which days.

    Attributes:
        agent: One agent's card; None for none. Likewise ``card_of_team``.
        team: Only calls of this team, in a list; likewise ``rubric_id``.
    """

    scope: Scope
    days: Days
    agent: str | None = None
    card_of_team: str | None = None
    team: str | None = None
    rubric_id: str | None = None

    @property
    def kind(self) -> str:
        """What is asked for: the card of an ``agent`` or ``team``, or the list of ``everybody``."""
        return "agent" if self.agent is not None else "team" if self.card_of_team is not None else "everybody"

    def wanted(self, zone: ZoneInfo) -> WantedRows:
        """Return which rows that needs."""
        first_at, before = self.days.instants(zone)
        return WantedRows(
            scope=self.scope,
            agent=self.agent,
            team=self.team if self.card_of_team is None else self.card_of_team,
            rubric_id=self.rubric_id,
            first_at=first_at,
            before=before,
            answers=self.kind != "everybody",
        )


def figures(site: Site, asked: Asked) -> Snapshot[ScorecardReport]:
    """Return the report of what was asked for; its value is None as long as it is being reckoned."""
    wanted = asked.wanted(zone_of(site))
    most = AT_ONCE[asked.kind]
    with site.store.read() as connection:
        is_small = call_count(connection, wanted, most=most + 1) <= most
    if is_small:
        return Snapshot(value=_at_once(site, asked, wanted), of=site.now(), fresh=True)
    return snapshot(site, ("scorecards", asked), _reckoning(site, asked, wanted))


def report_now(site: Site, asked: Asked) -> ScorecardReport:
    """Return the report of what was asked for, reckoned now if it is not there: for downloads, which may take long."""
    kept = figures(site, asked).value
    return _reckoning(site, asked, asked.wanted(zone_of(site)))() if kept is None else kept


def with_standing(report: ScorecardReport, standing: Standing | None) -> ScorecardReport:
    """Return the report of one agent or team with its place among others."""
    if report.teams:
        return dataclasses.replace(report, teams=_placed(report.teams, standing))
    return dataclasses.replace(report, agents=_placed(report.agents, standing))


def _placed(summaries: tuple[SubjectSummary, ...], standing: Standing | None) -> tuple[SubjectSummary, ...]:
    return tuple(dataclasses.replace(summary, standing=standing) for summary in summaries)


def standing_of(site: Site, asked: Asked) -> Standing | None:
    """Return an agent's or team's place among those whose calls may be seen, if that is reckoned already."""
    everybody = dataclasses.replace(asked, agent=None, card_of_team=None)
    reckon = _reckoning(site, everybody, everybody.wanted(zone_of(site)))
    report = snapshot(site, ("scorecards", everybody), reckon).value
    if report is None:
        return None
    subject = asked.agent if asked.agent is not None else asked.card_of_team
    named = report.agents if asked.kind == "agent" else report.teams
    return next((summary.standing for summary in named if summary.subject == subject), None)


def newest_day(site: Site, scope: Scope, *, agent: str | None = None, team: str | None = None) -> date:
    """Return the day of the newest call, or today where there is none."""
    with site.store.read() as connection:
        newest = newest_call_at(connection, WantedRows(scope=scope, agent=agent, team=team))
    return (newest or site.now()).astimezone(zone_of(site)).date()


def is_known(site: Site, scope: Scope, *, agent: str | None = None, team: str | None = None) -> bool:
    """Tell whether somebody has a call, of any day, that may be seen."""
    with site.store.read() as connection:
        return call_count(connection, WantedRows(scope=scope, agent=agent, team=team), most=1) > 0


def zone_of(site: Site) -> ZoneInfo:
    """Return the zone in which days begin."""
    return ZoneInfo(site.settings.scorecards.timezone)


def _at_once(site: Site, asked: Asked, wanted: WantedRows) -> ScorecardReport:
    """Return a report that is true now; one of the same scores and flags is not reckoned again."""
    with site.store.read() as connection:
        bare = scorecard_rows(connection, dataclasses.replace(wanted, answers=False))
        of = [tuple(row.values()) for row in (*bare.calls, *bare.flags)]
        kept: OrderedDict[Asked, tuple[object, ScorecardReport]] = site.kept.setdefault("cards", OrderedDict())
        before = kept.get(asked)
        if before is not None and before[0] == of:
            return dataclasses.replace(before[1], generated_at=site.now())
        answers = answer_rows(connection, wanted) if wanted.answers else []
    report = _report(site, asked, dataclasses.replace(bare, answers=answers))
    kept[asked] = (of, report)
    with suppress(KeyError):  # another request may have made room at the same time
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return report


def _reckoning(site: Site, asked: Asked, wanted: WantedRows) -> Callable[[], ScorecardReport]:
    def reckon() -> ScorecardReport:
        with site.store.read() as connection:
            rows = scorecard_rows(connection, wanted)
        return _report(site, asked, rows)

    return reckon


def _report(site: Site, asked: Asked, rows: ScorecardRows) -> ScorecardReport:
    cards: dict[str, tuple[SubjectKind, ...]] = {"agent": ("agent",), "team": ("team",), "everybody": ()}
    report = build_report(
        rows,
        site.settings.scorecards.model_copy(update={"period": "all"}),
        generated_at=site.now(),
        title=_title(asked),
        agent=asked.agent,
        first_day=asked.days.first,
        last_day=asked.days.last,
        cards=cards[asked.kind],
        weekly_intervals=asked.kind != "everybody",
    )
    return report if asked.kind == "everybody" else _without_own_standing(report, asked.kind)


def _title(asked: Asked) -> str:
    subject = asked.agent if asked.agent is not None else asked.card_of_team
    return "Scorecards" if subject is None else f"Scorecard of {subject}"


def _without_own_standing(report: ScorecardReport, kind: str) -> ScorecardReport:
    """Return a report of one subject without its place: nobody was there to be compared with."""
    cards = tuple(dataclasses.replace(card, standing=None) for card in report.scorecards)
    if kind == "agent":
        return dataclasses.replace(report, scorecards=cards, agents=_placed(report.agents, None))
    return dataclasses.replace(report, scorecards=cards, teams=_placed(report.teams, None))
