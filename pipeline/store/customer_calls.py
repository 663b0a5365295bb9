"""All calls of a customer in one sweep, each with its earlier calls: to find those that have to be judged once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from pipeline.records import CallHistory, EarlierCall, EarlierRequest, FindingKind, HistoryNeeds, Recording
from pipeline.store.calls import recording_of
from pipeline.store.history import MOST_CALLS, calls_where, earlier_call, since
from pipeline.store.tables import heard_rules, recordings

_call = recordings.c


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedCall:
    """A call that was judged by its earlier calls, with these as they are now.

    Attributes:
        checks: Fingerprint of the rules about calls that it was judged by.
        judged: Fingerprint of what they gave.
    """

    recording: Recording
    history: CallHistory
    checks: str | None
    judged: str | None


def judged_calls(
    connection: Connection, customer: str, needs_of: Callable[[Recording], HistoryNeeds]
) -> Iterator[JudgedCall]:
    """Yield the calls of a customer that rules about calls have judged, in order of time, each with its history now.

    Args:
        connection: To the database.
        customer: Reference of the customer.
        needs_of: What has to be known for a call. The history is the one that `read_history` returns for it; a call of
            unknown time has none.
    """
    rows = connection.execute(calls_where(_call.customer_ref == customer)).all()
    outcomes = _outcomes(connection, customer)
    undated = [row for row in rows if row.started_at is None]
    judged = {row.call_id: recording_of(row) for row in rows if row.judged is not None}
    needs = {call_id: needs_of(recording) for call_id, recording in judged.items()}
    sweeps = {each: _Sweep(each, outcomes, undated) for each in needs.values()}  # few: calls of a kind need the same
    dated = sorted((row for row in rows if row.started_at), key=lambda row: (row.started_at, row.call_id))
    for row in (*dated, *undated):
        if row.call_id in judged:
            history = sweeps[needs[row.call_id]].history(row.started_at) if row.started_at else CallHistory()
            yield JudgedCall(recording=judged[row.call_id], history=history, checks=row.checks, judged=row.judged)
        if row.started_at:
            for sweep in sweeps.values():
                sweep.add(row)


class _Sweep:
    """Goes through a customer's calls in order of time and knows those that were before."""

    def __init__(
        self, needs: HistoryNeeds, outcomes: Mapping[tuple[str, str], FindingKind], undated: list[Any]
    ) -> None:
        self._needs, self._outcomes = needs, outcomes
        self._recent: deque[EarlierCall] = deque()  # the latest last
        latest_first = sorted(undated, key=lambda row: row.call_id, reverse=True)
        self._undated = tuple(earlier_call(row, needs) for row in latest_first) if needs.days else ()
        self._requests = {rule: self._without_time(rule, latest_first) for rule in needs.rules}

    def history(self, started_at: datetime) -> CallHistory:
        oldest = since(started_at, self._needs)
        while self._recent and self._recent[0].started_at < oldest:  # type: ignore[operator]
            self._recent.popleft()
        recent = tuple(reversed(self._recent))
        return CallHistory(
            calls=recent[:MOST_CALLS] + self._undated[:MOST_CALLS],
            whole=max(len(recent), len(self._undated)) <= MOST_CALLS,
            requests=dict(self._requests),
        )

    def add(self, row: Any) -> None:
        if self._needs.days:
            self._recent.append(earlier_call(row, self._needs))
            if len(self._recent) > MOST_CALLS + 1:
                self._recent.popleft()
        for rule, known in self._requests.items():
            kind = self._outcomes.get((row.call_id, rule))
            if kind is FindingKind.PRESENT and known.first is None:
                self._requests[rule] = replace(known, first=row.call_id, first_at=row.started_at)
            elif kind in (None, FindingKind.CANNOT_ASSESS) and known.unsure is None:
                self._requests[rule] = replace(known, unsure=row.call_id, unsure_at=row.started_at)

    def _without_time(self, rule: str, undated: list[Any]) -> EarlierRequest:
        unsure = [row.call_id for row in undated if self._outcomes.get((row.call_id, rule)) is not FindingKind.ABSENT]
        return EarlierRequest(unsure=min(unsure, default=None))


def _outcomes(connection: Connection, customer: str) -> dict[tuple[str, str], FindingKind]:
    statement = (
        select(heard_rules)
        .join(recordings, _call.call_id == heard_rules.c.call_id)
        .where(_call.customer_ref == customer)
    )
    return {(row.call_id, row.rule_id): FindingKind(row.kind) for row in connection.execute(statement)}
