"""Stays that are over and old wrong passwords are deleted beside requests."""

from __future__ import annotations

from datetime import timedelta

from app.web.access.sessions import forget_old
from app.web.background import Job
from app.web.site import Site
from pipeline.store.people import forget_failed_sign_ins


def forget(site: Site) -> bool:
    """Delete what nobody needs any more."""
    now, console = site.now(), site.settings.console
    with site.store.begin() as connection:
        forget_old(connection, console, now)
        forget_failed_sign_ins(connection, before=now - timedelta(minutes=console.sign_in_wait_minutes))
    return False


JOBS = (Job(name="old stays", every_s=600, run=forget),)
