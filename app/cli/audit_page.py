"""Audits on a terminal: the report on rules, the log, and what a check found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.text import Text

from app.cli import show
from pipeline.audit.log import Head
from pipeline.audit.report import AuditReport, RuleLine
from pipeline.audit.verify import PackCheck, PackProblem
from pipeline.audit.wording import outcome_in_words
from pipeline.records import Interval
from pipeline.store.audit import AuditEntry
from pipeline.store.findings import RuleOutcome

EXPECTED = {"present": "required", "absent": "prohibited", "signal": "signal"}
_SHORT = 12


def print_report(report: AuditReport) -> None:
    """Print the report: what was counted, the lines, what could not be assessed and why, and rules that changed."""
    show.out.print(show.text(heading(report), "bold"))
    for remark in remarks(report):
        show.say(remark)
    if not report.lines:
        show.remark("no call of these days was judged by a rule")
        return
    rules = [line for line in report.lines if line.expected != "signal"]
    signals = [line for line in report.lines if line.expected == "signal"]
    if rules:
        _print_lines(report, rules, title="Rules")
    if signals:
        _print_lines(report, signals, title="Signals")
    if report.not_assessed:
        columns = [("Rule", "left"), ("Could not be assessed, because", "left"), ("Calls", "right")]
        rows = [(line.rule_id, line.reason, f"{line.calls:,}") for line in report.not_assessed]
        show.table(columns, rows, title="Not assessed")
    if report.versions:
        columns = [("Rule", "left"), ("Version", "left"), ("Calls", "right"), ("First call", "left"), ("Last", "left")]
        changed = [
            (
                version.rule_id,
                version.fingerprint.rpartition(":")[2][:_SHORT],
                f"{version.calls:,}",
                local(version.first_at, report.timezone),
                local(version.last_at, report.timezone),
            )
            for version in report.versions
        ]
        show.table(columns, changed, title="Rules that changed within these days: their figures mix what was asked")


def heading(report: AuditReport) -> str:
    """Return the days and what the lines are about."""
    days = {
        (False, False): "All days",
        (True, False): f"From {report.first_day}",
        (False, True): f"Up to {report.last_day}",
        (True, True): f"{report.first_day} to {report.last_day}",
    }[report.first_day is not None, report.last_day is not None]
    return f"{days} ({report.timezone}), by {report.by}"


def remarks(report: AuditReport) -> list[str]:
    """Return what was counted and what was left out."""
    left_out = []
    if report.not_scored:
        left_out.append(f"{report.not_scored:,} without a score")
    if report.without_start:
        left_out.append(f"{report.without_start:,} of unknown start are in no period")
    counted = f"{report.judged:,} of {report.calls:,} calls were judged"
    return ["; ".join([counted, *left_out]) + "."]


def share(report: AuditReport, line: RuleLine) -> tuple[str, str]:
    """Return a line's adherence or rate, and its interval; too few calls have a dash and are said to be few."""
    interval: Interval | None = line.adherence or line.rate
    if interval is None:
        return "–", f"{line.assessed} of {report.min_calls} calls" if line.assessed else "none assessed"
    return show.percent(interval.estimate), f"{show.percent(interval.low)} to {show.percent(interval.high)}"


def _print_lines(report: AuditReport, lines: Sequence[RuleLine], *, title: str) -> None:
    signals = title == "Signals"
    subject = {"rule": [], "team": [("Team", "left")], "agent": [("Agent", "left"), ("Team", "left")]}[report.by]
    columns = [*subject, ("Rule", "left"), *([] if signals else [("Expected", "left"), ("Severity", "left")])]
    columns += [("Assessed", "right"), ("Present", "right"), ("Absent", "right"), ("Cannot tell", "right")]
    columns += [("Rate" if signals else "Adherence", "right"), ("95 % interval", "left")]
    rows = []
    for line in lines:
        estimate, interval = share(report, line)
        named = {"rule": (), "team": (line.team,), "agent": (line.agent_id, line.team)}[report.by]
        present = f"{line.present:,}" + (f" ({line.probable:,} probably)" if line.probable else "")
        rule = line.rule_id + (f" *{line.versions} versions" if line.versions > 1 else "")
        kind = () if signals else (EXPECTED[line.expected], show.styled(line.severity, line.severity))
        counted = (f"{line.assessed:,}", present, f"{line.absent:,}", f"{line.cannot_assess:,}")
        few = Text(interval, style="dim") if estimate == "–" else interval
        rows.append((*(show.known(name) for name in named), rule, *kind, *counted, estimate, few))
    show.table(columns, rows, title=title)


def print_outcomes(outcomes: Sequence[RuleOutcome]) -> None:
    """Print the calls that broke a rule or could not be assessed."""
    if not outcomes:
        show.remark("no such calls")
        return
    columns = [("Call", "left"), ("Started (UTC)", "left"), ("Agent", "left"), ("Rule", "left"), ("Outcome", "left")]
    rows = [
        (
            outcome.call_id,
            show.instant(outcome.started_at),
            show.known(outcome.agent_id),
            show.styled(outcome.rule_id, outcome.severity),
            _outcome(outcome),
        )
        for outcome in outcomes
    ]
    show.table(columns, rows)


def _outcome(outcome: RuleOutcome) -> str:
    told = outcome_in_words(
        outcome.kind,
        quotes=outcome.quotes,
        stretches=outcome.stretches,
        calls=outcome.earlier_calls,
        probable=outcome.probable,
    )
    if outcome.kind == "cannot_assess":
        return f"{told}: {outcome.reason}"
    return f"{told} at {show.minutes(outcome.start_ms)}" if outcome.start_ms is not None else told


def print_log(entries: Sequence[AuditEntry], head: Head) -> None:
    """Print entries of the audit log, and its head."""
    if entries:
        columns = [("No.", "right"), ("At (UTC)", "left"), ("Who", "left"), ("Did", "left"), ("What", "left")]
        rows = [
            (
                str(entry.sequence),
                entry.at[:19].replace("T", " "),
                entry.actor,
                entry.action,
                f"{entry.subject_kind} {_shortened(entry)}".strip(),
                _details(entry.details),
            )
            for entry in entries
        ]
        show.table([*columns, ("Details", "left")], rows)
    else:
        show.remark("no such entries")
    show.say(f"head {head}")
    show.remark("Write the head down; `earmark audit verify --log --head HEAD` checks later that nothing is gone.")


def entry_data(entry: AuditEntry) -> dict[str, str | int]:
    """Return an entry as JSON data, whatever somebody put into the table."""
    fields = {name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__}
    return {name: value if isinstance(value, str | int) else repr(value) for name, value in fields.items()}


def _shortened(entry: AuditEntry) -> str:
    return f"{entry.subject_id[:_SHORT]}…" if entry.subject_kind == "pack" else entry.subject_id


def _details(text: str) -> str:
    try:
        details = json.loads(text)
    except ValueError:
        return "(damaged)"
    if not isinstance(details, dict):
        return "(damaged)"
    told = {name: value for name, value in details.items() if value not in (None, False, "", [])}
    return ", ".join(f"{name} {_told(value)}" for name, value in told.items())


def _told(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) if len(value) <= 3 else f"{len(value)} of them"
    text = str(value)
    return f"{text[:_SHORT]}…" if len(text) == 64 else text


def print_log_check(head: Head, problems: Sequence[str], notes: Sequence[str]) -> None:
    """Print what checking the log found."""
    for problem in problems:
        show.say(f"✗ {problem}")
    for note in notes:
        show.remark(f"note: {note}")
    if not problems:
        show.say(f"the audit log is whole: {head.count:,} entries, head {head}")


def print_pack_check(path: Path, found: PackCheck, problems: Sequence[PackProblem], *, expected: bool) -> None:
    """Print what checking a pack found."""
    for problem in problems:
        show.say(f"✗ {problem.path}: {problem.message}" if problem.path else f"✗ {problem.message}")
    if problems:
        show.say(f"{path}: NOT as it was made; {len(problems)} {'problem' if len(problems) == 1 else 'problems'}")
        return
    calls = f"{len(found.calls)} {'call' if len(found.calls) == 1 else 'calls'}"
    show.say(f"{path}: whole; {found.files} files, {calls}, made {found.made_at}")
    show.say(f"hash {found.hash}")
    if not expected:
        show.remark(
            "Whole means: as its own list of hashes says. Compare the hash with the one told when the pack was made "
            "(--expect HASH): whoever changes a pack can write a new list too."
        )


def local(at: datetime | None, timezone: str) -> str:
    """Return an instant in a zone to the minute; a dash where it is unknown."""
    return "–" if at is None else f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
