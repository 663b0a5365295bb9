"""Write the scorecards of a workspace."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prefect import task

from flows.runtime import current, utc_now
from pipeline import registry
from pipeline.canonical import fingerprint, to_data
from pipeline.scorecards.report import ScorecardReport, build_report
from pipeline.store.scorecard_rows import scorecard_rows

MADE_FROM = ".made-from"


@task(name="write scorecards")
def write_scorecards(out: str) -> bool:
    """Write every scorecard of the workspace into a folder, in every format; False where nothing has changed since."""
    runtime = current()
    with runtime.store.read() as connection:
        rows = scorecard_rows(connection)
    report = build_report(rows, runtime.settings.scorecards, generated_at=utc_now())
    folder, made_from = Path(out), _made_from(report)
    marker = folder / MADE_FROM
    if marker.is_file() and marker.read_text() == made_from and (folder / "index.html").is_file():
        return False
    marker.unlink(missing_ok=True)
    for name in registry.names("scorecard format"):
        registry.load("scorecard format", name)(report, folder)
    marker.write_text(made_from)
    return True


def _made_from(report: ScorecardReport) -> str:
    """Return the hash of what a report says, whenever it says so, and of the version that writes it."""
    version = importlib.metadata.version("earmark")
    return fingerprint("report-1", [version, to_data(replace(report, generated_at=datetime(1970, 1, 1, tzinfo=UTC)))])
