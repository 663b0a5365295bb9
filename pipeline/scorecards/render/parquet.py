"""The report as Parquet tables: the columns of CSV, typed. Shares 0..1, instants in the report's zone, unknown null."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.scorecards.render.csv import SCORECARDS, TABLES, Line, lines_of
from pipeline.scorecards.render.files import is_file, write_files
from pipeline.scorecards.report import ScorecardReport

_DAYS = ("first_day", "last_day")
_INSTANTS = ("started_at",)
_FLAGS = ("enough_calls", "critical")
_COUNTS = (
    *("rubric_version", "calls", "calls_scored", "auto_fails", "critical_errors", "flagged", "reviewed_calls"),
    *("standing_group", "standing_groups", "random_reviews", "random_reviews_missing", "peers", "peers_calls"),
    *("passed", "partial", "failed", "not_applicable", "cannot_assess", "quote_start_ms", "quote_end_ms"),
)
_TEXTS = (
    *("subject_kind", "subject", "team", "period", "excluded", "rubrics", "rubric_id", "rubric_fingerprint"),
    *("criterion_id", "section_id", "title", "measure", "call_id", "agent_id", "queue", "severity"),
    *("flag_code", "flag_severity", "reason", "quote", "media_uri", "only"),
)


def write(report: ScorecardReport, out: Path) -> list[Path]:
    """Write the report as Parquet, for notebooks and databases.

    Args:
        report: What to write.
        out: A file name ending in ``.parquet``, which gets one line per scorecard; or a folder, which gets the tables
            that CSV has.

    Returns:
        The paths written.

    Raises:
        ReportError: A file cannot be written.
    """
    lines = lines_of(report)
    if is_file(out, ".parquet"):
        return write_files({out: _parquet(SCORECARDS, lines["scorecards"], report.timezone)})
    return write_files(
        {out / f"{name}.parquet": _parquet(columns, lines[name], report.timezone) for name, columns in TABLES.items()}
    )


def _parquet(columns: Sequence[str], lines: Iterable[Line], timezone: str) -> bytes:
    import pandas as pd  # noqa: PLC0415 - only for this format, likewise pyarrow
    import pyarrow as pa  # noqa: PLC0415

    types = {
        **dict.fromkeys(_DAYS, pa.date32()),
        **dict.fromkeys(_INSTANTS, pa.timestamp("us", tz=timezone)),
        **dict.fromkeys(_FLAGS, pa.bool_()),
        **dict.fromkeys(_COUNTS, pa.int64()),
        **dict.fromkeys(_TEXTS, pa.string()),
    }
    # A column of nothing but None has its type all the same: tables of two months can be put together.
    schema = pa.schema([(column, types.get(column, pa.float64())) for column in columns])
    rows = [[line.get(column) for column in columns] for line in lines]
    table = pd.DataFrame(rows, columns=list(columns), dtype="object")
    made = io.BytesIO()
    table.to_parquet(made, engine="pyarrow", index=False, schema=schema)
    return made.getvalue()
