"""The console's cookies: whose stay it is, and that a sign-in form is one of this site's."""

from __future__ import annotations

import re
import secrets

from fastapi import Request
from starlette.responses import Response

from app.web.access.sessions import cookie_name, is_secure
from app.web.site import Site, site_of

SIGN_IN_FIELD = "sign_in_token"
_SIGN_IN_COOKIE = "earmark_sign_in"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def set_session_cookie(answer: Response, site: Site, token: str) -> None:
    """Let a browser keep a stay's token, out of reach of scripts."""
    console = site.settings.console
    set_cookie(answer, site, cookie_name(console), token, max_age_s=console.session_hours * 3600)


def set_cookie(answer: Response, site: Site, name: str, value: str, *, max_age_s: int | None) -> None:
    """Let a browser keep something; None keeps it until the browser is closed."""
    secure = is_secure(site.settings.console)
    answer.set_cookie(name, value, max_age=max_age_s, path="/", httponly=True, samesite="lax", secure=secure)


def drop_cookie(answer: Response, site: Site, name: str) -> None:
    """Let a browser forget a cookie."""
    secure = is_secure(site.settings.console)
    answer.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=secure)


def new_sign_in_token(request: Request) -> str:
    """Return what a sign-in form carries: the same again while the browser keeps it, so that two tabs may sign in."""
    kept = _kept(request)
    return kept if kept is not None else secrets.token_urlsafe(32)


def set_sign_in_cookie(answer: Response, site: Site, token: str) -> None:
    """Let a browser keep what its sign-in forms carry."""
    name = cookie_name(site.settings.console, _SIGN_IN_COOKIE)
    set_cookie(answer, site, name, token, max_age_s=None)


def own_sign_in_form(request: Request, given: str) -> bool:
    """Tell whether a sign-in form came from this site's page in this browser.

    Another site could else sign somebody in under a name of its own, and see what they do there. It cannot read the
    cookie, and over https it cannot plant one either.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    kept = _kept(request)
    return kept is not None and secrets.compare_digest(given.encode("utf-8", "replace"), kept.encode())


def _kept(request: Request) -> str | None:
    found = request.cookies.get(cookie_name(site_of(request).settings.console, _SIGN_IN_COOKIE), "")
    return found if _TOKEN.fullmatch(found) else None
