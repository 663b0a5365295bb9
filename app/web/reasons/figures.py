"""The figures of pages on contact reasons, counted beside requests."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.reasons.asked import AskedReasons
from app.web.site import Site
from app.web.snapshots import QUICK, Snapshot, snapshot
from pipeline.contact_reasons.by_rules import OTHER
from pipeline.contact_reasons.stored import OTHER_REASONS, StoredReasons, stored_reasons
from pipeline.records import Scope
from pipeline.store.contact_reasons import Field, Reason, last_told, reasons
from pipeline.store.subjects import subjects_in_scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the filters offer."""

    teams: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class InFull:
    """The figures of all calls, and the same by queue and by team."""

    all: StoredReasons
    by_queue: StoredReasons
    by_team: StoredReasons


def counted(
    site: Site, visitor: Visitor, asked: AskedReasons, *, wait_s: float | None = None
) -> Snapshot[StoredReasons]:
    """Return how often each reason is why people call, of the calls that a visitor may see.

    The value is None where they are not counted within ``wait_s`` (None: as long as pages wait).
    """
    scope = visitor.scope

    def count() -> StoredReasons:
        with site.store.read() as connection:
            return _read(connection, site, scope, asked)

    key = ("reasons", asked, scope)
    return snapshot(site, key, count, state=_state, stale_after_s=0, wait_s=wait_s, worker=QUICK)


def counted_in_full(site: Site, visitor: Visitor, asked: AskedReasons) -> Snapshot[InFull]:
    """Return the same by queue and team, too."""
    scope = visitor.scope

    def count() -> InFull:
        with site.store.read() as connection:
            return InFull(
                all=_read(connection, site, scope, asked),
                by_queue=_read(connection, site, scope, asked, "queue"),
                by_team=_read(connection, site, scope, asked, "team"),
            )

    return snapshot(site, ("reasons in full", asked, scope), count, state=_state, stale_after_s=0, worker=QUICK)


def choices(site: Site, scope: Scope) -> Choices:
    """Return what the filters offer."""

    def find() -> Choices:
        with site.store.read() as connection:
            return Choices(
                teams=subjects_in_scope(connection, "team", scope), queues=subjects_in_scope(connection, "queue", scope)
            )

    found = snapshot(site, ("subjects of reasons", scope), find, stale_after_s=300, worker=QUICK).value
    return found or Choices()


def named_reasons(site: Site) -> Mapping[str, Reason]:
    """Return reasons by id as they are called now: figures may be older than a name."""
    with site.store.read() as connection:
        return {OTHER: OTHER_REASONS, **{each.reason_id: each for each in reasons(connection)}}


def _read(
    connection: Connection, site: Site, scope: Scope, asked: AskedReasons, by: Field | None = None
) -> StoredReasons:
    settings = site.settings.scorecards
    return stored_reasons(
        connection,
        timezone=settings.timezone,
        min_calls=settings.min_calls,
        scope=scope,
        by=by,
        since=asked.since(settings.timezone),
        queue=asked.queue,
        team=asked.team,
    )


def _state(site: Site) -> Hashable:
    with site.store.read() as connection:
        return last_told(connection)
