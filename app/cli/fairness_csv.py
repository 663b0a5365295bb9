"""The fairness report as a table for spreadsheets: one line per group, shares 0..1, unknown values empty."""

from __future__ import annotations

from pipeline.fairness.figures import FairnessReport, FieldFigures, GroupFigures
from pipeline.records import Interval
from pipeline.scorecards.render.csv import Line, table

_PLAIN = ("group", "calls", "without_total", "agents", "passed", "auto_failed")
_SHARES = ("pass_rate", "fail_rate", "auto_fail_rate", "score", "cannot_assess", "confidence", "ratio")
COLUMNS = (
    *("first_day", "last_day", "fields", *_PLAIN),
    *(name + end for name in _SHARES for end in ("", "_low", "_high")),
    *("chance", "verdict", "confidence_chance", "heard_worse", "tested_over"),
)


def to_csv(report: FairnessReport) -> str:
    """Return one line per group that is shown (RFC 4180)."""
    return table(COLUMNS, (_line(report, by, group) for by in report.fields for group in by.groups))


def _line(report: FairnessReport, by: FieldFigures, group: GroupFigures) -> Line:
    return {
        "first_day": report.first_day.isoformat() if report.first_day else None,
        "last_day": report.last_day.isoformat() if report.last_day else None,
        "fields": "+".join(by.fields),
        **{name: getattr(group, name) for name in _PLAIN},
        **{key: value for name in _SHARES for key, value in _share(name, getattr(group, name)).items()},
        "chance": group.chance,
        "verdict": group.verdict.value if group.verdict else None,
        "confidence_chance": group.confidence_chance,
        "heard_worse": group.heard_worse,
        "tested_over": "agents" if by.whole_agents else "calls",
    }


def _share(name: str, share: Interval | None) -> dict[str, float | None]:
    if share is None:
        return {name: None}
    return {name: share.estimate, f"{name}_low": share.low, f"{name}_high": share.high}
