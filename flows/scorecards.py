"""Write the scorecards of a workspace."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, task

from flows.runtime import current, utc_now
from pipeline import registry
from pipeline.canonical import fingerprint, to_data
from pipeline.reviewing.report_rows import report_rows
from pipeline.scorecards.report import WORKSPACE_FORMS, ScorecardReport, build_report

MADE_FROM = ".made-from"


@task(name="write scorecards")
def write_scorecards(out: str) -> bool:
    """Write every scorecard of the workspace into a folder; False where nothing has changed since.

    Where what is stored is sealed, no call is quoted: nobody asked for these files.
    """
    runtime = current()
    report = build_report(
        report_rows(runtime.store, words=runtime.settings.at_rest_key is None),
        runtime.settings.scorecards,
        generated_at=utc_now(),
        coaching=runtime.settings.coaching,
        console_url=runtime.settings.console.public_url,
    )
    folder, made_from = Path(out), _made_from(report)
    marker = folder / MADE_FROM
    if marker.is_file() and marker.read_text() == made_from and (folder / "index.html").is_file():
        return False
    marker.unlink(missing_ok=True)
    for name in WORKSPACE_FORMS:
        registry.load("scorecard format", name)(report, folder)
    marker.write_text(made_from)
    return True


@flow(name="scorecards")
def scorecards() -> None:
    """Write the workspace's scorecards: where workers process the calls, one run beside them does this for all."""
    write_scorecards(str(current().settings.reports_dir))


def _made_from(report: ScorecardReport) -> str:
    """Return the hash of what a report says, whenever it says so, and of the version that writes it."""
    version = importlib.metadata.version("earmark")
    return fingerprint("report-1", [version, to_data(replace(report, generated_at=datetime(1970, 1, 1, tzinfo=UTC)))])
