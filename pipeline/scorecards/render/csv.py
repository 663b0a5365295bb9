"""The report as CSV tables for spreadsheets: shares 0..1, times in the report's zone, unknown values empty."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.records import (
    CallToHear,
    CorrectedMean,
    CriterionSummary,
    Interval,
    MeasureComparison,
    PooledFigure,
    ReviewedFigures,
    Scorecard,
    Standing,
    SubjectSummary,
)
from pipeline.scorecards import words
from pipeline.scorecards.render.files import is_file, write_files
from pipeline.scorecards.report import ScorecardReport

Cell = str | int | float | bool | date | datetime | None
Line = Mapping[str, Cell]

_MEAN = ("mean_share", "mean_share_low", "mean_share_high")
_PASS_RATE = ("pass_rate", "pass_rate_low", "pass_rate_high")
_SUBJECT = ("subject_kind", "subject", "team", "period", "first_day", "last_day")
_RUBRIC = ("rubric_id", "rubric_version", "rubric_fingerprint")
_SAMPLE = ("calls_scored", "excluded", "enough_calls")
_EVENTS = ("auto_fails", "critical_errors", "flagged", "customer_sentiment")
_STANDING = ("standing_group", "standing_groups")
_REVIEWED = ("reviewed_calls", "reviewed_machine_mean_share", "reviewed_mean_share")
_POOLED = ("pooled_mean_share", "pooled_mean_share_low", "pooled_mean_share_high", "pooled_mean_share_own_weight")
_POOLED_RATE = ("pooled_pass_rate", "pooled_pass_rate_low", "pooled_pass_rate_high", "pooled_pass_rate_own_weight")
_CORRECTED = (
    *("corrected_mean_share", "corrected_mean_share_low", "corrected_mean_share_high"),
    *("people_less_machine", "people_less_machine_low", "people_less_machine_high"),
    *("random_reviews", "random_reviews_missing"),
)
_CHANGE = ("change", "change_low", "change_high")
_PEERS = (*_STANDING, *_REVIEWED, *_POOLED, *_POOLED_RATE, *_CORRECTED)
_COUNTS = ("passed", "partial", "failed", "not_applicable", "cannot_assess")
_CALL = ("call_id", "started_at", "agent_id", "team", "queue", "share", "raw_share", "severity")
_FLAG = ("flag_code", "flag_severity", "reason", "quote", "quote_start_ms", "quote_end_ms", "media_uri")

SUBJECTS = (*_SUBJECT, "calls", *_SAMPLE, *_MEAN, *_PASS_RATE, *_EVENTS, "rubrics", *_PEERS, "only")
SCORECARDS = (*_SUBJECT, *_RUBRIC, *_SAMPLE, *_MEAN, *_PASS_RATE, *_EVENTS, *_PEERS, "only")
CRITERIA = (
    *("subject_kind", "subject", "period", *_RUBRIC, "criterion_id", "section_id", "title", "critical"),
    *(*_COUNTS, *_PASS_RATE, "points_share", *_CHANGE),
)
MEASURES = (
    *("subject_kind", "subject", "period", "measure", "value", "calls", "peers_value", "peers_calls", "peers"),
    *("difference", "difference_low", "difference_high"),
)
CALLS_TO_HEAR = ("subject_kind", "subject", "period", *_RUBRIC, *_CALL, *_FLAG)


def write(report: ScorecardReport, out: Path) -> list[Path]:
    """Write the report as CSV (RFC 4180, UTF-8).

    Args:
        report: What to write.
        out: A file name ending in ``.csv``, which gets one line per scorecard; or a folder, which also gets the
            overall figures of agents, teams and queues, the criteria, the measures beside those of peers, and the
            calls to hear with one line per quote.

    Returns:
        The paths written.

    Raises:
        ReportError: A file cannot be written.
    """
    if is_file(out, ".csv"):
        return write_files({out: table(SCORECARDS, lines_of(report)["scorecards"])})
    lines = lines_of(report)
    return write_files({out / f"{name}.csv": table(columns, lines[name]) for name, columns in TABLES.items()})


TABLES = {
    "subjects": SUBJECTS,
    "scorecards": SCORECARDS,
    "criteria": CRITERIA,
    "measures": MEASURES,
    "calls_to_hear": CALLS_TO_HEAR,
}


def lines_of(report: ScorecardReport) -> dict[str, Iterable[Line]]:
    """Return the lines of each of the `TABLES` of a report; times are in the report's zone."""
    cards, zone = report.scorecards, ZoneInfo(report.timezone)
    only = {"only": words.only(report.only) or None}
    return {
        "subjects": ({**_subject(summary), **only} for summary in report.subjects),
        "scorecards": ({**_figures(card), **_rubric(card), **only} for card in cards),
        "criteria": (_criterion(card, c) for card in cards for c in card.criteria),
        "measures": (_measure(summary, each) for summary in report.subjects for each in summary.measures),
        "calls_to_hear": (line for card in cards for call in card.calls_to_hear for line in _call(card, call, zone)),
    }


def table(columns: Sequence[str], lines: Iterable[Line]) -> str:
    """Return lines as CSV: unknown cells empty, and none that a spreadsheet would run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(line.get(column)) for column in columns] for line in lines)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs as a formula (OWASP: CSV injection); numbers stay numbers."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell.lstrip().startswith(("=", "+", "-", "@")):
        return "'" + cell
    if isinstance(cell, str) and cell.startswith(("\t", "\r", "\n")):
        return "'" + cell
    return cell


def _interval(name: str, interval: Interval | None) -> Line:
    if interval is None:
        return {}
    return {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _figures(subject: Scorecard | SubjectSummary) -> Line:
    return {
        **_interval("mean_share", subject.mean_share),
        **_interval("pass_rate", subject.pass_rate),
        "subject_kind": subject.subject_kind,
        "subject": subject.subject,
        "team": subject.team,
        "period": subject.period.label,
        "first_day": subject.period.first,
        "last_day": subject.period.last,
        "calls_scored": subject.calls_scored,
        "excluded": "; ".join(f"{n} {reason}" for reason, n in subject.excluded.items()),
        "enough_calls": subject.enough_calls,
        "auto_fails": subject.auto_fails,
        "critical_errors": subject.critical_errors,
        "flagged": subject.flagged,
        "customer_sentiment": subject.customer_sentiment,
        **_standing(subject.standing),
        **_reviewed(subject.reviewed),
        **_pooled("pooled_mean_share", subject.pooled_mean),
        **_pooled("pooled_pass_rate", subject.pooled_pass_rate),
        **_corrected(subject.corrected),
    }


def _standing(standing: Standing | None) -> Line:
    """Return the group, and nothing where there is only one: in a column of numbers a lone 1 would read as a rank."""
    if standing is None or standing.groups == 1:
        return {}
    return {"standing_group": standing.group, "standing_groups": standing.groups}


def _reviewed(reviewed: ReviewedFigures | None) -> Line:
    if reviewed is None:
        return {"reviewed_calls": 0}
    return {
        "reviewed_calls": reviewed.calls,
        "reviewed_machine_mean_share": reviewed.machine_mean_share.estimate,
        "reviewed_mean_share": reviewed.mean_share.estimate,
    }


def _pooled(name: str, pooled: PooledFigure | None) -> Line:
    if pooled is None:
        return {}
    return {**_interval(name, pooled.figure), f"{name}_own_weight": pooled.own_weight}


def _corrected(corrected: CorrectedMean | None) -> Line:
    if corrected is None:
        return {}
    return {
        **_interval("corrected_mean_share", corrected.mean_share),
        **_interval("people_less_machine", corrected.bias),
        "random_reviews": corrected.pairs,
        "random_reviews_missing": corrected.missing,
    }


def _measure(summary: SubjectSummary, compared: MeasureComparison) -> Line:
    return {
        **_interval("difference", compared.difference),
        "subject_kind": summary.subject_kind,
        "subject": summary.subject,
        "period": summary.period.label,
        "measure": compared.measure,
        "value": compared.value,
        "calls": compared.calls,
        "peers_value": compared.peers_value,
        "peers_calls": compared.peers_calls,
        "peers": compared.peers,
    }


def _subject(summary: SubjectSummary) -> Line:
    return {**_figures(summary), "calls": summary.calls, "rubrics": "; ".join(summary.rubric_ids)}


def _rubric(card: Scorecard) -> Line:
    return {
        "subject_kind": card.subject_kind,
        "subject": card.subject,
        "period": card.period.label,
        "rubric_id": card.rubric_id,
        "rubric_version": card.rubric_version,
        "rubric_fingerprint": card.rubric_fingerprint,
    }


def _criterion(card: Scorecard, criterion: CriterionSummary) -> Line:
    return {
        **_rubric(card),
        **_interval("pass_rate", criterion.pass_rate),
        **_interval("change", criterion.change),
        "criterion_id": criterion.criterion_id,
        "section_id": criterion.section_id,
        "title": criterion.title,
        "critical": criterion.critical,
        "passed": criterion.passed,
        "partial": criterion.partial,
        "failed": criterion.failed,
        "not_applicable": criterion.not_applicable,
        "cannot_assess": criterion.cannot_assess,
        "points_share": criterion.points_share,
    }


def _call(card: Scorecard, call: CallToHear, zone: ZoneInfo) -> Iterable[Line]:
    """Return one line per quote, and one for a flag without any."""
    for flag in call.flags:
        for quote in flag.evidence or (None,):
            yield {
                **_rubric(card),
                "call_id": call.call_id,
                "started_at": _local(call.started_at, zone),
                "agent_id": call.agent_id,
                "team": call.team,
                "queue": call.queue,
                "share": call.share,
                "raw_share": call.raw_share,
                "severity": call.severity.value if call.severity else None,
                "flag_code": flag.code,
                "flag_severity": flag.severity.value,
                "reason": flag.reason,
                "quote": quote.quote if quote else None,
                "quote_start_ms": quote.start_ms if quote else None,
                "quote_end_ms": quote.end_ms if quote else None,
                "media_uri": call.media_uri,
            }


def _local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    return instant.astimezone(zone) if instant else None
