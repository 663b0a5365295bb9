"""`earmark run`: score recordings from beginning to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import listing
from app.cli.options import (
    ConfigOption,
    EngineOption,
    JsonOption,
    ModelOption,
    RubricOption,
    WorkspaceOption,
    read_settings,
)
from app.cli.progress import progress
from app.cli.show import out, print_json
from flows.batch import BatchResult, run_batch
from flows.runtime import utc_now
from pipeline.config import Settings
from pipeline.scorecards.report import build_report
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from pipeline.store.scorecard_rows import scorecard_rows


def run(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, or folders of them.", show_default=False)],
    rubric: RubricOption = None,
    engine: EngineOption = None,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take recordings in, transcribe, check and score them, and write scorecards.

    What was finished before is not done again. Files that cannot be used are listed with their reason.
    """
    settings = read_settings(
        workspace, config, score__rubric=rubric, transcribe__engine=engine, transcribe__model=model
    )
    with progress() as report:
        result = run_batch(settings, paths, report)
    if as_json:
        print_json({**{name: getattr(result, name) for name in _COUNTS}, "reports": str(result.reports)})
    else:
        _print_result(result, settings)


_COUNTS = ("taken_in", "rejected", "processed", "unchanged", "failed")


def _print_result(result: BatchResult, settings: Settings) -> None:
    store = open_store(settings.store_url)
    with store.begin() as connection:
        calls = list_calls(connection)
        rows = scorecard_rows(connection)
    store.close()
    report = build_report(rows, settings.scorecards, generated_at=utc_now())
    listing.print_calls(calls, title="Calls")
    listing.print_subjects(report.agents, title="Agents", min_calls=settings.scorecards.min_calls)
    done = f"{result.processed} processed" if result.processed else "nothing to do"
    parts = [done, f"{result.unchanged} unchanged since an earlier run" if result.unchanged else ""]
    parts += [
        f"{result.failed} failed" if result.failed else "",
        f"{result.rejected} rejected" if result.rejected else "",
    ]
    out.print(f"Calls: {', '.join(part for part in parts if part)}.", markup=False)
    if result.failed or result.rejected:
        out.print("Why some failed:  earmark calls list --status failed" + _where(settings), markup=False)
    out.print(f"Scorecards:       {result.reports / 'index.html'}", markup=False, soft_wrap=True)


def _where(settings: Settings) -> str:
    return "" if settings.workspace == Settings().workspace else f" --workspace {settings.workspace}"
