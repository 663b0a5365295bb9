"""`earmark kpis`: the telephone system's figures and surveys, imported and shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import uuid4

import typer

from app.acts import Act, current_user, editing
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
from app.cli.periods import FromOption, ToOption, period
from pipeline.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from pipeline.audit.log import Detail
    from pipeline.config import Settings
    from pipeline.kpis.checks import Checked
    from pipeline.kpis.columns import Kind
    from pipeline.kpis.outcome import Met
    from pipeline.store.database import Store

MOST_APART = timedelta(days=90)

app = typer.Typer(help="Figures of the telephone system and surveys, joined to calls.", no_args_is_help=True)


@app.command("import")
def import_(
    path: Annotated[Path | None, typer.Argument(help="CSV file.", show_default=False)] = None,
    from_database: Annotated[
        bool, typer.Option("--from-database", help="Read the table that kpis.database_url and kpis.…_from name.")
    ] = False,
    kind: Annotated[
        Literal["calls", "agent-days", "surveys"], typer.Option("--kind", help="What the rows are.")
    ] = "calls",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all rows and tell what they meet; keep none.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import calls or agents' days as the telephone system exports them, or surveys. All rows are kept, or none.

    The same rows may be imported again: a row takes the place of the one with its id. docs/kpis.md names the columns.
    """
    if (path is None) != from_database:
        raise typer.BadParameter("name a CSV file, or give --from-database", param_hint="PATH")
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    source = str(path.name) if path else "database"
    checked = _checked(path, kind, settings)
    met = _met(store, checked, settings)
    doubles = _likely_doubles(store, checked)
    if dry_run:
        added, replaced = _would_keep(store, checked)
    else:
        added, replaced = _keep(store, settings, checked, source)
    store.close()
    if as_json:
        rows = {"rows": len(checked.rows), "added": added, "replaced": replaced, "repeated": checked.repeated}
        rows["likely_doubles"] = doubles
        joined = {"joined": dict(met.by), "alone": met.alone, "unknown_agents": list(met.unknown_agents)}
        columns = {"missing_columns": list(checked.columns.missing), "unused_columns": list(checked.columns.unused)}
        show.print_json({"kind": kind, "source": source, "kept": not dry_run, **rows, **joined, **columns})
    else:
        from app.cli import kpis_page  # noqa: PLC0415

        kpis_page.print_import(checked, met, added=added, replaced=replaced, doubles=doubles, kept=not dry_run)


@app.command("imports")
def imports_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List what was imported, the newest first, and how many rows are still each import's."""
    from pipeline.canonical import to_data  # noqa: PLC0415
    from pipeline.store.kpi_import import imports, rows_left  # noqa: PLC0415

    store = open_existing(read_settings(workspace, config))
    with store.read() as connection:
        found, left = imports(connection), rows_left(connection)
    store.close()
    if as_json:
        show.print_json([{**to_data(each), "rows_left": left.get(each.import_id, 0)} for each in found])
        return
    from app.cli import kpis_page  # noqa: PLC0415

    kpis_page.print_imports(found, left)


@app.command("withdraw")
def withdraw_(
    import_id: Annotated[str, typer.Argument(metavar="IMPORT", help="Its id: earmark kpis imports lists them.")],
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Take an import back, with all rows that no later import has replaced. Rows that it replaced do not come back."""
    from pipeline.kpis.words import counted  # noqa: PLC0415
    from pipeline.store.kpi_import import withdraw_import  # noqa: PLC0415

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        was, removed = withdraw_import(connection, import_id)
        details: dict[str, Detail] = {"kind": was.kind, "source": was.source, "removed": removed}
        acts.append(Act(action="withdrawal", subject=("kpis", import_id), details=details))
    store.close()
    withdrawn = f"Withdrew {import_id} with {counted(removed, 'row')}."
    show.say(f"{withdrawn} What it had replaced comes back by importing that file again.")


@app.command("show")
def show_(
    agent: AgentOption = None,
    team: TeamOption = None,
    first: FromOption = None,
    last: ToOption = None,
    each: Annotated[
        Literal["week", "month", "all"], typer.Option("--period", help="Figures per week, per month, or in all.")
    ] = "all",
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show handle time, transfers, occupancy, first-call resolution and surveys per agent and team."""
    from pipeline.canonical import to_data  # noqa: PLC0415
    from pipeline.kpis.report import build_kpi_report, longest_window_days  # noqa: PLC0415 - imports pandas
    from pipeline.kpis.tables import AskedKpis  # noqa: PLC0415
    from pipeline.store.kpi_rows import kpi_rows  # noqa: PLC0415

    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    store = open_existing(settings)
    with store.read() as connection:
        rows = kpi_rows(connection, since=since, before=before, window_days=longest_window_days(settings.kpis))
    store.close()
    _require_known("agent", agent, {*rows.phone["agent_id"], *rows.recordings["agent_id"], *rows.days["agent_id"]})
    _require_known("team", team, {*rows.phone["team"], *rows.recordings["team"], *rows.days["team"]})
    asked = AskedKpis(
        agent=agent,
        team=team,
        first_day=first.date() if first else None,
        last_day=last.date() if last else None,
        period=each,
    )
    report = build_kpi_report(
        rows,
        settings.kpis,
        asked,
        generated_at=datetime.now(UTC),
        zone=settings.scorecards.timezone,
        min_calls=settings.scorecards.min_calls,
    )
    if as_json:
        show.print_json(to_data(report))
        return
    from app.cli import kpis_page  # noqa: PLC0415

    kpis_page.print_report(report)


def _checked(path: Path | None, kind: Kind, settings: Settings) -> Checked:
    from pipeline.kpis.checks import check_table  # noqa: PLC0415 - imports pandas
    from pipeline.kpis.columns import EXPORTS, named_columns  # noqa: PLC0415
    from pipeline.kpis.source_csv import read_csv  # noqa: PLC0415
    from pipeline.kpis.source_database import read_database  # noqa: PLC0415

    if path is None:
        table = read_database(kind, settings.kpis)
    elif not path.is_file():
        raise ConfigError(f"{path}: no such file")
    else:
        named = named_columns(kind, settings.kpis)
        expected = [named.get(field.name, field.name) for field in EXPORTS[kind].fields]
        table = read_csv(path, encoding=settings.kpis.encoding, expected=expected)
    return check_table(
        table,
        kind,
        settings.kpis,
        zone=settings.kpis.timezone or settings.intake.site_timezone,
        now=datetime.now(UTC),
        source=str(path) if path else "database",
    )


def _met(store: Store, checked: Checked, settings: Settings) -> Met:
    from pipeline.kpis.outcome import what_it_met  # noqa: PLC0415
    from pipeline.store.kpi_rows import kpi_rows, recorded_agents  # noqa: PLC0415

    times = checked.rows.get("started_at", checked.rows.get("sent_at"))
    known_times = sorted([] if times is None else times.dropna())
    since = known_times[0].to_pydatetime() if known_times else None
    before = known_times[-1].to_pydatetime() if known_times else None
    with store.read() as connection:
        if checked.kind == "surveys":  # those of calls that were long before
            known = kpi_rows(connection, since=since and since - MOST_APART, before=before)
        else:
            known = kpi_rows(connection, since=since, before=before, with_phone=False)
        agents = recorded_agents(connection)
    return what_it_met(checked, known, settings.kpis, recorded_agents=agents)


def _likely_doubles(store: Store, checked: Checked) -> int:
    """Return how many calls are known already under another id."""
    from pipeline.kpis.outcome import likely_doubles  # noqa: PLC0415
    from pipeline.store.kpi_import import known_calls  # noqa: PLC0415

    if checked.kind != "calls" or checked.rows.empty:
        return 0
    began = checked.rows["started_at"]
    with store.read() as connection:
        first, last = began.min().to_pydatetime(), began.max().to_pydatetime()
        return likely_doubles(checked, known_calls(connection, first=first, last=last))


def _would_keep(store: Store, checked: Checked) -> tuple[int, int]:
    """Return how many rows would be new, and how many would replace one."""
    from pipeline.store.kpi_import import known_keys  # noqa: PLC0415

    with store.read() as connection:
        there = set(known_keys(connection, checked.kind))
    rows = checked.rows
    keys = zip(rows["agent_id"], rows["day"], strict=True) if checked.kind == "agent-days" else zip(rows["key"])
    replaced = sum(key in there for key in keys)
    return len(rows) - replaced, replaced


def _keep(store: Store, settings: Settings, checked: Checked, source: str) -> tuple[int, int]:
    from pipeline.kpis.outcome import rows_to_keep  # noqa: PLC0415
    from pipeline.store.kpi_import import KpiImport, keep_rows  # noqa: PLC0415

    made = KpiImport(
        import_id=f"ki-{uuid4().hex[:16]}",
        kind=checked.kind,
        source=source,
        row_count=len(checked.rows),
        imported_by=current_user(),
        imported_at=datetime.now(UTC),
    )
    with editing(store, settings) as (connection, acts):
        kept = keep_rows(connection, made, rows_to_keep(checked))
        counts: dict[str, Detail] = {"added": kept.added, "replaced": kept.replaced}
        details = {"kind": made.kind, "source": source, **counts}
        acts.append(Act(action="import", subject=("kpis", made.import_id), details=details))
    return kept.added, kept.replaced


def _require_known(subject: str, name: str | None, known: set[str | None]) -> None:
    if name is not None and name not in known:
        raise UnknownNameError(subject, name, {each for each in known if each is not None})
