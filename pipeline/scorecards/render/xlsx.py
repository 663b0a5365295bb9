"""The report as a workbook for spreadsheets: figures, criteria and calls, with cells that are numbers, days and times.

Nothing that an agent is called, or that was said in a call, is ever a formula: such cells are text, and stay text when
somebody edits them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.records import CallToHear, CriterionSummary, Interval, Scorecard, SubjectSummary
from pipeline.scorecards import words
from pipeline.scorecards.beside import measure_lines
from pipeline.scorecards.links import call_url
from pipeline.scorecards.measures import MEASURES, Unit
from pipeline.scorecards.render.files import is_file, write_files
from pipeline.scorecards.report import ScorecardReport

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | bool | date | datetime | None

_SHARE, _POINTS, _DAY, _TIME, _NUMBER = "0%", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "0.000"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML may hold them
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*<")
_UNITS: dict[Unit, str] = {
    "share": "share, 0 to 1",
    "seconds": "seconds",
    "per_minute": "a minute",
    "times": "times",
    "sentiment": "-1 to 1",
}
_MOST_CHARACTERS = 32_767  # of a cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a sheet: its heading, how wide it is in characters, and how its numbers look."""

    title: str
    width: int
    form: str | None = None


def _interval_columns(what: str, form: str = _SHARE) -> tuple[Column, ...]:
    return (
        Column(title=what, width=11, form=form),
        Column(title=f"{what}, from", width=11, form=form),
        Column(title=f"{what}, to", width=11, form=form),
    )


_SUBJECT = (Column(title="Of", width=8), Column(title="Name", width=22))
_RUBRIC = (Column(title="Period", width=10), Column(title="Rubric", width=20), Column(title="Version", width=8))

SUMMARY = (
    *_SUBJECT,
    *(Column(title="Team", width=16), Column(title="Period", width=10)),
    *(Column(title="First day", width=12, form=_DAY), Column(title="Last day", width=12, form=_DAY)),
    *(Column(title="Calls", width=8), Column(title="Counted", width=9), Column(title="Not counted", width=28)),
    Column(title="Enough to judge", width=10),
    *_interval_columns("Mean score"),
    *_interval_columns("Pass rate"),
    *(Column(title="Flagged", width=9), Column(title="Auto-fails", width=10)),
    *(Column(title="Critical errors", width=10), Column(title="Customer sentiment, -1 to 1", width=12, form="0.00")),
    Column(title="Calls reviewed", width=10),
    *(Column(title="Machine's mean of these", width=12, form=_SHARE),),
    *(Column(title="Mean with people's answers", width=12, form=_SHARE),),
    *_interval_columns("Mean corrected by people"),
    *_interval_columns("People's scores less the machine's", form=_POINTS),
    *(Column(title="Random calls reviewed", width=10), Column(title="More needed", width=9)),
    *_interval_columns("Mean drawn toward the peers"),
    Column(title="Weight of own calls", width=10, form=_SHARE),
    *_interval_columns("Pass rate drawn toward the peers"),
    *(Column(title="Group", width=8), Column(title="Groups", width=8), Column(title="Rubrics", width=30)),
    Column(title="Only", width=30),
)
MEASURED = (
    *(*_SUBJECT, Column(title="Period", width=10), Column(title="Measure", width=38), Column(title="Unit", width=12)),
    *(Column(title="Calls", width=8), Column(title="Own", width=10, form=_NUMBER)),
    *(Column(title="Others", width=10, form=_NUMBER), Column(title="Others' calls", width=10)),
    *(Column(title="Other subjects", width=10), Column(title="Difference", width=11, form=_NUMBER)),
    *(Column(title="Difference, from", width=11, form=_NUMBER), Column(title="Difference, to", width=11, form=_NUMBER)),
    Column(title="In words", width=20),
)
CRITERIA = (
    *(*_SUBJECT, *_RUBRIC, Column(title="Section", width=16), Column(title="Criterion", width=42)),
    Column(title="Critical", width=9),
    *(Column(title=title, width=10) for title in ("Passed", "Partly", "Failed", "Not applicable", "Cannot tell")),
    *_interval_columns("Pass rate"),
    Column(title="Share of points", width=10, form=_SHARE),
    *_interval_columns("Change, later against earlier half"),
)
CALLS = (
    *(*_SUBJECT, *_RUBRIC, Column(title="Why named", width=14), Column(title="Call", width=20)),
    Column(title="Begun", width=17, form=_TIME),
    *(Column(title="Agent", width=18), Column(title="Queue", width=16)),
    *(Column(title="Score", width=8, form=_SHARE), Column(title="Before auto-fail", width=10, form=_SHARE)),
    *(Column(title="Severity", width=10), Column(title="Reason", width=60)),
    *(Column(title="Words", width=60), Column(title="At, seconds", width=10, form="0.0")),
    Column(title="Hear it", width=40),
)


def write(report: ScorecardReport, out: Path) -> list[Path]:
    """Write the report as one workbook with the sheets Summary, Measures, Criteria and Calls.

    Args:
        report: What to write.
        out: A file name ending in ``.xlsx``, or a folder, which gets ``scorecards.xlsx``.

    Returns:
        The one path written.

    Raises:
        ReportError: It cannot be written.
    """
    return write_files({out if is_file(out, ".xlsx") else out / "scorecards.xlsx": xlsx_of(report)})


def xlsx_of(report: ScorecardReport) -> bytes:
    """Return the report as the bytes of a workbook."""
    from openpyxl import Workbook  # noqa: PLC0415 - only for this format

    workbook = Workbook()
    for sheet in list(workbook):
        workbook.remove(sheet)
    zone = ZoneInfo(report.timezone)
    cards, summaries = report.scorecards, report.subjects
    sheets: tuple[tuple[str, Sequence[Column], Iterable[Sequence[Cell]]], ...] = (
        ("Summary", SUMMARY, ((*_summary(each), words.only(report.only) or None) for each in summaries)),
        ("Measures", MEASURED, (line for summary in summaries for line in _measures(summary))),
        ("Criteria", CRITERIA, (_criterion(card, each) for card in cards for each in card.criteria)),
        ("Calls", CALLS, (line for card in cards for line in _calls(card, zone, report.console_url))),
    )
    for title, columns, lines in sheets:
        fill_sheet(workbook.create_sheet(title), columns, lines)
    workbook.properties.title = _text(report.title)
    workbook.properties.creator = "Earmark"
    workbook.properties.created = report.generated_at.replace(tzinfo=None)
    saved = io.BytesIO()
    workbook.save(saved)
    return _repeatable(saved, report.generated_at)


def _repeatable(saved: io.BytesIO, at: datetime) -> bytes:
    """Return a workbook that says when its report was made, where openpyxl wrote when it was saved."""
    made = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "docProps/core.xml":
                content = _MODIFIED.sub(f"\\g<1>{at:%Y-%m-%dT%H:%M:%SZ}<".encode(), content)
            named = zipfile.ZipInfo(part.filename)  # of 1980: the time of no part matters
            named.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(named, content)
    return made.getvalue()


def fill_sheet(sheet: Worksheet, columns: Sequence[Column], lines: Iterable[Sequence[Cell]]) -> None:
    """Write a heading and lines into an empty sheet; text is never a formula."""
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for number, column in enumerate(columns, start=1):
        head = sheet.cell(row=1, column=number, value=column.title)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="E3E8EB")
        head.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for row, line in enumerate(lines, start=2):
        for number, (column, value) in enumerate(zip(columns, line, strict=True), start=1):
            _put(sheet, row, number, value, column)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions


def _put(sheet: Worksheet, row: int, number: int, value: Cell, column: Column) -> None:
    if value is None:
        return
    cell = sheet.cell(row=row, column=number)
    if isinstance(value, str):
        cell.value = _text(value)
        cell.data_type = "s"  # openpyxl takes "=..." for a formula
        cell.quotePrefix = value.lstrip()[:1] in ("=", "+", "-", "@")  # and so would whoever edits the cell
    else:
        cell.value = value
        if column.form is not None:
            cell.number_format = column.form


def _text(value: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)[:_MOST_CHARACTERS]


def _of(interval: Interval | None) -> tuple[Cell, Cell, Cell]:
    return (None, None, None) if interval is None else (interval.estimate, interval.low, interval.high)


def _summary(summary: SubjectSummary) -> Sequence[Cell]:
    reviewed, standing, corrected = summary.reviewed, summary.standing, summary.corrected
    told = standing if standing is not None and standing.groups > 1 else None  # a lone 1 would read as a rank
    return (
        *(summary.subject_kind, summary.subject, summary.team, summary.period.label),
        *(summary.period.first, summary.period.last, summary.calls, summary.calls_scored),
        "; ".join(f"{n} {reason}" for reason, n in summary.excluded.items()) or None,
        summary.enough_calls,
        *(*_of(summary.mean_share), *_of(summary.pass_rate)),
        *(summary.flagged, summary.auto_fails, summary.critical_errors, summary.customer_sentiment),
        reviewed.calls if reviewed else 0,
        reviewed.machine_mean_share.estimate if reviewed else None,
        reviewed.mean_share.estimate if reviewed else None,
        *_of(corrected.mean_share if corrected else None),
        *_of(corrected.bias if corrected else None),
        *((corrected.pairs, corrected.missing) if corrected else (None, None)),
        *_of(summary.pooled_mean.figure if summary.pooled_mean else None),
        summary.pooled_mean.own_weight if summary.pooled_mean else None,
        *_of(summary.pooled_pass_rate.figure if summary.pooled_pass_rate else None),
        *((told.group, told.groups) if told else (None, None)),
        "; ".join(summary.rubric_ids),
    )


def _card(card: Scorecard) -> tuple[Cell, ...]:
    return card.subject_kind, card.subject, card.period.label, card.rubric_id, card.rubric_version


def _criterion(card: Scorecard, criterion: CriterionSummary) -> Sequence[Cell]:
    return (
        *_card(card),
        *(criterion.section_id, criterion.title, criterion.critical),
        *(criterion.passed, criterion.partial, criterion.failed, criterion.not_applicable, criterion.cannot_assess),
        *_of(criterion.pass_rate),
        criterion.points_share,
        *_of(criterion.change),
    )


def _measures(summary: SubjectSummary) -> Iterable[Sequence[Cell]]:
    """Return one line per measure; numbers are as in the records, sentiment -1 to 1."""
    for each, told in zip(summary.measures, measure_lines(summary), strict=True):
        yield (
            *(summary.subject_kind, summary.subject, summary.period.label, told.title),
            *(_UNITS[MEASURES[each.measure].unit], each.calls, each.value, each.peers_value),
            *(each.peers_calls, each.peers, *_of(each.difference), told.verdict),
        )


def _calls(card: Scorecard, zone: ZoneInfo, console_url: str | None) -> Iterable[Sequence[Cell]]:
    """Return one line per quote, and one for a flag or a good example without any."""
    for call in card.calls_to_hear:
        for flag in call.flags:
            for quote in flag.evidence or (None,):
                said = (quote.quote, quote.start_ms / 1000) if quote else (None, None)
                url = call_url(console_url, call.call_id, quote.start_ms if quote else None)
                yield (*_card(card), "to hear", *_call(call, zone), flag.severity.value, flag.reason, *said, url)
    for call in card.best_calls:
        url = call_url(console_url, call.call_id)
        yield (*_card(card), "good example", *_call(call, zone), None, call.note, None, None, url)


def _call(call: CallToHear, zone: ZoneInfo) -> tuple[Cell, ...]:
    begun = call.started_at.astimezone(zone).replace(tzinfo=None) if call.started_at else None  # Excel knows no zones
    return call.call_id, begun, call.agent_id, call.queue, call.share, call.raw_share
