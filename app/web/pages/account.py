"""What people see and set for themselves: their rights, their password, their stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import give_password
from app.acts import Act
from app.web.access.first_page import first_page
from app.web.access.passwords import LEAST_CHARACTERS, MOST_CHARACTERS, hash_password, is_password, require_strong
from app.web.access.sessions import hashed, is_over
from app.web.access.sign_in import note_attempt
from app.web.access.visitor import SignedIn, Visitor
from app.web.errors import BadRequestError, RequestError
from app.web.site import Site, site_of
from pipeline.errors import ConfigError, NotFoundError
from pipeline.store.people import end_sessions, forget_failed_sign_ins, list_sessions, password_hash_of

router = APIRouter()

Oneself = Annotated[Visitor, Depends(SignedIn(with_temporary_password=True))]
PasswordField = Annotated[str, Form(max_length=1000)]
_SHOWN = 16  # characters of a stay's hash that tell it apart


@dataclass(frozen=True, kw_only=True, slots=True)
class StayRow:
    """A stay as its user sees it."""

    stay_id: str
    started_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountPage:
    """What `account/account.html` shows.

    Attributes:
        has_password: Whether they sign in with one here.
        told: What went wrong with a form, or None.
        done: What was done, or None.
    """

    has_password: bool
    stays: tuple[StayRow, ...]
    least_characters: int = LEAST_CHARACTERS
    most_characters: int = MOST_CHARACTERS
    told: str | None = None
    done: str | None = None


@router.get("/account")
def account(request: Request, visitor: Oneself, done: str = "") -> Response:
    """Show who one is here."""
    return _page(request, visitor, done={"password": "Your password is changed.", "stays": "Ended."}.get(done))


@router.post("/account/password")
def changes_password(
    request: Request,
    visitor: Oneself,
    old: PasswordField = "",
    new: PasswordField = "",
    again: PasswordField = "",
) -> Response:
    """Set one's own password; the old one is asked for, and one's other stays end."""
    site = site_of(request)
    try:
        _change_password(site, visitor, old=old, new=new, again=again)
    except (ConfigError, RequestError) as error:
        status = error.status if isinstance(error, RequestError) else 422
        return _page(request, visitor, told=str(error), status=status)
    to = first_page(visitor) if visitor.user.temporary_password else "/account?done=password"
    return RedirectResponse(to, status_code=303)


@router.post("/account/stays/end")
def ends_stays(request: Request, visitor: Oneself, stay_id: Annotated[str, Form(max_length=64)] = "") -> Response:
    """End one of one's other stays, or all of them."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        mine = {stay.token_hash for stay in list_sessions(connection, visitor.user.user_id)} - {visitor.stay}
        chosen = {each for each in mine if not stay_id or each[:_SHOWN] == stay_id}
        if stay_id and not chosen:
            raise NotFoundError("this stay is over already")
        for token_hash in chosen:
            end_sessions(connection, token_hash=token_hash)
        subject = ("user", visitor.user.user_id)
        acts.append(Act(action="user", subject=subject, details={"did": "stays ended", "stays": len(chosen)}))
    return RedirectResponse("/account?done=stays", status_code=303)


def _change_password(site: Site, visitor: Visitor, *, old: str, new: str, again: str) -> None:
    user = visitor.user
    with site.store.read() as connection:
        password_hash = password_hash_of(connection, user.user_id)
    if password_hash is None:
        raise BadRequestError("you sign in elsewhere: change your password there")
    noted = note_attempt(site, {hashed(f"own password {user.user_id}"): 1})  # a stay left open is no way to guess it
    if not is_password(old, password_hash):
        raise BadRequestError("this is not your present password")
    with site.store.begin() as connection:
        forget_failed_sign_ins(connection, numbers=noted)
    if new != again:
        raise BadRequestError("the new password and its repetition differ")
    if new == old:
        raise BadRequestError("this is your present password: choose another")
    require_strong(new, user.name, user.display_name)
    made = hash_password(new)
    with site.editing(visitor) as (connection, acts):
        give_password(connection, acts, user, made, temporary=False, keep=visitor.stay)


def _page(
    request: Request, visitor: Visitor, *, told: str | None = None, done: str | None = None, status: int = 200
) -> Response:
    site, now = site_of(request), site_of(request).now()
    with site.store.read() as connection:
        stays = list_sessions(connection, visitor.user.user_id)
        has_password = password_hash_of(connection, visitor.user.user_id) is not None
    page = AccountPage(
        has_password=has_password,
        stays=tuple(
            StayRow(
                stay_id=stay.token_hash[:_SHOWN],
                started_at=stay.started_at,
                seen_at=stay.seen_at,
                is_this=stay.token_hash == visitor.stay,
            )
            for stay in stays
            if not is_over(stay, site.settings.console, now)
        ),
        told=told,
        done=done,
    )
    return site.page(request, "account/account.html", visitor, status=status, page=page)
