"""Bonus inputs as a table for payroll: CSV or a workbook, in which nothing that somebody is called is a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipeline.digests.bonus import BonusLine
from pipeline.errors import ConfigError
from pipeline.records import Interval
from pipeline.scorecards.render.csv import Cell, table
from pipeline.scorecards.render.files import write_files
from pipeline.scorecards.render.xlsx import Column, fill_sheet

_SHARE = "0.0%"
COLUMNS: tuple[tuple[str, Column], ...] = (
    ("agent", Column(title="Agent", width=22)),
    ("team", Column(title="Team", width=16)),
    ("month", Column(title="Month", width=10)),
    ("calls", Column(title="Calls", width=8)),
    ("calls_scored", Column(title="Scored", width=8)),
    ("enough_calls", Column(title="Enough to judge", width=10)),
    ("mean_share", Column(title="Mean score", width=11, form=_SHARE)),
    ("mean_share_low", Column(title="Mean score, from", width=11, form=_SHARE)),
    ("mean_share_high", Column(title="Mean score, to", width=11, form=_SHARE)),
    ("mean_in_force", Column(title="Mean with people's answers", width=13, form=_SHARE)),
    ("mean_in_force_low", Column(title="Mean with people's answers, from", width=13, form=_SHARE)),
    ("mean_in_force_high", Column(title="Mean with people's answers, to", width=13, form=_SHARE)),
    ("pass_rate", Column(title="Pass rate", width=11, form=_SHARE)),
    ("pass_rate_low", Column(title="Pass rate, from", width=11, form=_SHARE)),
    ("pass_rate_high", Column(title="Pass rate, to", width=11, form=_SHARE)),
    ("critical_errors", Column(title="Calls with a critical error", width=11)),
    ("auto_fails", Column(title="Auto-fails", width=10)),
    ("calls_reviewed", Column(title="Calls reviewed by people", width=11)),
    ("reviewed_share", Column(title="Reviewed by people", width=11, form=_SHARE)),
    ("disputes_open", Column(title="Calls in dispute", width=10)),
    ("calls_pending", Column(title="Calls not scored yet", width=10)),
    ("final", Column(title="Final", width=8)),
    ("rubrics", Column(title="Rubrics and versions", width=30)),
)


def write_bonus(lines: Sequence[BonusLine], out: Path, *, made_at: datetime) -> list[Path]:
    """Write bonus inputs, whole or not at all, and return the path.

    Args:
        lines: One for each agent.
        out: A name that ends in ``.csv`` or ``.xlsx``.
        made_at: When; aware UTC.

    Raises:
        ConfigError: The name ends otherwise.
        ReportError: It cannot be written.
    """
    require_form(out)
    cells = [_cells(line) for line in lines]
    if out.suffix.lower() == ".csv":
        return write_files({out: table([name for name, _ in COLUMNS], cells)})
    return write_files({out: _workbook(cells, made_at)})


def require_form(out: Path) -> None:
    """Refuse a name that does not say which form the file has.

    Raises:
        ConfigError: It ends in neither ``.csv`` nor ``.xlsx``.
    """
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise ConfigError(f"{out.name}: must end in .csv or .xlsx")


def _cells(line: BonusLine) -> Mapping[str, Cell]:
    return {
        "agent": line.agent_id,
        "team": line.team,
        "month": line.month,
        "calls": line.calls,
        "calls_scored": line.calls_scored,
        "enough_calls": line.enough_calls,
        **_interval("mean_share", line.mean_share),
        **_interval("mean_in_force", line.mean_in_force),
        **_interval("pass_rate", line.pass_rate),
        "critical_errors": line.critical_errors,
        "auto_fails": line.auto_fails,
        "calls_reviewed": line.calls_reviewed,
        "reviewed_share": line.reviewed_share,
        "disputes_open": line.disputes_open,
        "calls_pending": line.calls_pending,
        "final": line.final,
        "rubrics": "; ".join(line.rubrics),
    }


def _interval(name: str, interval: Interval | None) -> Mapping[str, Cell]:
    if interval is None:
        return {}
    return {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _workbook(cells: Sequence[Mapping[str, Cell]], made_at: datetime) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - only for this format

    workbook = Workbook()
    for sheet in list(workbook):
        workbook.remove(sheet)
    lines = ([line.get(name) for name, _ in COLUMNS] for line in cells)
    fill_sheet(workbook.create_sheet("Bonus inputs"), [column for _, column in COLUMNS], lines)
    workbook.properties.title = "Bonus inputs"
    workbook.properties.creator = "Earmark"
    workbook.properties.created = made_at.replace(tzinfo=None)
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()
