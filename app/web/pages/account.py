"""Sign in, sign out, the first page, and what people set for themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.first_page import first_page
from app.web.access.sessions import COOKIE, end_session
from app.web.access.sign_in import sign_in
from app.web.access.visitor import SignedIn, Visitor, visitor_of
from app.web.errors import RequestError
from app.web.site import Site, site_of
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
        return RedirectResponse(_inside(after), status_code=303)
    return _sign_in_page(request, after=after)


@router.post("/sign-in")
def signs_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    after: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Begin a stay."""
    site = site_of(request)
    address = request.client.host if request.client else ""
    try:
        token = sign_in(site, name=name, password=password, address=address)
    except RequestError as error:
        return _sign_in_page(request, after=after, name=name, told=str(error), status=error.status)
    answer = RedirectResponse(_inside(after), status_code=303)
    set_session_cookie(answer, site, token)
    return answer


@router.get("/account")
def account(request: Request, visitor: Annotated[Visitor, Depends(SignedIn())]) -> Response:
    """Show who one is here."""
    return site_of(request).page(request, "account/account.html", visitor)


@router.post("/sign-out")
def signs_out(request: Request, visitor: Annotated[Visitor, Depends(SignedIn())]) -> Response:
    """End the stay."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        end_session(connection, request.cookies[COOKIE])
        acts.append(Act(action="sign-out", subject=("user", visitor.user.user_id)))
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def set_session_cookie(answer: Response, site: Site, token: str) -> None:
    """Let a browser keep a stay's token, out of reach of scripts."""
    console = site.settings.console
    answer.set_cookie(
        COOKIE,
        token,
        max_age=console.session_hours * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=(console.public_url or "").startswith("https://"),
    )


def _sign_in_page(request: Request, *, after: str, name: str = "", told: str = "", status: int = 200) -> Response:
    site = site_of(request)
    with site.store.read() as connection:
        nobody_yet = not list_users(connection)
    return site.page(
        request,
        "account/sign_in.html",
        status=status,
        after=_inside(after),
        name=name,
        told=told,
        nobody_yet=nobody_yet,
        elsewhere=site.settings.sign_in.label if site.settings.sign_in.issuer else None,
    )


def _inside(address: str) -> str:
    """Return an address of this site; what leads elsewhere becomes the first page."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if own and address.isprintable() else "/"
