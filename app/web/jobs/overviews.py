"""Overviews of calls are brought up to date beside requests."""

from __future__ import annotations

from app.web.background import Job
from app.web.site import Site
from pipeline.reviewing.overviews import refresh_overviews

EVERY_S = 2.0
_AT_ONCE = 300  # nobody else can write to SQLite meanwhile: about a tenth of a second


def bring_up_to_date(site: Site) -> bool:
    """Make some of the rows that are to be made; tell whether there are more."""
    return refresh_overviews(site.store, site.settings.flags, most=_AT_ONCE)


JOBS = (Job(name="overviews", every_s=EVERY_S, run=bring_up_to_date),)
