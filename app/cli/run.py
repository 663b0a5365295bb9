"""`earmark run`: score recordings from beginning to end."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from app.cli import listing
from app.cli.options import (
    ConfigOption,
    EngineOption,
    JsonOption,
    LogFormatOption,
    ModelOption,
    RubricOption,
    WorkspaceOption,
    has_database,
    read_settings,
)
from app.cli.progress import progress
from app.cli.show import print_json, say
from flows.batch import BatchResult, run_batch
from flows.runtime import utc_now
from pipeline.config import Settings
from pipeline.scorecards.report import build_report
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from pipeline.store.scorecard_rows import scorecard_rows

SHOWN_CALLS = 50


def run(
    paths: Annotated[
        list[str], typer.Argument(help="Recordings, or folders of them, or addresses (s3://…).", show_default=False)
    ],
    rubric: RubricOption = None,
    engine: EngineOption = None,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    log_format: LogFormatOption = None,
) -> None:
    """Take recordings in, transcribe, check and score them, and write scorecards.

    What was finished before is not done again. Files that cannot be used are listed with their reason.
    """
    settings = read_settings(
        workspace,
        config,
        score__rubric=rubric,
        transcribe__engine=engine,
        transcribe__model=model,
        run__log_format=log_format,
    )
    known = _failed_ids(settings)
    with progress(settings.run.log_format) as report:
        result = run_batch(settings, paths, report)
    if as_json:
        print_json({**{name: getattr(result, name) for name in _COUNTS}, "reports": str(result.reports)})
    else:
        _print_calls(settings, options=again(workspace, config))
        nothing_new = not result.failed and _failed_ids(settings) <= known
        say(f"Calls: {in_words(result, nothing_new=nothing_new)}.")
        if result.failed or result.rejected:
            say("Why some failed:  earmark calls list --status failed" + again(workspace, config))
        say(f"Scorecards:       {result.reports / 'index.html'}")


_COUNTS = ("taken_in", "rejected", "processed", "unchanged", "failed")


def _failed_ids(settings: Settings) -> set[str]:
    """Return the files and calls that stand as failed; none before the first run."""
    if not has_database(settings):
        return set()
    store = open_store(settings.store_url)
    with store.read() as connection:
        failed = list_calls(connection, status="failed")
    store.close()
    return {call.call_id for call in failed}


def _print_calls(settings: Settings, *, options: str) -> None:
    store = open_store(settings.store_url)
    with store.read() as connection:
        calls = list_calls(connection)
        rows = scorecard_rows(connection)
    store.close()
    report = build_report(rows, settings.scorecards, generated_at=utc_now())
    listing.print_calls(calls[-SHOWN_CALLS:], title="Calls")
    if len(calls) > SHOWN_CALLS:
        say(f"… and {len(calls) - SHOWN_CALLS} more: earmark calls list{options}\n")
    listing.print_subjects(report.agents, title="Agents", min_calls=settings.scorecards.min_calls)


def in_words(result: BatchResult, *, nothing_new: bool) -> str:
    """Return what a run did.

    Args:
        result: Its counts.
        nothing_new: Whether no call failed, and no file was rejected that was not rejected before.
    """
    parts = [f"{result.processed} processed" if result.processed or not nothing_new else "nothing to do"]
    parts += [f"{result.unchanged} unchanged since an earlier run"] if result.unchanged else []
    parts += [f"{result.failed} failed"] if result.failed else []
    parts += [f"{result.rejected} rejected"] if result.rejected else []
    return ", ".join(parts)


def again(workspace: Path | None, config: Path | None) -> str:
    """Return the options that lead another command to the same workspace."""
    given = {"--workspace": workspace, "--config": config}
    return "".join(f" {name} {shlex.quote(str(path))}" for name, path in given.items() if path is not None)
