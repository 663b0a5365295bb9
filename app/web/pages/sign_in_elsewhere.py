"""Signing in at the centre's own provider, and coming back."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.web.access.cookies import drop_cookie, set_cookie, set_session_cookie
from app.web.access.known_elsewhere import sign_in_known
from app.web.access.openid import Journey, NotSignedInError, claims_of, packed, question, set_out, unpacked
from app.web.access.sessions import cookie_name, hashed
from app.web.access.sign_in import note_attempt
from app.web.errors import RequestError
from app.web.pages.sign_in import inside, show_sign_in
from app.web.site import Site, site_of
from pipeline.errors import NotFoundError
from pipeline.store.people import forget_failed_sign_ins

router = APIRouter()

_COOKIE = "earmark_elsewhere"
_MINUTES = 10
_TRIES = 10  # times as many as of one name, from one address


@router.get("/sign-in/elsewhere")
def leads_elsewhere(request: Request, after: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Lead to the provider."""
    site = _with_provider(request)
    journey = set_out(inside(after))
    try:
        address = question(site, journey)
    except RequestError as error:
        return show_sign_in(request, after=after, told=str(error), status=error.status)
    answer = RedirectResponse(address, status_code=303)
    set_cookie(answer, site, _cookie(site), packed(journey), max_age_s=_MINUTES * 60)
    return answer


@router.get("/sign-in/elsewhere/back")
def comes_back(
    request: Request,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Begin a stay of whoever the provider says is there."""
    site = _with_provider(request)
    journey = unpacked(request.cookies.get(_cookie(site), ""))
    try:
        token = _enter(request, site, journey, code=code, state=state, refused=bool(error), iss=iss)
    except RequestError as failed:
        after = journey.after if journey else "/"
        answer: Response = show_sign_in(request, after=after, told=str(failed), status=failed.status)
    else:
        answer = RedirectResponse(inside(journey.after) if journey else "/", status_code=303)
        set_session_cookie(answer, site, token)
    drop_cookie(answer, site, _cookie(site))
    return answer


def _enter(
    request: Request, site: Site, journey: Journey | None, *, code: str, state: str, refused: bool, iss: str
) -> str:
    if journey is None or not secrets.compare_digest(state.encode("utf-8", "replace"), journey.state.encode()):
        raise NotSignedInError("this sign-in was not begun here, or too long ago: begin again")
    if iss and iss.rstrip("/") != (site.settings.sign_in.issuer or "").rstrip("/"):
        raise NotSignedInError("the answer came from another provider: begin again")
    if refused or not code:
        raise NotSignedInError("the provider did not sign you in; begin again, or sign in with a password")
    address = request.client.host if request.client else ""
    noted = note_attempt(site, {hashed(f"elsewhere from {address}"): _TRIES})
    claims = claims_of(site, journey, code)
    token = sign_in_known(site, claims, before=request.cookies.get(cookie_name(site.settings.console)))
    with site.store.begin() as connection:
        forget_failed_sign_ins(connection, numbers=noted)
    return token


def _with_provider(request: Request) -> Site:
    site = site_of(request)
    if site.settings.sign_in.issuer is None:
        raise NotFoundError("single sign-on is not set up here (sign_in.issuer)")
    return site


def _cookie(site: Site) -> str:
    return cookie_name(site.settings.console, _COOKIE)
