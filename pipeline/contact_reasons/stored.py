"""Figures of the stored calls that somebody may see, and a sentence of the call that is most like its group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.contact_reasons.by_rules import OTHER
from pipeline.contact_reasons.figures import ReasonReport, ToldCall, reason_report
from pipeline.contact_reasons.names import OTHER_TITLE
from pipeline.contact_reasons.opening import opening_of
from pipeline.contact_reasons.read_calls import transcripts
from pipeline.records import EVERYTHING, Scope
from pipeline.store.contact_reasons import Field, Reason, calls_of_reason, heard_calls, reason_rows, reasons

NOTHING_SAID = "nothing said"
OTHER_REASONS = Reason(reason_id=OTHER, kind="group", label=OTHER_TITLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """The beginning of the call nearest to a group's centre, or the newest of a rule's: words of a call.

    Attributes:
        nearness: To the nearest group; None where a rule told the reason, or there is no group.
    """

    call_id: str
    text: str
    nearness: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredReasons:
    """The figures with what they are of.

    Attributes:
        reasons: By id; `OTHER` too.
        untold: Calls in which nothing was said that could tell a reason; they are in no figure.
    """

    report: ReasonReport
    reasons: Mapping[str, Reason]
    untold: int


def stored_reasons(
    connection: Connection,
    *,
    timezone: str,
    min_calls: int,
    scope: Scope = EVERYTHING,
    by: Field | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    queue: str | None = None,
    team: str | None = None,
) -> StoredReasons:
    """Return how often each reason is why people call; the arguments are those of `reason_rows` and `reason_report`."""
    rows = reason_rows(connection, scope=scope, by=by, since=since, before=before, queue=queue, team=team)
    told = [
        ToldCall(reason_id=reason_id, started_at=started_at, value=value)
        for reason_id, told_by, started_at, value in rows
        if told_by != NOTHING_SAID
    ]
    return StoredReasons(
        report=reason_report(told, timezone=timezone, min_calls=min_calls),
        reasons={OTHER: OTHER_REASONS, **{reason.reason_id: reason for reason in reasons(connection)}},
        untold=len(rows) - len(told),
    )


def example_of(connection: Connection, reason_id: str, scope: Scope = EVERYTHING) -> Example | None:
    """Return how the call begins that is most like its group, of those that may be seen, or None without one."""
    found = calls_of_reason(connection, None if reason_id == OTHER else reason_id, scope=scope, nearest=True, limit=1)
    for call, transcript in transcripts(connection, list(heard_calls(connection, [each.call_id for each in found]))):
        opening = opening_of(transcript, call.recording.direction)
        if opening is not None:
            [nearest] = found
            return Example(call_id=nearest.call_id, text=opening.sentences[0], nearness=nearest.similarity)
    return None
