"""The report as JSON: the records as they are, shares 0..1, instants in UTC, keys in a stable order."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.canonical import to_data
from pipeline.scorecards.render.files import is_file, write_files
from pipeline.scorecards.report import ScorecardReport

SCHEMA = "earmark-scorecards-1"


def write(report: ScorecardReport, out: Path) -> list[Path]:
    """Write the report as one JSON file.

    Args:
        report: What to write.
        out: A file name ending in ``.json``, or a folder, which gets ``scorecards.json``.

    Returns:
        The one path written.

    Raises:
        ReportError: It cannot be written.
    """
    data = {"schema": SCHEMA, **to_data(report)}
    text = json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return write_files({out if is_file(out, ".json") else out / "scorecards.json": text})
