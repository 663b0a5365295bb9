"""Targets beside what was reached: met, missed, or not to be told yet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config import ScorecardSettings
from pipeline.digests.digest import BudgetLine
from pipeline.digests.periods import DigestPeriod
from pipeline.errors import AuthoredFileError, Problem, did_you_mean
from pipeline.records import Interval, SubjectKind, SubjectSummary
from pipeline.scorecards.build import summaries_of
from pipeline.scorecards.selection import select
from pipeline.scorecards.statistics import wilson
from pipeline.scorecards.words import count
from pipeline.store.scorecard_rows import ScorecardRows

SUBJECTS: tuple[SubjectKind, ...] = ("team", "agent", "queue")
FIGURES = ("mean_share", "pass_rate", "critical_error_share", "calls_scored")
COLUMNS = (*SUBJECTS, "month", "figure", "value")
MET, MISSED, OPEN = "met", "missed", "cannot be told yet"

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CALLS = re.compile(r"[0-9]{1,12}")  # not 1,200 or 1.200: is that a thousand, or one?
_SHARE = re.compile(r"(?P<number>[0-9]*[.,]?[0-9]+)\s*(?P<percent>%?)")
_MOST_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One line of the table: a share 0..1, or a number of calls for ``calls_scored``."""

    subject_kind: SubjectKind
    subject: str
    month: str
    figure: str
    value: float


def read_targets(file: Path) -> tuple[Target, ...]:
    """Return the targets of a CSV table (UTF-8; a comma, semicolon or tab between cells).

    Its columns are ``team``, ``agent``, ``queue`` (one of them filled), ``month``, ``figure`` and ``value``; a share is
    written ``85%`` or ``0.85``.

    Raises:
        AuthoredFileError: Something in it cannot be read; all problems at once, with their lines.
    """

    def refused(message: str) -> AuthoredFileError:
        return AuthoredFileError(str(file), [Problem(code="budget", message=message)])

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise refused(f"the table of targets cannot be read ({error.strerror})") from None
    if len(raw) > _MOST_BYTES:
        raise refused("the table of targets is larger than 10 MB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused("the file is not UTF-8 text; save it as CSV UTF-8") from None
    heading = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        named = [(name or "").strip().casefold() for name in reader.fieldnames or ()]
        lines = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise refused(f"no CSV table: {error}") from None
    missing = [name for name in ("month", "figure", "value") if name not in named]
    unknown = [name for name in named if name not in COLUMNS]
    if missing or unknown or not set(SUBJECTS) & set(named):
        raise refused(f"the columns are to be: {', '.join(COLUMNS)} (of team, agent and queue those that are used)")
    reader_names = dict(zip(reader.fieldnames or (), named, strict=True))
    targets, problems = _targets(lines, reader_names)
    if problems:
        raise AuthoredFileError(str(file), problems)
    return targets


def _targets(
    lines: Sequence[tuple[int, Mapping[Any, Any]]], names: Mapping[str, str]
) -> tuple[tuple[Target, ...], list[Problem]]:
    targets: dict[tuple[str, str, str, str], Target] = {}
    problems = []
    for number, row in lines:
        cells = {names[name]: (value or "").strip() for name, value in row.items() if name in names}
        try:
            if None in row:
                raise ValueError("there are more cells than columns; put text with a comma in double quotes")
            if not any(cells.values()):
                continue
            target = _target(cells)
            key = (target.subject_kind, target.subject, target.month, target.figure)
            if key in targets:
                raise ValueError(f"{target.figure} of {target.subject} in {target.month} stands here a second time")
            targets[key] = target
        except ValueError as error:
            problems.append(Problem(code="budget", message=str(error), line=number))
    return tuple(targets.values()), problems


def _target(cells: Mapping[str, str]) -> Target:
    given: list[SubjectKind] = [kind for kind in SUBJECTS if cells.get(kind)]
    if len(given) != 1:
        raise ValueError("fill one of team, agent and queue")
    if not _MONTH.fullmatch(cells.get("month", "")):
        raise ValueError(f"month {cells.get('month', '')!r}: write it as 2026-10")
    figure = cells.get("figure", "").casefold()
    if figure not in FIGURES:
        raise ValueError(f"figure {figure!r}{did_you_mean(figure, FIGURES)}: choose one of {', '.join(FIGURES)}")
    return Target(
        subject_kind=given[0],
        subject=cells[given[0]],
        month=cells["month"],
        figure=figure,
        value=_value(cells.get("value", ""), figure),
    )


def _value(written: str, figure: str) -> float:
    if figure == "calls_scored":
        if not _CALLS.fullmatch(written):
            raise ValueError(f"value {written!r}: write a whole number of calls, such as 1200 (no separators)")
        return float(written)
    found = _SHARE.fullmatch(written)
    value = float(found["number"].replace(",", ".")) / (100 if found["percent"] else 1) if found else math.nan
    if not 0 <= value <= 1:
        raise ValueError(f"value {written!r}: write a share, such as 85% or 0.85")
    return value


def against_budget(
    targets: Sequence[Target],
    rows: ScorecardRows,
    period: DigestPeriod,
    settings: ScorecardSettings,
    *,
    ended: bool,
    pending: Collection[str] = (),
) -> tuple[BudgetLine, ...]:
    """Return the targets of a month beside what was reached, in the table's order.

    A share is met or missed where its 95 % interval lies on one side of the target: of calls like these the true
    figure does then, too. For ``critical_error_share`` the target is a most, for the others a least.

    Args:
        targets: Those of other months are left out.
        rows: Calls of the month, of all subjects that targets name.
        period: The month.
        settings: Zone and minimum sample.
        ended: False while further calls may come: a number of calls that is not reached yet is then not missed.
        pending: Ids of calls of the month that wait for their score: nor is it while these could still reach it.
    """
    one_period = settings.model_copy(update={"period": "all"})
    wanted = [target for target in targets if target.month == period.label]
    figures: dict[tuple[SubjectKind, str], tuple[SubjectSummary | None, int]] = {}
    lines = []
    for target in wanted:
        key = (target.subject_kind, target.subject)
        if key not in figures:
            own = _of_subject(key, rows)
            waiting = len({call["call_id"] for call in own.calls} & set(pending))
            figures[key] = _summary(own, period, one_period), waiting
        summary, waiting = figures[key]
        lines.append(_line(target, summary, settings.min_calls, ended=ended, pending=waiting))
    return tuple(lines)


def _of_subject(subject: tuple[SubjectKind, str], rows: ScorecardRows) -> ScorecardRows:
    """Return a subject's calls, as those of one team."""
    kind, name = subject
    column = "agent_id" if kind == "agent" else kind
    return replace(rows, calls=[{**call, "team": name} for call in rows.calls if call[column] == name])


def _summary(own: ScorecardRows, period: DigestPeriod, settings: ScorecardSettings) -> SubjectSummary | None:
    chosen = select(own, settings, by="team", first_day=period.first, last_day=period.last)
    found = summaries_of(chosen, settings, by="team", weekly_intervals=False)
    return found[0] if found else None


def _line(target: Target, summary: SubjectSummary | None, min_calls: int, *, ended: bool, pending: int) -> BudgetLine:
    calls = summary.calls_scored if summary else 0
    actual = _actual(target.figure, summary)
    if target.figure == "calls_scored":
        verdict, why = _verdict_on_calls(calls, target, ended=ended, pending=pending)
    elif actual is None or calls < min_calls:
        verdict, why = OPEN, f"too few calls to judge ({calls} of {min_calls})"
    else:
        verdict = _verdict(actual, target)
        why = "the target lies within the interval: more calls would tell" if verdict == OPEN else ""
    return BudgetLine(
        subject_kind=target.subject_kind,
        subject=target.subject,
        figure=target.figure,
        target=target.value,
        actual=actual,
        count=calls if target.figure == "calls_scored" else None,
        calls=calls,
        verdict=verdict,
        why=why,
    )


def _actual(figure: str, summary: SubjectSummary | None) -> Interval | None:
    if summary is None:
        return None
    if figure == "critical_error_share":
        return wilson(summary.critical_errors, summary.calls_scored)
    return {"mean_share": summary.mean_share, "pass_rate": summary.pass_rate}.get(figure)


def _verdict_on_calls(calls: int, target: Target, *, ended: bool, pending: int) -> tuple[str, str]:
    if calls >= target.value:
        return MET, ""
    if not ended:
        return OPEN, "the month has not ended"
    if calls + pending >= target.value:
        return OPEN, f"{count(pending, 'call')} of the month still {'waits' if pending == 1 else 'wait'} to be scored"
    return MISSED, ""


def _verdict(actual: Interval, target: Target) -> str:
    if target.figure == "critical_error_share":
        return MET if actual.high <= target.value else MISSED if actual.low > target.value else OPEN
    return MET if actual.low >= target.value else MISSED if actual.high < target.value else OPEN
