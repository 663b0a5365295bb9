"""What came of the sessions that a visitor may read, as a whole."""

from __future__ import annotations

from app.web.access.visitor import Visitor
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.coaching.looking_back import LookingBack, look_back
from pipeline.records import Scope
from pipeline.store.coaching import list_sessions
from pipeline.store.coaching_answers import questions_now

MOST_SESSIONS = 200
"""The latest so many are looked back on: each reads its team's calls of some months."""


def looked_back(site: Site, visitor: Visitor, *, held: int) -> Snapshot[LookingBack]:
    """Return the figures of sessions, computed beside requests.

    Args:
        site: Where figures are kept.
        visitor: Who asks.
        held: How many sessions they may read: with one more, what was counted is of before.
    """
    scope = visitor.scope
    return snapshot(site, ("coaching looked back on", scope, held), lambda: _reckoned(site, scope))


def _reckoned(site: Site, scope: Scope) -> LookingBack:
    with site.store.read() as connection:
        rows = list_sessions(connection, scope=scope, limit=MOST_SESSIONS)
        return look_back(
            connection,
            rows,
            everybodys=list_sessions(connection),
            questions=questions_now(connection, {each for row in rows for each in row.session.questions}),
            scope=scope,
            settings=site.settings.coaching,
            min_calls=site.settings.scorecards.min_calls,
            now=site.now(),
        )
