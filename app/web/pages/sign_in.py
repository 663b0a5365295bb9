"""The first page, signing in with a password, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.cookies import (
    SIGN_IN_FIELD,
    drop_cookie,
    new_sign_in_token,
    own_sign_in_form,
    set_session_cookie,
    set_sign_in_cookie,
)
from app.web.access.first_page import first_page
from app.web.access.sessions import cookie_name, end_session
from app.web.access.sign_in import sign_in
from app.web.access.visitor import SignedIn, Visitor, visitor_of
from app.web.errors import ForgedError, RequestError
from app.web.site import site_of
from pipeline.store.people import list_users

router = APIRouter()


@router.get("/")
def home(visitor: Annotated[Visitor, Depends(SignedIn())]) -> Response:
    """Lead to the page that one's work begins with."""
    return RedirectResponse(first_page(visitor), status_code=303)


@router.get("/sign-in")
async def sign_in_page(request: Request, after: str = "/") -> Response:
    """Ask who is there."""
    if await visitor_of(request) is not None:
        return RedirectResponse(inside(after), status_code=303)
    return show_sign_in(request, after=after)


@router.post("/sign-in")
def signs_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    after: Annotated[str, Form(max_length=2000)] = "/",
    token: Annotated[str, Form(alias=SIGN_IN_FIELD, max_length=200)] = "",
) -> Response:
    """Begin a stay."""
    site = site_of(request)
    address = request.client.host if request.client else ""
    before = request.cookies.get(cookie_name(site.settings.console))
    try:
        if not own_sign_in_form(request, token):
            raise ForgedError
        stay = sign_in(site, name=name, password=password, address=address, before=before)
    except RequestError as error:
        return show_sign_in(request, after=after, name=name, told=str(error), status=error.status)
    answer = RedirectResponse(inside(after), status_code=303)
    set_session_cookie(answer, site, stay)
    return answer


@router.post("/sign-out")
def signs_out(
    request: Request, visitor: Annotated[Visitor, Depends(SignedIn(with_temporary_password=True))]
) -> Response:
    """End the stay."""
    site = site_of(request)
    name = cookie_name(site.settings.console)
    with site.editing(visitor) as (connection, acts):
        end_session(connection, request.cookies[name])
        acts.append(Act(action="sign-out", subject=("user", visitor.user.user_id)))
    answer = RedirectResponse("/sign-in", status_code=303)
    drop_cookie(answer, site, name)
    return answer


def show_sign_in(request: Request, *, after: str, name: str = "", told: str = "", status: int = 200) -> Response:
    """Return the page that asks who is there, with what went wrong before."""
    site = site_of(request)
    with site.store.read() as connection:
        nobody_yet = not list_users(connection)
    token = new_sign_in_token(request)
    answer = site.page(
        request,
        "account/sign_in.html",
        status=status,
        after=inside(after),
        name=name,
        told=told,
        nobody_yet=nobody_yet,
        elsewhere=site.settings.sign_in.label if site.settings.sign_in.issuer else None,
        sign_in_token=token,
    )
    set_sign_in_cookie(answer, site, token)
    return answer


def inside(address: str) -> str:
    """Return an address of this site; what leads elsewhere becomes the first page."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if own and address.isprintable() else "/"
