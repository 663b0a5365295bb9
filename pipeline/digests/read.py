"""What a digest is made from, read from the store in one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipeline.coaching.answers import missed_by_agent
from pipeline.config import Settings
from pipeline.digests.digest import Topic, Waiting
from pipeline.digests.periods import DigestPeriod
from pipeline.records import EVERYTHING, DisputeState, Scope
from pipeline.reviewing.reviewed_rows import with_reviewed_shares
from pipeline.store.coaching import list_sessions, open_item_counts
from pipeline.store.disputes import disputes_in_scope
from pipeline.store.overviews import OverviewFilter, list_overviews
from pipeline.store.scorecard_rows import ScorecardRows, WantedRows, scorecard_rows

ERROR_FLAGS = ("critical_error", "auto_fail")
"""Flags that digests count calls by."""


@dataclass(frozen=True, kw_only=True)
class DigestSource:
    """What a digest of one team, or of everybody, is made from.

    Attributes:
        rows: Calls and open flags of the period and the one before, and of calls without a start time; no answers.
        waiting: What waits now.
        sessions: Coaching sessions held in the period.
        flagged: Ids of the calls that the console lists by an open flag of the period, by the flag's code.
    """

    rows: ScorecardRows
    waiting: Waiting
    sessions: int
    flagged: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_digest_source(
    connection: Connection, team: str | None, period: DigestPeriod, settings: Settings
) -> DigestSource:
    """Return what a digest of a team is made from.

    Args:
        connection: Where to read; overviews are up to date, since coaching reads them.
        team: None for all calls.
        period: Of which period; the one before is read too.
        settings: Zone, and what makes a coaching topic.
    """
    zone = ZoneInfo(settings.scorecards.timezone)
    scope = EVERYTHING if team is None else Scope(teams=(team,))
    since, before = period.bounds(zone)
    wanted = WantedRows(team=team, first_at=period.before.bounds(zone)[0], before=before, answers=False)
    rows = with_reviewed_shares(connection, scorecard_rows(connection, wanted))
    sessions = list_sessions(connection, scope=scope)
    return DigestSource(
        rows=replace(rows, measures={}, sampled={}),  # which digests do not tell of
        flagged={
            code: frozenset(
                call.call_id
                for call in list_overviews(
                    connection,
                    OverviewFilter(flag=code, since=since, before=before),
                    scope,
                    limit=max(len(rows.calls), 1),
                )
            )
            for code in ERROR_FLAGS
        },
        sessions=sum(since <= row.session.held_at < before for row in sessions),
        waiting=Waiting(
            disputes=len(disputes_in_scope(connection, scope, states=(DisputeState.OPEN,))),
            topics=_topics(connection, scope, settings),
            coaching_items=sum(open_item_counts(connection, scope).values()),
        ),
    )


def _topics(connection: Connection, scope: Scope, settings: Settings) -> tuple[Topic, ...]:
    found = missed_by_agent(connection, scope, settings.coaching)
    return tuple(
        Topic(
            agent_id=agent,
            title=missed.title,
            missed=missed.missed,
            assessed=missed.assessed,
            critical=missed.critical,
        )
        for agent in sorted(found)
        for missed in [each for each in found[agent] if each.repeats][: settings.coaching.max_topics]
    )
