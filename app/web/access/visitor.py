"""Who asks, and whether they may: `Needs` is what every route depends on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from app.web.access.rights import KNOWS_AGENTS, MAY, Permission, scope_of
from app.web.access.sessions import cookie_name, find_session, is_to_be_touched, keep_alive
from app.web.access.tokens import let_in
from app.web.errors import ForbiddenError, ForgedError, PasswordChangeNeededError, SignInNeededError
from app.web.forms import form_of
from app.web.site import Site, site_of
from pipeline.records import Scope, User

FORM_FIELD = "form_token"
FORM_HEADER = "x-form-token"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Who asks.

    Attributes:
        permissions: What they may: their role's, and with a token only what it was made for.
        scope: Whose calls they may see.
        form_token: What forms of this stay carry; None for a token of the API.
        token_id: The API token that they came with.
        stay: The stay that they are in, by the hash of its token.
    """

    user: User
    permissions: frozenset[Permission]
    scope: Scope
    form_token: str | None = None
    token_id: str | None = None
    stay: str | None = None

    def may(self, permission: str) -> bool:
        """Tell whether they may; templates ask by the permission's name."""
        return permission in self.permissions

    @property
    def knows_agents(self) -> bool:
        """Whether they may know whose call it is; an agent's calls are all their own."""
        return self.user.role in KNOWS_AGENTS or self.scope.agent_id is not None


@dataclass(frozen=True)
class Needs:
    """A dependency that gives the visitor, and lets nobody else in.

    Raises:
        SignInNeededError: Nobody is signed in.
        ForbiddenError: They may not.
        ForgedError: Something is to be changed, and the form is not one that this site gave to this visitor.
        PasswordChangeNeededError: Their password is one that somebody else has set.
    """

    permission: Permission

    async def __call__(self, request: Request) -> Visitor:
        """Return who asks."""
        return await _let_in(request, permission=self.permission, with_temporary_password=False)


@dataclass(frozen=True)
class SignedIn:
    """A dependency that gives the visitor, whatever they may: for their own account.

    Attributes:
        with_temporary_password: Whether those get in, too, who have to choose a password of their own first.
    """

    with_temporary_password: bool = False

    async def __call__(self, request: Request) -> Visitor:
        """Return who asks."""
        return await _let_in(request, with_temporary_password=self.with_temporary_password)


async def _let_in(request: Request, *, permission: Permission | None = None, with_temporary_password: bool) -> Visitor:
    visitor = await visitor_of(request)
    if visitor is None:
        raise SignInNeededError
    if visitor.user.temporary_password and not with_temporary_password:
        raise PasswordChangeNeededError
    if permission is not None and permission not in visitor.permissions:
        raise ForbiddenError(permission, of_token=permission in MAY[visitor.user.role])
    # Last: the form may be an upload, of which nothing is read for somebody who may not send it.
    if request.method not in _READS and visitor.form_token is not None:
        await _require_own_form(request, visitor.form_token)
    return visitor


async def visitor_of(request: Request) -> Visitor | None:
    """Return who asks, or None where nobody is signed in."""
    site = site_of(request)
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":  # tokens are for the API only: a page answers to a browser
        address = request.client.host if request.client else ""
        return await run_in_threadpool(_by_token, site, credentials, address) if _is_api(request) else None
    cookie = request.cookies.get(cookie_name(site.settings.console))
    return await run_in_threadpool(_by_session, site, cookie) if cookie else None


def _by_session(site: Site, cookie: str) -> Visitor | None:
    now = site.now()
    with site.store.read() as connection:
        session = find_session(connection, cookie, site.settings.console, now)
    if session is None:
        return None
    if is_to_be_touched(session, now):
        with site.store.begin() as connection:
            keep_alive(connection, session, now)
    user = session.user
    return Visitor(
        user=user,
        permissions=MAY[user.role],
        scope=scope_of(user),
        form_token=session.form_token,
        stay=session.token_hash,
    )


def _by_token(site: Site, credentials: str, address: str) -> Visitor:
    token = let_in(site, credentials, address)
    allowed = MAY[token.user.role] & token.permissions
    return Visitor(user=token.user, permissions=allowed, scope=scope_of(token.user), token_id=token.token_id)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def _require_own_form(request: Request, form_token: str) -> None:
    """Refuse what another site sent, by the browser's word and by a token that only this site's forms have."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedError
    given = request.headers.get(FORM_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        value = (await form_of(request)).get(FORM_FIELD)
        given = value if isinstance(value, str) else None
    if given is None or not secrets.compare_digest(given.encode(), form_token.encode()):
        raise ForgedError
