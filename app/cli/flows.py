"""`earmark flows`: put the schedule up."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from app.cli.options import ConfigOption, JsonOption, LogFormatOption, WorkspaceOption, read_settings, settings_file
from app.cli.progress import plain_lines
from app.cli.show import print_json, remark, say, table
from flows.alerts import set_up_alerts
from flows.deploy import deploy as deploy_flows
from flows.deployments import SITE_POOL, WORKERS_POOL
from flows.logs import log_progress, write_logs
from flows.schedule import serve_schedule
from pipeline.media.place import place_of, root_text

app = typer.Typer(help="Run Earmark on a schedule.", no_args_is_help=True)


@app.command("serve")
def serve(
    paths: Annotated[
        list[str], typer.Argument(help="Recordings, or folders of them, or addresses (s3://…).", show_default=False)
    ],
    every_minutes: Annotated[int, typer.Option("--every-minutes", min=1, help="Minutes between runs.")] = 15,
    watch_seconds: Annotated[
        int | None,
        typer.Option(
            "--watch-seconds",
            min=1,
            help="Look for new recordings so often, in place of whole runs; those still being written wait.",
            show_default=False,
        ),
    ] = None,
    digests_at: Annotated[
        datetime | None,
        typer.Option("--digests-at", formats=["%H:%M"], help="Send digests each day at this time.", show_default=False),
    ] = None,
    reasons_at: Annotated[
        datetime | None,
        typer.Option(
            "--reasons-at", formats=["%H:%M"], help="Give new calls their contact reason each day.", show_default=False
        ),
    ] = None,
    retention_at: Annotated[
        datetime | None,
        typer.Option(
            "--retention-at", formats=["%H:%M"], help="Delete each day what retention has due.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Score new recordings under PATHS again and again, until stopped. One run at a time."""
    settings = read_settings(workspace, config, run__log_format=log_format)
    config_file = settings_file(workspace, config)
    if digests_at is not None:
        from flows.digests import require_somewhere  # noqa: PLC0415 - imports pandas

        require_somewhere(settings)
    daily = {"digests": digests_at, "contact reasons": reasons_at, "retention": retention_at}
    then = "".join(f"; {what} at {at:%H:%M} ({settings.scorecards.timezone})" for what, at in daily.items() if at)
    often = f"every {every_minutes} min" if watch_seconds is None else f"looking for more every {watch_seconds} s"
    if settings.run.log_format == "json":
        write_logs(settings.run.log_format)
        report = log_progress()
    else:
        report = plain_lines()
        remark(f"scoring new recordings now and {often}{then}; Ctrl-C stops")
    serve_schedule(
        settings,
        config_file,
        paths,
        every_minutes=every_minutes,
        watch_seconds=watch_seconds,
        report=report,
        digests_at=digests_at.time() if digests_at else None,
        reasons_at=reasons_at.time() if reasons_at else None,
        retention_at=retention_at.time() if retention_at else None,
    )


@app.command("deploy")
def deploy(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Recordings, or folders of them, as workers see them, or addresses (s3://…).", show_default=False
        ),
    ],
) -> None:
    """Register intake, backlog, scorecards and the watch at the Prefect server that PREFECT_API_URL names.

    Its workers run them. Runs of which nothing is heard any more are marked as crashed there.
    """
    for name in deploy_flows([root_text(place_of(path)) for path in paths]):
        say(name)
    remark(f"start workers:  prefect worker start --pool {WORKERS_POOL} --limit 1")
    remark(f"                prefect worker start --pool {SITE_POOL}")


@app.command("alerts")
def alerts(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make the alerts of your Prefect server (PREFECT_API_URL), or bring them to the settings of `alerts`.

    They are sent to the address in EARMARK_ALERTS__WEBHOOK_URL; without it, Prefect only shows them.
    """
    settings = read_settings(workspace, config)
    stand = set_up_alerts(settings.alerts)
    sent = settings.alerts.webhook_url is not None
    if as_json:
        print_json({"sent": sent, "alerts": [asdict(each) for each in stand]})
        return
    rows = [[each.name, each.became, "" if each.enabled else "switched off in Prefect"] for each in stand]
    table([("alert", "left"), ("became", "left"), ("", "left")], rows)
    if not sent:
        remark("nobody is told: set EARMARK_ALERTS__WEBHOOK_URL and run this again; until then Prefect only shows them")
