"""Write the scorecards of a workspace."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from flows.runtime import current, utc_now
from pipeline import registry
from pipeline.scorecards.report import build_report
from pipeline.store.scorecard_rows import scorecard_rows

FORMATS = ("html", "csv", "json")


@task(name="write scorecards")
def write_scorecards(out: str) -> list[str]:
    """Write every scorecard of the workspace into a folder, in every format, and return the files' paths."""
    runtime = current()
    with runtime.store.begin() as connection:
        rows = scorecard_rows(connection)
    report = build_report(rows, runtime.settings.scorecards, generated_at=utc_now())
    written: list[Path] = []
    for name in FORMATS:
        written += registry.load("scorecard format", name)(report, Path(out))
    return [str(path) for path in written]
