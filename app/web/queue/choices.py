"""What filters of lists offer: the teams, agents, queues, rubrics and flags that the visitor's calls have."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.rights import MAY, Permission, scope_of
from app.web.site import Site
from app.web.snapshots import snapshot
from pipeline.records import Scope, User
from pipeline.store.overviews import flag_codes_in_use, values_in_use
from pipeline.store.people import list_users

_GOOD_FOR_S = 60.0  # they are counted over all calls, and seldom change
_FIRST_WAIT_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What can be chosen, each sorted."""

    agents: tuple[str, ...]
    teams: tuple[str, ...]
    queues: tuple[str, ...]
    rubrics: tuple[str, ...]
    flags: tuple[str, ...]


def choices_of(site: Site, connection: Connection, scope: Scope) -> Choices:
    """Return what the calls that may be seen have; what is older than a minute is made anew beside this request."""
    kept = snapshot(
        site,
        ("choices of lists", scope),
        lambda: _read(site, scope),
        stale_after_s=_GOOD_FOR_S,
        wait_s=_FIRST_WAIT_S,
        state=lambda site: site.now(),
        worker="choices of lists",
    )
    return _choices(connection, scope) if kept.value is None else kept.value


def _read(site: Site, scope: Scope) -> Choices:
    with site.store.read() as connection:
        return _choices(connection, scope)


def _choices(connection: Connection, scope: Scope) -> Choices:
    agents, teams, queues, rubrics = (
        tuple(values_in_use(connection, column, scope)) for column in ("agent_id", "team", "queue", "rubric_id")
    )
    flags = tuple(flag_codes_in_use(connection, scope))
    return Choices(agents=agents, teams=teams, queues=queues, rubrics=rubrics, flags=flags)


def people_who_review(connection: Connection, scope: Scope) -> list[User]:
    """Return who can be given a call, by name: whoever may review, and sees a call that this scope has."""
    return [
        user
        for user in list_users(connection)
        if user.active and Permission.CALLS_REVIEW in MAY[user.role] and _share_calls(scope_of(user), scope)
    ]


def _share_calls(one: Scope, other: Scope) -> bool:
    return one.teams is None or other.teams is None or bool(set(one.teams) & set(other.teams))
