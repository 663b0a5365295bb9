"""What the pages of the telephone system's figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from app.web.access.visitor import Visitor
from app.web.scorecards.asked import card_path
from app.web.scorecards.days import PERIODS, Days
from app.web.snapshots import Snapshot
from pipeline.kpis import words
from pipeline.kpis.listed import listed_calls
from pipeline.kpis.tables import AskedKpis, Tables
from pipeline.records.kpis import KpiCall, KpiFigures, KpiReport, Relation

CALLS_A_PAGE = 50
OF = {
    "": "all calls",
    "handled": "handled calls",
    "transferred": "transferred calls",
    "again": "calls after which the customer called again",
    "resolved": "calls resolved at once",
    "not-judged": "calls of which that is not known",
    "surveyed": "calls with a survey's answers",
    "csat": "calls with an answer on satisfaction",
    "nps": "calls with an answer on recommending",
    "effort": "calls with an answer on effort",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One agent's, team's or everybody's figures.

    Attributes:
        card: Their scorecard; None where there is none.
        calls: Where the calls behind the figures are listed; None for who is not to know whose calls they are.
    """

    figures: KpiFigures
    card: str | None
    calls: str | None

    def behind(self, of: str) -> str | None:
        """Return where some of the calls are listed."""
        return None if self.calls is None else f"{self.calls}&of={of}"


@dataclass(frozen=True, kw_only=True, slots=True)
class KpiPage:
    """The page of all figures.

    Attributes:
        own: Whether an agent looks at their own figures.
        related: How scores go with other figures, where it may be told; ``unrelated`` are those of which it may not.
        notes: What has to be known to read the figures.
    """

    asked: AskedKpis
    days: Days
    shot: Snapshot[KpiReport]
    everybody: Line | None
    teams: Sequence[Line]
    agents: Sequence[Line]
    team_names: Sequence[str]
    own: bool
    related: Sequence[Relation]
    unrelated: Sequence[str]
    notes: Sequence[str]
    windows: str
    periods: Mapping[str, str]
    min_calls: int
    figure_names: Mapping[str, str]
    no_cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallsPage:
    """The page of calls behind figures; ``found`` is how many there are on all pages."""

    asked: AskedKpis
    days: Days
    shot: Snapshot[Tables]
    calls: Sequence[KpiCall]
    found: int
    page: int
    of: str
    of_what: Mapping[str, str]
    back: str

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.page * CALLS_A_PAGE < self.found


def kpi_page(
    asked: AskedKpis,
    days: Days,
    shot: Snapshot[KpiReport],
    visitor: Visitor,
    *,
    team_names: Sequence[str],
    min_calls: int,
) -> KpiPage:
    """Return what the page shows of a report."""
    report = shot.value
    own = visitor.scope.agent_id is not None
    relations = report.relations if report and not own else ()
    everybody = report.everybody[0] if report and report.everybody else None
    return KpiPage(
        asked=asked,
        days=days,
        shot=shot,
        everybody=_line(everybody, asked, days, visitor) if everybody else None,
        teams=[_line(each, asked, days, visitor) for each in report.teams] if report and not own else [],
        agents=[_line(each, asked, days, visitor) for each in report.agents] if report and not own else [],
        team_names=team_names,
        own=own,
        related=[each for each in relations if each.rho is not None],
        unrelated=[words.FIGURES[each.figure] for each in relations if each.rho is None],
        notes=words.notes(report) if report else (),
        windows=words.windows(report) if report else "",
        periods=PERIODS,
        min_calls=min_calls,
        figure_names=words.FIGURES,
        no_cause=words.NO_CAUSE,
    )


def calls_page(asked: AskedKpis, days: Days, shot: Snapshot[Tables], *, of: str, page: int) -> CallsPage:
    """Return what the page of calls shows: only what the visitor's scope, which is part of ``asked``, includes."""
    first = (page - 1) * CALLS_A_PAGE
    listed = listed_calls(shot.value, asked, of=of, start=first, count=CALLS_A_PAGE) if shot.value else None
    return CallsPage(
        asked=asked,
        days=days,
        shot=shot,
        calls=listed.calls if listed else (),
        found=listed.found if listed else 0,
        page=page,
        of=of,
        of_what=OF,
        back=f"/kpis?{urlencode(days.query)}",
    )


def _line(figures: KpiFigures, asked: AskedKpis, days: Days, visitor: Visitor) -> Line:
    kind, subject = figures.subject_kind, figures.subject
    fields = {**days.query, "team": asked.team or "", kind: subject} if kind != "everybody" else dict(days.query)
    if kind == "everybody" and asked.team:
        fields["team"] = asked.team
    listed = kind != "agent" or visitor.knows_agents
    return Line(
        figures=figures,
        card=card_path(kind, subject, days) if kind != "everybody" and figures.recorded else None,
        calls=f"/kpis/calls?{urlencode({name: value for name, value in fields.items() if value})}" if listed else None,
    )
