"""The report on rules as a table for spreadsheets: shares 0..1, unknown values empty."""

from __future__ import annotations

from pipeline.audit.report import AuditReport, RuleLine
from pipeline.records import Interval
from pipeline.scorecards.render.csv import Line, table

COLUMNS = (
    *("first_day", "last_day", "team", "agent_id", "rule_id", "title", "severity", "expected"),
    *("assessed", "present", "probable", "absent", "cannot_assess", "as_expected"),
    *("adherence", "adherence_low", "adherence_high", "rate", "rate_low", "rate_high", "versions"),
)


def to_csv(report: AuditReport) -> str:
    """Return one line per line of the report (RFC 4180)."""
    return table(COLUMNS, (_line(report, line) for line in report.lines))


def _line(report: AuditReport, line: RuleLine) -> Line:
    return {
        "first_day": report.first_day.isoformat() if report.first_day else None,
        "last_day": report.last_day.isoformat() if report.last_day else None,
        **{name: getattr(line, name) for name in COLUMNS if name in RuleLine.__dataclass_fields__},
        **_share("adherence", line.adherence),
        **_share("rate", line.rate),
    }


def _share(name: str, share: Interval | None) -> Line:
    if share is None:
        return {name: None}
    return {name: share.estimate, f"{name}_low": share.low, f"{name}_high": share.high}
