"""`earmark flags`: the calls that a person should hear, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.acts import Act, editing, log_acts
from app.cli import show
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.people import ByOption, ReasonOption, whoever
from pipeline.canonical import to_data
from pipeline.records import FlagState, Severity
from pipeline.review.flags import change_flag
from pipeline.store.flags import FlagRow, find_flag, list_flags, put_flag_change

app = typer.Typer(help="List flagged calls with the reason; close a flag.", no_args_is_help=True)

FlagArgument = Annotated[
    str, typer.Argument(metavar="FLAG", help="Id of the flag; its first characters do.", show_default=False)
]


@app.command("list")
def list_(
    code: Annotated[str | None, typer.Option("--code", help="Only flags of this code.")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only flags of this severity.")] = None,
    agent: AgentOption = None,
    team: TeamOption = None,
    closed_too: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List open flags of current scores, the gravest first. The audit log remembers who looked: flags quote calls."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        found = list_flags(connection, code=code, severity=severity, agent=agent, team=team, closed_too=closed_too)
    asked = {"code": code, "severity": severity.value if severity else None, "agent": agent, "team": team}
    log_acts(store, settings, [Act(action="view", subject=("flags", ""), details={**asked, "flags": len(found)})])
    store.close()
    if as_json:
        show.print_json(
            [
                to_data(row.flag)
                | {"agent_id": row.agent_id, "team": row.team}
                | {"started_at": row.started_at.isoformat() if row.started_at else None}
                | {"changes": [to_data(change) for change in row.changes]}
                for row in found
            ]
        )
        return
    if not found:
        show.remark("no flags")
        return
    columns = [
        ("Id", "left"),
        ("Severity", "left"),
        ("Flag", "left"),
        ("Call", "left"),
        ("Agent", "left"),
        ("Reason", "left"),
    ]
    rows = [
        (
            row.flag.flag_id,
            show.styled(row.flag.severity.value, row.flag.severity.value),
            row.flag.code + ("" if row.flag.state is FlagState.OPEN else f" ({row.flag.state.value})"),
            row.flag.call_id,
            show.known(row.agent_id),
            _why(row),
        )
        for row in found
    ]
    show.table(columns, rows)


@app.command("close")
def close(
    flag_id: FlagArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a flag: it was looked into. It counts in no list and no scorecard any more."""
    _change(flag_id, FlagState.CLOSED, reason, by, workspace, config, as_json=as_json)


@app.command("reopen")
def reopen(
    flag_id: FlagArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a closed flag again."""
    _change(flag_id, FlagState.OPEN, reason, by, workspace, config, as_json=as_json)


def _why(row: FlagRow) -> str:
    if row.flag.state is FlagState.OPEN or not row.changes:
        return row.flag.reason
    closed = row.changes[-1]
    return f"{row.flag.reason}\nclosed by {closed.changed_by}, {show.moment(closed.changed_at)}: {closed.reason}"


def _change(
    flag_id: str,
    state: FlagState,
    reason: str,
    by: str | None,
    workspace: WorkspaceOption,
    config: ConfigOption,
    *,
    as_json: bool,
) -> None:
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        flag = find_flag(connection, flag_id, hold=True)
        change = change_flag(flag, state, by=whoever(by), reason=reason, now=datetime.now(UTC))
        put_flag_change(connection, change)
        details = {"flag": flag.flag_id, "code": flag.code, "state": state.value, "by": change.changed_by}
        acts.append(Act(action="flag", subject=("call", flag.call_id), details=details))
    store.close()
    if as_json:
        show.print_json(to_data(change))
    else:
        show.say(f"{flag.flag_id} {flag.code} of {flag.call_id}: {state.value}")
