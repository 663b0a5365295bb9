"""Whose account it is that the provider says somebody has; accounts are never made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app.acts import Act, keep_log_head, record_acts
from app.web.access.openid import NotSignedInError
from app.web.access.sessions import begin_session, end_session
from app.web.access.sign_in import sign_in_act
from app.web.site import Site
from pipeline.records import User
from pipeline.review.wording import folded
from pipeline.store.people import bind_subject, get_user, password_hash_of, user_of_subject

_MOST_SUBJECT_CHARACTERS = 500


def sign_in_known(site: Site, claims: Mapping[str, Any], *, before: str | None = None) -> str:
    """Return the token of a new stay of whoever the provider says is there.

    Args:
        site: The console.
        claims: What it says, checked.
        before: The token of the stay that the browser was in, which ends.

    Raises:
        NotSignedInError: No account here is theirs, or they may not sign in any more.
    """
    subject = f"{claims['iss']} {claims['sub']}"
    if len(subject) > _MOST_SUBJECT_CHARACTERS or not subject.isprintable():
        raise NotSignedInError("the provider's name for you cannot be kept; tell whoever runs Earmark")
    with site.store.begin() as connection:
        user = user_of_subject(connection, subject) or _bound(connection, site, claims, subject)
        if not user.active:
            raise NotSignedInError("your account here is closed; ask an admin")
        if before is not None:
            end_session(connection, before)
        token = begin_session(connection, user, site.now())
        record_acts(connection, [sign_in_act(user, "single sign-on")], actor=user.name, now=site.now())
    keep_log_head(site.store, site.settings)
    return token


def _bound(connection: Connection, site: Site, claims: Mapping[str, Any], subject: str) -> User:
    """Return the account of somebody who comes for the first time, bound to them from now on."""
    claim = site.settings.sign_in.name_claim
    name = claims.get(claim)
    if not isinstance(name, str) or not name.strip():
        raise NotSignedInError(f"the provider does not tell your {claim}, by which accounts are found here")
    if claim == "email" and claims.get("email_verified") in (False, "false"):
        raise NotSignedInError("the provider has not verified your e-mail address, so it proves nothing here")
    user = get_user(connection, folded(name))
    if user is None:
        raise NotSignedInError("there is no account for you here yet; ask an admin to make one for single sign-on")
    if user.subject is not None or password_hash_of(connection, user.user_id) is not None:
        raise NotSignedInError("the account of this name signs in another way; ask an admin")
    if not user.active:
        raise NotSignedInError("your account here is closed; ask an admin")
    if not bind_subject(connection, user.user_id, subject):
        raise NotSignedInError("the account of this name signs in another way; ask an admin")
    act = Act(action="user", subject=("user", user.user_id), details={"did": "bound to single sign-on"})
    record_acts(connection, [act], actor=user.name, now=site.now())
    return user
