"""What scorecards are made from: the current scores as plain rows, ready for a data frame."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from pipeline.records import EVERYTHING, Scope
from pipeline.store.call_measures import MEASURED
from pipeline.store.console_tables import call_overviews
from pipeline.store.measure_tables import call_measures
from pipeline.store.overviews import in_scope
from pipeline.store.payload import read_evidence
from pipeline.store.tables import criterion_results, current_scores, flags, recordings, reviews, sampled_calls, scores

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_AT_ONCE = 500  # more at once take twice as long: they leave the processor's cache
_REPEATED = ("score_id", "criterion_id", "section_id", "title", "status")
_ANSWER_NUMBERS = {"points_possible": "float64", "points_earned": "float64", "critical": "bool", "position": "int16"}


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedRows:
    """Which calls' rows are read.

    Attributes:
        scope: Whose calls may be seen.
        agent: Only this agent's; None for all. Likewise the next three; with a rubric, only calls that have a score.
        first_at: Begun then or later; calls without a start time are read all the same, to be counted as left out.
        before: Begun earlier than this.
        answers: Whether the answers to each question are wanted too; without, scorecards have no criteria.
    """

    scope: Scope = EVERYTHING
    agent: str | None = None
    team: str | None = None
    queue: str | None = None
    rubric_id: str | None = None
    first_at: datetime | None = None
    before: datetime | None = None
    answers: bool = True


EVERY_ROW = WantedRows()


@dataclass(frozen=True, kw_only=True, slots=True)
class ScorecardRows:
    """Rows of three tables that belong together by ``score_id``.

    Attributes:
        calls: One per recording: call_id, score_id, started_at (aware UTC or None), agent_id, team, queue, rubric_id,
            rubric_version, rubric_fingerprint, share, raw_share, passed, auto_failed, critical_error,
            customer_sentiment, media_uri, reviewed_share, scored. ``reviewed_share`` is the score with people's answers
            as far as `call_overviews` knows it, and None where nobody reviewed the score. Without a score, score_id and
            all that a score tells are None (the two bools False), so that the call can be counted as left out.
        answers: A table with one line per criterion result: score_id, criterion_id, section_id, title, status,
            points_possible, points_earned, critical, position; in no order. They are twenty times as many as calls, so
            texts that repeat are kept once (categories).
        flags: One per open flag: score_id, code, severity, reason, criterion_id, evidence (tuple of Evidence).
        measures: Columns of equal length: ``call_id`` and those of `pipeline.store.call_measures`; unknown is None.
        sampled: Policies by which a call was drawn for review, by its id; calls that nobody drew are left out.
        draws: When such calls were drawn, by policy and name of the period.
        heard_at: When people first reviewed a call, by its id; blind sessions are no reviews here, as for a draw.
        closed_flags: The ids of scores with a flag that is not open any more.
    """

    calls: list[dict[str, Any]]
    answers: pd.DataFrame
    flags: list[dict[str, Any]]
    measures: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sampled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    draws: Mapping[tuple[str, str], Set[datetime]] = field(default_factory=dict)
    heard_at: Mapping[str, datetime] = field(default_factory=dict)
    closed_flags: Set[str] = frozenset()


def scorecard_rows(connection: Connection, wanted: WantedRows = EVERY_ROW) -> ScorecardRows:
    """Return the current scores of calls, and the calls without one."""
    sampled, draws = _sampled(connection, wanted)
    return ScorecardRows(
        calls=[_call(row) for row in _rows(connection, _calls(wanted))],
        answers=answer_rows(connection, wanted),
        flags=[_flag(row) for row in _rows(connection, _flags(wanted))],
        measures=_measures(connection, wanted),
        sampled=sampled,
        draws=draws,
        heard_at=_heard_at(connection, wanted),
        closed_flags=_closed_flags(connection, wanted),
    )


def answer_rows(connection: Connection, wanted: WantedRows) -> pd.DataFrame:
    """Return the answers alone, none where none are wanted: they are many, and never change under their score's id."""
    import numpy as np  # noqa: PLC0415 - slow to import, likewise pandas, and not every command reads answers
    import pandas as pd  # noqa: PLC0415

    texts: dict[str, defaultdict[str, int]] = {name: defaultdict(itertools.count().__next__) for name in _REPEATED}
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_REPEATED, *_ANSWER_NUMBERS)}
    found = connection.execute(_answers(wanted).execution_options(yield_per=_AT_ONCE)) if wanted.answers else None
    for rows in found.partitions() if found is not None else ():
        for name, values in zip(columns, zip(*rows, strict=True), strict=True):
            if name in texts:
                numbers = map(texts[name].__getitem__, values)  # each text gets the next number when it is first met
                columns[name].append(np.fromiter(numbers, dtype=np.int32, count=len(values)))
            else:
                columns[name].append(np.array(values, dtype=_ANSWER_NUMBERS[name]))

    def column(name: str) -> pd.Categorical | NDArray[Any]:
        kind = "int32" if name in texts else _ANSWER_NUMBERS[name]
        values = np.concatenate([np.empty(0, dtype=kind), *columns.pop(name)])
        return (
            pd.Categorical.from_codes(values, categories=pd.Index(list(texts[name]), dtype="object"))
            if name in texts
            else values
        )

    return pd.DataFrame({name: column(name) for name in (*_REPEATED, *_ANSWER_NUMBERS)})


def _measures(connection: Connection, wanted: WantedRows) -> dict[str, Sequence[Any]]:
    names = ("call_id", *MEASURED)
    columns = [call_measures.c[name] for name in names]
    chosen = _bounded(select(*columns).join(recordings, recordings.c.call_id == call_measures.c.call_id), wanted)
    found = connection.execute(chosen).all()
    return dict(zip(names, zip(*found, strict=True), strict=True)) if found else dict.fromkeys(names, ())


def _sampled(
    connection: Connection, wanted: WantedRows
) -> tuple[dict[str, frozenset[str]], dict[tuple[str, str], set[datetime]]]:
    """Return by which policies each call was drawn, and when was drawn by policy and period."""
    drawn = sampled_calls.c
    columns = (drawn.call_id, drawn.policy, drawn.period, drawn.sampled_at)
    chosen = select(*columns).join(recordings, recordings.c.call_id == drawn.call_id)
    policies: dict[str, set[str]] = defaultdict(set)
    draws: dict[tuple[str, str], set[datetime]] = defaultdict(set)
    for call_id, policy, period, sampled_at in connection.execute(_bounded(chosen, wanted)):
        policies[call_id].add(policy)
        draws[policy, period].add(sampled_at)
    return {call_id: frozenset(of_call) for call_id, of_call in policies.items()}, dict(draws)


def _heard_at(connection: Connection, wanted: WantedRows) -> dict[str, datetime]:
    review = reviews.c
    chosen = select(review.call_id, func.min(review.made_at).label("first_at"))
    chosen = chosen.join(recordings, recordings.c.call_id == review.call_id)
    first = _bounded(chosen.where(review.session_id.is_(None)), wanted).group_by(review.call_id)
    return {row.call_id: row.first_at for row in connection.execute(first)}


def _closed_flags(connection: Connection, wanted: WantedRows) -> frozenset[str]:
    chosen = select(flags.c.score_id).join(current_scores, current_scores.c.score_id == flags.c.score_id)
    return frozenset(connection.scalars(_of_wanted(chosen, wanted).where(flags.c.state != "open").distinct()))


def _rows(connection: Connection, statement: Select[Any]) -> list[dict[str, Any]]:
    found = connection.execute(statement)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def _conditions(wanted: WantedRows) -> list[ColumnElement[bool]]:
    """Return conditions on `recordings`, and on `scores` where a rubric is named."""
    call = recordings.c
    conditions: list[ColumnElement[bool]] = []
    if not wanted.scope.whole:
        conditions.append(in_scope(wanted.scope, recordings))
    for column, name in (
        (call.agent_id, wanted.agent),
        (call.team, wanted.team),
        (call.queue, wanted.queue),
        (scores.c.rubric_id, wanted.rubric_id),
    ):
        if name is not None:
            conditions.append(column == name)
    if wanted.first_at is not None:
        conditions.append(or_(call.started_at.is_(None), call.started_at >= wanted.first_at))
    if wanted.before is not None:
        conditions.append(or_(call.started_at.is_(None), call.started_at < wanted.before))
    return conditions


def _calls(wanted: WantedRows) -> Select[Any]:
    call, overview = recordings.c, call_overviews.c
    reviewed = and_(overview.call_id == call.call_id, overview.score_id == scores.c.score_id, overview.reviewed)
    return (
        select(
            call.call_id,
            scores.c.score_id,
            call.started_at,
            call.agent_id,
            call.team,
            call.queue,
            scores.c.rubric_id,
            scores.c.rubric_version,
            scores.c.rubric_fingerprint,
            scores.c.share,
            scores.c.raw_share,
            scores.c.passed,
            scores.c.auto_failed,
            scores.c.critical_error,
            scores.c.customer_sentiment,
            call.media_uri,
            overview.share.label("reviewed_share"),
        )
        .outerjoin(current_scores, current_scores.c.call_id == call.call_id)
        .outerjoin(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(call_overviews, reviewed)
        .where(*_conditions(wanted))
        .order_by(call.started_at.is_(None), call.started_at, call.media_uri, call.call_id)
    )


def _answers(wanted: WantedRows) -> Select[Any]:
    result = criterion_results.c
    statement = select(
        result.score_id,
        result.criterion_id,
        result.section_id,
        result.title,
        result.status,
        result.points_possible,
        result.points_earned,
        result.critical,
        result.position,
    )
    of_current = statement.join(current_scores, current_scores.c.score_id == result.score_id)
    return _of_wanted(of_current, wanted)


def _flags(wanted: WantedRows) -> Select[Any]:
    flag = flags.c
    statement = select(flag.score_id, flag.code, flag.severity, flag.reason, flag.criterion_id, flag.evidence)
    of_current = statement.join(current_scores, current_scores.c.score_id == flag.score_id)
    return _of_wanted(of_current, wanted).where(flag.state == "open").order_by(flag.score_id, flag.position)


def _of_wanted(statement: Select[Any], wanted: WantedRows) -> Select[Any]:
    conditions = _conditions(wanted)
    if not conditions:
        return statement
    of_calls = statement.join(recordings, recordings.c.call_id == current_scores.c.call_id)
    if wanted.rubric_id is not None:
        of_calls = of_calls.join(scores, scores.c.score_id == current_scores.c.score_id)
    return of_calls.where(*conditions)


def _call(row: dict[str, Any]) -> dict[str, Any]:
    scored = row["score_id"] is not None
    return {
        **row,
        "auto_failed": bool(row["auto_failed"]),
        "critical_error": bool(row["critical_error"]),
        "scored": scored,
    }


def _flag(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "evidence": read_evidence(row["evidence"], f"flag of score {row['score_id']}")}


def call_count(connection: Connection, wanted: WantedRows, *, most: int) -> int:
    """Return of how many calls there would be rows, counted no further than ``most``."""
    some = _bounded(select(recordings.c.call_id), wanted).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def newest_call_at(connection: Connection, wanted: WantedRows) -> datetime | None:
    """Return when the newest of these calls began, or None where none has a start time."""
    newest: datetime | None = connection.scalar(_bounded(select(func.max(recordings.c.started_at)), wanted))
    return newest


def _bounded(statement: Select[Any], wanted: WantedRows) -> Select[Any]:
    """Return a statement that reads `recordings`, of the wanted calls only."""
    if wanted.rubric_id is not None:
        statement = statement.join(current_scores, current_scores.c.call_id == recordings.c.call_id)
        statement = statement.join(scores, scores.c.score_id == current_scores.c.score_id)
    return statement.where(*_conditions(wanted))
