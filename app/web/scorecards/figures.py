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
from typing import Any
from zoneinfo import ZoneInfo

from app.web.scorecards.days import Days
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.records import Scope, SubjectKind, SubjectSummary
from pipeline.scorecards.report import ScorecardReport, build_report
from pipeline.store.scorecard_rows import (
    ScorecardRows,
    WantedRows,
    answer_rows,
    call_count,
    newest_call_at,
    scorecard_rows,
)

AT_ONCE = {"agent": 300, "team": 200, "queue": 200, "everybody": 200}
"""Up to so many calls are reckoned while the visitor waits."""
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose card."""

    kind: SubjectKind
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Whose figures, of which days.

    Attributes:
        subject: Whose card; None for the list of everybody.
        team: Only calls of this team, in a list; likewise ``rubric_id``.
    """

    scope: Scope
    days: Days
    subject: Subject | None = None
    team: str | None = None
    rubric_id: str | None = None

    @property
    def kind(self) -> str:
        """What is asked for: the card of an ``agent``, ``team`` or ``queue``, or the list of ``everybody``."""
        return "everybody" if self.subject is None else self.subject.kind

    @property
    def name(self) -> str:
        """Whose card; "" for the list of everybody."""
        return "" if self.subject is None else self.subject.name

    def wanted(self, zone: ZoneInfo) -> WantedRows:
        """Return which rows that needs."""
        first_at, before = self.days.instants(zone)
        listed = WantedRows(
            scope=self.scope,
            team=self.team,
            rubric_id=self.rubric_id,
            first_at=first_at,
            before=before,
            answers=self.subject is not None,
        )
        return listed if self.subject is None else _of(listed, self.subject)


def figures(site: Site, asked: Asked, *, wait_s: float | None = None) -> Snapshot[ScorecardReport]:
    """Return the report of what was asked for; its value is None where it is not reckoned within ``wait_s``.

    None waits as long as pages do.
    """
    wanted = asked.wanted(zone_of(site))
    most = AT_ONCE[asked.kind]
    with site.store.read() as connection:
        is_small = call_count(connection, wanted, most=most + 1) <= most
    if is_small:
        return Snapshot(value=_at_once(site, asked, wanted), of=site.now(), fresh=True)
    return snapshot(site, ("scorecards", asked), _reckoning(site, asked, wanted), wait_s=wait_s)


def report_now(site: Site, asked: Asked) -> ScorecardReport:
    """Return the report of what was asked for, reckoned now if it is not there: for downloads, which may take long."""
    kept = figures(site, asked).value
    return _reckoning(site, asked, asked.wanted(zone_of(site)))() if kept is None else kept


def with_others(report: ScorecardReport, found: SubjectSummary | None) -> ScorecardReport:
    """Return the report of one agent or team with what takes the others: its place, and what is compared with them.

    Args:
        report: Of one subject.
        found: The subject among the others (`among_others`); None where that is not known yet.
    """
    if found is None:
        return report
    kind = found.subject_kind
    return _with_summaries(report, kind, _beside(report.summaries_of(kind), found))


def _beside(summaries: tuple[SubjectSummary, ...], found: SubjectSummary) -> tuple[SubjectSummary, ...]:
    return tuple(
        dataclasses.replace(
            summary,
            standing=found.standing,
            pooled_mean=found.pooled_mean,
            pooled_pass_rate=found.pooled_pass_rate,
            measures=found.measures,
        )
        for summary in summaries
    )


def among_others(site: Site, asked: Asked) -> SubjectSummary | None:
    """Return an agent, team or queue among those whose calls may be seen, if that is reckoned already."""
    if asked.subject is None:
        return None
    report = figures(site, dataclasses.replace(asked, subject=None)).value
    named = report.summaries_of(asked.subject.kind) if report else ()
    return next((summary for summary in named if summary.subject == asked.name), None)


def newest_day(site: Site, scope: Scope, subject: Subject | None = None) -> date:
    """Return the day of the newest call, or today where there is none."""
    wanted = WantedRows(scope=scope)
    with site.store.read() as connection:
        newest = newest_call_at(connection, _of(wanted, subject) if subject else wanted)
    return (newest or site.now()).astimezone(zone_of(site)).date()


def is_known(site: Site, scope: Scope, subject: Subject) -> bool:
    """Tell whether somebody has a call, of any day, that may be seen."""
    with site.store.read() as connection:
        return call_count(connection, _of(WantedRows(scope=scope), subject), most=1) > 0


def zone_of(site: Site) -> ZoneInfo:
    """Return the zone in which days begin."""
    return ZoneInfo(site.settings.scorecards.timezone)


def _of(wanted: WantedRows, subject: Subject) -> WantedRows:
    named: dict[str, Any] = {subject.kind: subject.name}
    return dataclasses.replace(wanted, **named)


def _at_once(site: Site, asked: Asked, wanted: WantedRows) -> ScorecardReport:
    """Return a report that is true now; one of the same scores and flags is not reckoned again."""
    with site.store.read() as connection:
        bare = scorecard_rows(connection, dataclasses.replace(wanted, answers=False))
        of = [*(tuple(row.values()) for row in (*bare.calls, *bare.flags)), bare.measures, bare.sampled]
        kept: OrderedDict[Asked, tuple[object, ScorecardReport]] = site.kept.setdefault("cards", OrderedDict())
        before = kept.get(asked)
        if before is not None and before[0] == of:
            return dataclasses.replace(before[1], generated_at=site.now())
        answers = answer_rows(connection, wanted)
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
    subject = asked.subject
    report = build_report(
        rows,
        site.settings.scorecards.model_copy(update={"period": "all"}),
        generated_at=site.now(),
        title=_title(asked),
        agent=asked.name if asked.kind == "agent" else None,
        first_day=asked.days.first,
        last_day=asked.days.last,
        cards=() if subject is None else (subject.kind,),
        weekly_intervals=subject is not None,
        coaching=site.settings.coaching,
        console_url=site.settings.console.public_url,
    )
    narrowed = {"team": asked.team, "rubric": asked.rubric_id}
    report = dataclasses.replace(report, only={kind: name for kind, name in narrowed.items() if name is not None})
    return report if subject is None else _without_own_standing(report, subject.kind)


def _title(asked: Asked) -> str:
    return "Scorecards" if asked.subject is None else f"Scorecard of {asked.name}"


def _without_own_standing(report: ScorecardReport, kind: SubjectKind) -> ScorecardReport:
    """Return a report of one subject without its place: nobody was there to be compared with."""
    cards = tuple(dataclasses.replace(card, standing=None) for card in report.scorecards)
    alone = tuple(dataclasses.replace(summary, standing=None) for summary in report.summaries_of(kind))
    return _with_summaries(dataclasses.replace(report, scorecards=cards), kind, alone)


def _with_summaries(
    report: ScorecardReport, kind: SubjectKind, summaries: tuple[SubjectSummary, ...]
) -> ScorecardReport:
    named: dict[str, Any] = {f"{kind}s": summaries}
    return dataclasses.replace(report, **named)
