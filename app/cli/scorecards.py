"""`earmark scorecards`: agents, teams and queues by period."""

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
    QueueOption,
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
from pipeline.reviewing.report_rows import report_rows
from pipeline.scorecards import words
from pipeline.scorecards.report import WORKSPACE_FORMS, ScorecardReport, build_report
from pipeline.store.scorecard_rows import ScorecardRows

app = typer.Typer(help="Build, show and export scorecards.", no_args_is_help=True)

PeriodOption = Annotated[
    Literal["week", "month", "all"] | None,
    typer.Option("--period", help="One scorecard per week, per month, or in all."),
]


FORMATS = ("html", "csv", "json", "pdf", "xlsx", "parquet")


def _named(out: str) -> Path:
    if not out.strip():
        raise typer.BadParameter("name a file or a folder to write; . is the folder where you stand")
    return Path(out)


@app.command("build")
def build(
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Write all scorecards as HTML, CSV and JSON into the workspace's reports folder.

    With a key at rest they quote no call; `earmark scorecards export` does.
    """
    settings = read_settings(workspace, config, scorecards__period=period)
    report = _report(settings, words=settings.at_rest_key is None)
    for name in WORKSPACE_FORMS:
        registry.load("scorecard format", name)(report, settings.reports_dir)
    show.say(f"Scorecards: {settings.reports_dir / 'index.html'}")


@app.command("show")
def show_(
    agent: AgentOption = None,
    team: TeamOption = None,
    queue: QueueOption = None,
    first: FromOption = None,
    last: ToOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show agents, teams and queues with their figures."""
    settings = read_settings(workspace, config, scorecards__period=period)
    report = _report(settings, agent=agent, team=team, queue=queue, first=first, last=last)
    if _is_empty(report):
        show.remark(_nothing_for(agent, team, queue, first, last))
    if as_json:
        show.print_json(to_data(report))
        return
    if report.only and not _is_empty(report):
        show.remark(words.only(report.only))
    least = settings.scorecards.min_calls
    listing.print_subjects(report.agents, title="Agents", min_calls=least)
    listing.print_subjects(report.teams, title="Teams", min_calls=least)
    listing.print_subjects(report.queues, title="Queues", min_calls=least)


@app.command("export")
def export(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="File or folder to write.", parser=_named, metavar="PATH", show_default=False),
    ],
    format: Annotated[
        Literal["html", "csv", "json", "pdf", "xlsx", "parquet"],
        typer.Option("--format", "-f", help="Form of the files."),
    ] = "html",
    agent: AgentOption = None,
    team: TeamOption = None,
    queue: QueueOption = None,
    first: FromOption = None,
    last: ToOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Write scorecards of an agent, a team, a queue or everybody; days without scored calls give an empty report."""
    ending = out.suffix.lower().removeprefix(".")
    if ending in FORMATS and ending != format:
        told = f"{out.name} ends in .{ending}, and --format is {format}"
        todo = f"choose --format {ending}, or a name that ends in .{format} or is a folder's"
        raise typer.BadParameter(f"{told}: {todo}", param_hint="--out")
    settings = read_settings(workspace, config, scorecards__period=period)
    report = _report(settings, agent=agent, team=team, queue=queue, first=first, last=last)
    if _is_empty(report):
        show.remark(_nothing_for(agent, team, queue, first, last))
    asked = {"format": format, "agent": agent, "team": team, "queue": queue, "period": period, "name": out.name}
    days = {"first_day": f"{first:%Y-%m-%d}" if first else None, "last_day": f"{last:%Y-%m-%d}" if last else None}
    store = open_existing(settings)
    log_acts(store, settings, [Act(action="export", subject=("scorecards", ""), details={**asked, **days})])
    store.close()
    for path in registry.load("scorecard format", format)(report, out):
        show.say(str(path))


def _is_empty(report: ScorecardReport) -> bool:
    return not report.subjects


def _nothing_for(
    agent: str | None, team: str | None, queue: str | None, first: datetime | None, last: datetime | None
) -> str:
    asked = {
        "of agent": agent,
        "of team": team,
        "of queue": queue,
        "from": f"{first:%Y-%m-%d}" if first else None,
        "to": f"{last:%Y-%m-%d}" if last else None,
    }
    return " ".join(["no scored calls", *(f"{name} {value}" for name, value in asked.items() if value)])


def _report(
    settings: Settings,
    *,
    words: bool = True,
    agent: str | None = None,
    team: str | None = None,
    queue: str | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
) -> ScorecardReport:
    require_order(first, last)
    store = open_existing(settings)
    rows = report_rows(store, words=words)
    store.close()
    _require_known("agent", agent, rows)
    _require_known("team", team, rows)
    _require_known("queue", queue, rows)
    return build_report(
        rows,
        settings.scorecards,
        generated_at=utc_now(),
        coaching=settings.coaching,
        console_url=settings.console.public_url,
        agent=agent,
        team=team,
        queue=queue,
        first_day=first.date() if first else None,
        last_day=last.date() if last else None,
    )


def _require_known(what: Literal["agent", "team", "queue"], name: str | None, rows: ScorecardRows) -> None:
    """Refuse a name that no call bears: an empty report would look as if somebody had no calls.

    Raises:
        NotFoundError: There is none; with the nearest name.
    """
    known = {call["agent_id" if what == "agent" else what] for call in rows.calls} - {None}
    if name is not None and name not in known:
        raise NotFoundError(f"no call of {what} {name!r} in this workspace{did_you_mean(name, known)}")
