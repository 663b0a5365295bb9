"""Who may sign in: list, add, change, new passwords, stays; for admins."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from app.accounts import Account, add_account, change_account, give_password, known_user
from app.acts import Act
from app.web.access.passwords import hash_password, temporary_password
from app.web.access.rights import Permission
from app.web.access.sessions import is_over
from app.web.access.tokens import is_good
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError
from app.web.failures import status_of
from app.web.site import Site, site_of
from pipeline.errors import ConfigError, EarmarkError, NotFoundError, ReviewError, StoreError
from pipeline.records import User, UserRole
from pipeline.store.api_tokens import ApiToken, revoke_token, tokens_of
from pipeline.store.known_names import known_names
from pipeline.store.people import end_sessions, list_sessions, list_users, password_hash_of

router = APIRouter()

Admin = Annotated[Visitor, Depends(Needs(Permission.PEOPLE_MANAGE))]
Line = Annotated[str, Form(max_length=200)]
_OFFERED_AGENTS = 2000
_ROLES = tuple(
    (role, what)
    for role, what in (
        (UserRole.AGENT, "sees their own calls, scores and coaching"),
        (UserRole.REVIEWER, "listens, answers and rules on disputes"),
        (UserRole.COMPLIANCE, "sees adherence, violations and the audit log"),
        (UserRole.MANAGER, "reviews, coaches, and sees scorecards and compliance"),
        (UserRole.ADMIN, "may do everything, on all calls"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRow:
    """A person in the list."""

    user: User
    stays: int
    last_seen: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """What stands in the form of an account."""

    name: str = ""
    display_name: str = ""
    role: str = UserRole.REVIEWER.value
    sees: str = "all"
    teams: tuple[str, ...] = ()
    other_teams: str = ""
    agent_id: str = ""
    hears_unredacted: bool = False
    active: bool = True
    by: str = "password"


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """What the form of an account offers."""

    roles: tuple[tuple[UserRole, str], ...]
    teams: tuple[str, ...]
    agents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PeoplePage:
    """What `people/people.html` shows."""

    people: tuple[PersonRow, ...]
    done: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonPage:
    """What `people/person.html` shows.

    Attributes:
        user: Whose account; None for one that is to be made.
        password: A temporary one that was set just now, shown once.
        told: What is wrong with what was sent, or None.
        unheard: Teams of theirs that no stored call bears.
        tokens: Their tokens for the API that are good now.
    """

    filled: Filled
    offered: Offered
    user: User | None = None
    signs_in_here: bool = True
    stays: int = 0
    last_seen: datetime | None = None
    password: str | None = None
    told: str | None = None
    done: str | None = None
    unheard: tuple[str, ...] = ()
    tokens: tuple[ApiToken, ...] = ()


def filled_form(
    *,
    role: Line = "",
    display_name: Line = "",
    sees: Annotated[Literal["all", "teams"], Form()] = "all",
    team: Annotated[list[str] | None, Form()] = None,
    other_teams: Annotated[str, Form(max_length=4000)] = "",
    agent_id: Line = "",
    hears_unredacted: Line = "",
    active: Line = "",
    name: Line = "",
    by: Annotated[Literal["password", "elsewhere"], Form()] = "password",
) -> Filled:
    """Read the form of an account."""
    return Filled(
        name=name,
        display_name=display_name,
        role=role,
        sees=sees,
        teams=tuple(team or ()),
        other_teams=other_teams,
        agent_id=agent_id.strip(),
        hears_unredacted=hears_unredacted == "yes",
        active=active == "yes",
        by=by,
    )


Sent = Annotated[Filled, Depends(filled_form)]


@router.get("/people")
def people(request: Request, visitor: Admin, done: str = "") -> Response:
    """List everybody who may sign in, or might once."""
    site = site_of(request)
    with site.store.read() as connection:
        users = list_users(connection)
        counts, seen = _stays(connection, site)
    rows = (PersonRow(user=u, stays=counts[u.user_id], last_seen=seen.get(u.user_id)) for u in users)
    told = "The account is changed; their stays have ended." if done == "changed" else None
    return site.page(request, "people/people.html", visitor, page=PeoplePage(people=tuple(rows), done=told))


@router.get("/people/add")
def asks_for_account(request: Request, visitor: Admin) -> Response:
    """Ask for a new account."""
    site = site_of(request)
    with site.store.read() as connection:
        page = PersonPage(filled=Filled(), offered=_offered(connection))
    return site.page(request, "people/person.html", visitor, page=page)


@router.post("/people/add")
def adds_account(request: Request, visitor: Admin, filled: Sent) -> Response:
    """Make an account; a temporary password is shown once, here."""
    site = site_of(request)
    password = temporary_password() if filled.by == "password" else None
    try:
        account = _account(filled, filled.name)
        made = hash_password(password) if password else None
        with site.editing(visitor) as (connection, acts):
            user = add_account(
                connection,
                acts,
                name=filled.name,
                account=account,
                password_hash=made,
                temporary=password is not None,
                now=site.now(),
            )
    except EarmarkError as error:
        _raise_foreign(error)
        with site.store.read() as connection:
            page = PersonPage(filled=filled, offered=_offered(connection), told=str(error))
        return site.page(request, "people/person.html", visitor, status=status_of(error), page=page)
    return _person(request, visitor, user.user_id, password=password, done=f"{user.name} is added.")


@router.get("/people/{user_id}")
def person(request: Request, visitor: Admin, user_id: str, done: str = "") -> Response:
    """Show an account."""
    told = {
        "changed": "The account is changed.",
        "ended": "Their stays have ended.",
        "revoked": "The token is revoked.",
    }.get(done)
    return _person(request, visitor, user_id, done=told)


@router.post("/people/{user_id}")
def changes_account(request: Request, visitor: Admin, user_id: str, filled: Sent) -> Response:
    """Change what somebody may."""
    site = site_of(request)
    try:
        with site.editing(visitor) as (connection, acts):
            user = known_user(connection, user_id=user_id)
            change_account(connection, acts, user, _account(filled, user.name))
    except EarmarkError as error:
        _raise_foreign(error)
        return _person(request, visitor, user_id, filled=filled, told=str(error), status=status_of(error))
    return RedirectResponse(f"/people/{user_id}?done=changed", status_code=303)


@router.post("/people/{user_id}/password")
def sets_password(request: Request, visitor: Admin, user_id: str) -> Response:
    """Set a temporary password, shown once; their stays end, and their tokens are revoked."""
    site = site_of(request)
    password = temporary_password()
    made = hash_password(password)
    with site.editing(visitor) as (connection, acts):
        user = known_user(connection, user_id=user_id)
        if password_hash_of(connection, user_id) is None:
            raise BadRequestError(f"{user.name} signs in elsewhere and has no password here")
        if user_id == visitor.user.user_id:
            raise BadRequestError("set your own password on the page /account")
        give_password(connection, acts, user, made, temporary=True, reset_at=site.now())
    return _person(request, visitor, user_id, password=password)


@router.post("/people/{user_id}/stays/end")
def ends_stays_of(request: Request, visitor: Admin, user_id: str) -> Response:
    """End the stays of somebody; of oneself, the others."""
    with site_of(request).editing(visitor) as (connection, acts):
        user = known_user(connection, user_id=user_id)
        ended = end_sessions(connection, user_id=user.user_id, keep=visitor.stay)
        acts.append(Act(action="user", subject=("user", user.user_id), details={"did": "stays ended", "stays": ended}))
    return RedirectResponse(f"/people/{user_id}?done=ended", status_code=303)


@router.post("/people/{user_id}/tokens/{token_id}/revoke")
def revokes_token_of(request: Request, visitor: Admin, user_id: str, token_id: str) -> Response:
    """Revoke a token of somebody: from the next request on it lets nobody in."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        user = known_user(connection, user_id=user_id)
        if not revoke_token(connection, token_id, user_id=user.user_id, now=site.now()):
            raise NotFoundError(f"no such token of {user.name} is good")
        acts.append(Act(action="token", subject=("token", token_id), details={"did": "revoked", "of": user.user_id}))
    return RedirectResponse(f"/people/{user_id}?done=revoked", status_code=303)


def _person(
    request: Request,
    visitor: Visitor,
    user_id: str,
    *,
    filled: Filled | None = None,
    password: str | None = None,
    told: str | None = None,
    done: str | None = None,
    status: int = 200,
) -> Response:
    site = site_of(request)
    with site.store.read() as connection:
        user = known_user(connection, user_id=user_id)
        offered = _offered(connection)
        counts, seen = _stays(connection, site, user_id)
        signs_in_here = password_hash_of(connection, user_id) is not None
        tokens = tuple(token for token in tokens_of(connection, user_id) if is_good(token, site.now()))
    page = PersonPage(
        user=user,
        filled=filled or _filled(user),
        offered=_with_teams_of(offered, user),
        signs_in_here=signs_in_here,
        stays=counts[user_id],
        last_seen=seen.get(user_id),
        password=password,
        told=told,
        done=done,
        unheard=tuple(team for team in user.teams if team not in offered.teams),
        tokens=tokens,
    )
    return site.page(request, "people/person.html", visitor, status=status, page=page)


def _account(filled: Filled, name: str) -> Account:
    if filled.role not in set(UserRole):
        raise ConfigError("choose a role: what is this person's work?")
    others = tuple(team.strip() for team in filled.other_teams.split(",") if team.strip())
    teams = (*filled.teams, *others) if filled.sees == "teams" else ()
    if filled.sees == "teams" and not teams:
        raise ConfigError("choose at least one team, or all teams")
    return Account(
        role=UserRole(filled.role),
        display_name=filled.display_name.strip() or name,
        teams=teams,
        agent_id=filled.agent_id or None,
        hears_unredacted=filled.hears_unredacted,
        active=filled.active,
    )


def _filled(user: User) -> Filled:
    return Filled(
        name=user.name,
        display_name=user.display_name,
        role=user.role.value,
        sees="teams" if user.teams else "all",
        teams=user.teams,
        agent_id=user.agent_id or "",
        hears_unredacted=user.hears_unredacted,
        active=user.active,
    )


def _offered(connection: Connection) -> Offered:
    agents = sorted(known_names(connection, "agent"))
    return Offered(
        roles=_ROLES, teams=tuple(sorted(known_names(connection, "team"))), agents=tuple(agents[:_OFFERED_AGENTS])
    )


def _with_teams_of(offered: Offered, user: User) -> Offered:
    return Offered(roles=offered.roles, teams=tuple(sorted({*offered.teams, *user.teams})), agents=offered.agents)


def _stays(connection: Connection, site: Site, user_id: str | None = None) -> tuple[Counter[str], dict[str, datetime]]:
    """Return how many stays there are now for each user, and when each was here last, as far as is still known."""
    counts: Counter[str] = Counter()
    seen: dict[str, datetime] = {}
    for stay in list_sessions(connection, user_id):
        seen.setdefault(stay.user.user_id, stay.seen_at)
        if not is_over(stay, site.settings.console, site.now()):
            counts[stay.user.user_id] += 1
    return counts, seen


def _raise_foreign(error: EarmarkError) -> None:
    """Raise what the form did not cause."""
    if isinstance(error, NotFoundError | StoreError) or not isinstance(error, ConfigError | ReviewError):
        raise error
