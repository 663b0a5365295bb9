"""`earmark scorecards`: agents and teams by period."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.acts import Act, log_acts
from app.cli import listing, show
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, ToOption, require_order
from flows.runtime import utc_now
from pipeline import registry
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.errors import NotFoundError, did_you_mean
from pipeline.reviewing.reviewed_rows import with_reviewed_shares
from pipeline.scorecards.report import ScorecardReport, build_report
from pipeline.store.scorecard_rows import ScorecardRows, scorecard_rows

BUILT = ("html", "csv", "json")
"""What `build` writes: PDF and XLSX are made when somebody wants to hand them out."""

app = typer.Typer(help="Build, show and export scorecards.", no_args_is_help=True)

PeriodOption = Annotated[
    Literal["week", "month", "all"] | None,
    typer.Option("--period", help="One scorecard per week, per month, or in all."),
]


@app.command("build")
def build(
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Write all scorecards as HTML, CSV and JSON into the workspace's reports folder."""
    settings = read_settings(workspace, config, scorecards__period=period)
    report = _report(settings)
    for name in BUILT:
        registry.load("scorecard format", name)(report, settings.workspace / "reports")
    show.say(f"Scorecards: {settings.workspace / 'reports' / 'index.html'}")


@app.command("show")
def show_(
    agent: AgentOption = None,
    team: TeamOption = None,
    first: FromOption = None,
    last: ToOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show agents and teams with their figures."""
    settings = read_settings(workspace, config, scorecards__period=period)
    report = _report(settings, agent=agent, team=team, first=first, last=last)
    if _is_empty(report):
        show.remark(_nothing_for(agent, team, first, last))
    if as_json:
        show.print_json(to_data(report))
        return
    least = settings.scorecards.min_calls
    listing.print_subjects(report.agents, title="Agents", min_calls=least)
    listing.print_subjects(report.teams, title="Teams", min_calls=least)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="File or folder to write.", show_default=False)],
    format: Annotated[
        Literal["html", "csv", "json", "pdf", "xlsx"], typer.Option("--format", "-f", help="Form of the files.")
    ] = "html",
    agent: AgentOption = None,
    team: TeamOption = None,
    first: FromOption = None,
    last: ToOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Write scorecards of an agent, a team or everybody; days without scored calls give an empty report."""
    settings = read_settings(workspace, config, scorecards__period=period)
    report = _report(settings, agent=agent, team=team, first=first, last=last)
    if _is_empty(report):
        show.remark(_nothing_for(agent, team, first, last))
    asked = {"format": format, "agent": agent, "team": team, "period": period, "name": out.name}
    days = {"first_day": f"{first:%Y-%m-%d}" if first else None, "last_day": f"{last:%Y-%m-%d}" if last else None}
    store = open_existing(settings)
    log_acts(store, settings, [Act(action="export", subject=("scorecards", ""), details={**asked, **days})])
    store.close()
    for path in registry.load("scorecard format", format)(report, out):
        show.say(str(path))


def _is_empty(report: ScorecardReport) -> bool:
    return not (report.agents or report.teams)


def _nothing_for(agent: str | None, team: str | None, first: datetime | None, last: datetime | None) -> str:
    asked = {
        "of agent": agent,
        "of team": team,
        "from": f"{first:%Y-%m-%d}" if first else None,
        "to": f"{last:%Y-%m-%d}" if last else None,
    }
    return " ".join(["no scored calls", *(f"{name} {value}" for name, value in asked.items() if value)])


def _report(
    settings: Settings,
    *,
    agent: str | None = None,
    team: str | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
) -> ScorecardReport:
    require_order(first, last)
    store = open_existing(settings)
    with store.read() as connection:
        rows = with_reviewed_shares(connection, scorecard_rows(connection))
    store.close()
    _require_known("agent", agent, rows)
    _require_known("team", team, rows)
    return build_report(
        rows,
        settings.scorecards,
        generated_at=utc_now(),
        agent=agent,
        team=team,
        first_day=first.date() if first else None,
        last_day=last.date() if last else None,
    )


def _require_known(what: Literal["agent", "team"], name: str | None, rows: ScorecardRows) -> None:
    """Refuse a name that no call bears: an empty report would look as if somebody had no calls.

    Raises:
        NotFoundError: There is none; with the nearest name.
    """
    known = {call["agent_id" if what == "agent" else "team"] for call in rows.calls} - {None}
    if name is not None and name not in known:
        raise NotFoundError(f"no call of {what} {name!r} in this workspace{did_you_mean(name, known)}")
