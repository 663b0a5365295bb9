"""`earmark flags`: the calls that a person should hear, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import show
from app.cli.acts import Act, log_acts
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from pipeline.canonical import to_data
from pipeline.records import Severity
from pipeline.store.flags import list_flags

app = typer.Typer(help="List flagged calls with the reason.", no_args_is_help=True)


@app.command("list")
def list_(
    code: Annotated[str | None, typer.Option("--code", help="Only flags of this code.")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only flags of this severity.")] = None,
    agent: AgentOption = None,
    team: TeamOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List flags of current scores, the gravest first. The audit log remembers who looked: flags quote calls."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        found = list_flags(connection, code=code, severity=severity, agent=agent, team=team)
    asked = {"code": code, "severity": severity.value if severity else None, "agent": agent, "team": team}
    log_acts(store, settings, [Act(action="view", subject=("flags", ""), details={**asked, "flags": len(found)})])
    store.close()
    if as_json:
        show.print_json(
            [
                to_data(row.flag)
                | {"agent_id": row.agent_id, "team": row.team}
                | {"started_at": row.started_at.isoformat() if row.started_at else None}
                for row in found
            ]
        )
        return
    if not found:
        show.remark("no flags")
        return
    columns = [("Severity", "left"), ("Flag", "left"), ("Call", "left"), ("Agent", "left"), ("Reason", "left")]
    rows = [
        (
            show.styled(row.flag.severity.value, row.flag.severity.value),
            row.flag.code,
            row.flag.call_id,
            show.known(row.agent_id),
            row.flag.reason,
        )
        for row in found
    ]
    show.table(columns, rows)
