"""Accounts of the console, for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Line, make_router, problems
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import looked, not_there
from app.web.site import site_of
from pipeline.records import User
from pipeline.review.wording import folded
from pipeline.store.people import get_user, list_users

router = make_router("users")

Manages = Annotated[Visitor, Depends(Needs(Permission.PEOPLE_MANAGE))]


@router.get("/users", response_model=Page[User], responses=problems(400))
def users_list(request: Request, response: Response, visitor: Manages, paging: Paged) -> Page[User]:
    """List accounts by name, those that may no longer sign in too."""
    site = site_of(request)
    (after,) = require_kinds(paging.after, str) or ("",)
    with site.store.read() as connection:
        found = [user for user in list_users(connection) if folded(user.name) > after]
    items, following = paging.page(found[: paging.limit + 1], lambda user: (folded(user.name),), response)
    looked(site, visitor, "users", users=len(items))
    return Page(items=list(items), next=following)


@router.get("/users/{name}", response_model=User)
def users_get(request: Request, visitor: Manages, name: Annotated[Line, Path(description="In any spelling.")]) -> User:
    """Show an account."""
    site = site_of(request)
    with site.store.read() as connection:
        found = get_user(connection, folded(name))
    if found is None:
        raise not_there("user", name)
    looked(site, visitor, "user", found.user_id)
    return found
