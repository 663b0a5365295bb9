"""One's own tokens for the API: make one, see when it was used, revoke it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import MAY, Permission
from app.web.access.tokens import MOST_DAYS, USUAL_DAYS, is_good, make_token
from app.web.access.visitor import Needs, Visitor
from app.web.errors import RequestError
from app.web.site import site_of
from pipeline.audit.log import Detail
from pipeline.errors import NotFoundError
from pipeline.store.api_tokens import ApiToken, revoke_token, tokens_of

router = APIRouter()

Owner = Annotated[Visitor, Depends(Needs(Permission.TOKENS_OWN))]

_DAYS_OFFERED = (7, 30, USUAL_DAYS, 180, MOST_DAYS)
_READING = frozenset(permission for permission in Permission if permission.value.endswith(".see"))
_SHOWN_FOR = timedelta(days=30)
_PAGES_ONLY = frozenset({Permission.TOKENS_OWN, Permission.WEBHOOKS_MANAGE, Permission.COMPLIANCE_EXPORT})
MEANS: Mapping[Permission, str] = {
    Permission.CALLS_SEE: "read calls, transcripts, scores and flags",
    Permission.CALLS_COMMENT: "read and write comments",
    Permission.CALLS_REVIEW: "answer, agree, close flags, the queue",
    Permission.CALLS_OBJECT: "acknowledge and dispute",
    Permission.QUEUE_LEAD: "see whose calls wait",
    Permission.DISPUTES_RULE: "rule on disputes",
    Permission.SEARCH: "search in transcripts",
    Permission.COMPLIANCE_SEE: "read how rules were kept",
    Permission.AUDIT_SEE: "read the audit log",
    Permission.SCORECARDS_SEE: "read scorecards",
    Permission.SCORECARDS_EXPORT: "hand scorecards on",
    Permission.COACHING_SEE: "read coaching sessions",
    Permission.COACHING_LEAD: "hold coaching sessions",
    Permission.CALIBRATION_TAKE: "answer in blind sessions",
    Permission.CALIBRATION_LEAD: "see all blind sessions",
    Permission.RUBRICS_SEE: "read rubrics and rules",
    Permission.RUBRICS_PREVIEW: "check rubrics and rules",
    Permission.INTAKE_SEE: "see what comes in",
    Permission.INTAKE_ADD: "add recordings",
    Permission.PEOPLE_MANAGE: "read accounts",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenLine:
    """A token of the list; ``good`` is whether it lets anybody in."""

    token: ApiToken
    good: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensPage:
    """What the page shows.

    Attributes:
        made: The words of a token that was just made: they are shown once.
        told: What is wrong with what was sent.
        name: As it was sent, likewise the next two.
    """

    lines: tuple[TokenLine, ...]
    rights: tuple[Permission, ...]
    days_offered: tuple[int, ...]
    made: str | None = None
    made_name: str = ""
    told: str = ""
    name: str = ""
    chosen: frozenset[str] = frozenset(_READING)
    days: int = USUAL_DAYS


@router.get("/account/tokens")
def tokens(request: Request, visitor: Owner) -> Response:
    """List one's tokens, and offer to make one."""
    return site_of(request).page(request, "tokens/tokens.html", visitor, page=_page(request, visitor), means=MEANS)


@router.post("/account/tokens")
def makes_token(
    request: Request,
    visitor: Owner,
    name: Annotated[str, Form(max_length=200)] = "",
    rights: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form()] = USUAL_DAYS,
) -> Response:
    """Make a token and show it, this once."""
    site = site_of(request)
    chosen = frozenset(rights or ())
    try:
        with site.editing(visitor) as (connection, acts):
            token, words = make_token(
                connection, visitor.user, name=name, permissions=chosen, days=days, now=site.now()
            )
            details: dict[str, Detail] = {"did": "made", "rights": token.permissions, "days": days}
            acts.append(Act(action="token", subject=("token", token.token_id), details=details))
    except RequestError as error:
        page = _page(request, visitor, told=str(error), name=name, chosen=chosen, days=days)
        return site.page(request, "tokens/tokens.html", visitor, status=422, page=page, means=MEANS)
    page = _page(request, visitor, made=words, made_name=token.name)
    return site.page(request, "tokens/tokens.html", visitor, status=201, page=page, means=MEANS)


@router.post("/account/tokens/{token_id}/revoke")
def revokes_token(request: Request, visitor: Owner, token_id: str) -> Response:
    """Revoke a token: from the next request on it lets nobody in."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        if not revoke_token(connection, token_id, user_id=visitor.user.user_id, now=site.now()):
            raise NotFoundError("no such token of yours is good")
        acts.append(Act(action="token", subject=("token", token_id), details={"did": "revoked"}))
    return RedirectResponse("/account/tokens", status_code=303)


def _page(
    request: Request,
    visitor: Visitor,
    *,
    made: str | None = None,
    made_name: str = "",
    told: str = "",
    name: str = "",
    chosen: frozenset[str] = frozenset(_READING),
    days: int = USUAL_DAYS,
) -> TokensPage:
    site, now = site_of(request), site_of(request).now()
    with site.store.read() as connection:
        found = tokens_of(connection, visitor.user.user_id)
    lines = (TokenLine(token=token, good=is_good(token, now)) for token in found)
    return TokensPage(
        lines=tuple(line for line in lines if line.good or now - _ended(line.token) < _SHOWN_FOR),
        rights=tuple(each for each in Permission if each in MAY[visitor.user.role] - _PAGES_ONLY),
        days_offered=_DAYS_OFFERED,
        made=made,
        made_name=made_name,
        told=told,
        name=name,
        chosen=chosen,
        days=days,
    )


def _ended(token: ApiToken) -> datetime:
    return token.revoked_at or token.expires_at or token.created_at
