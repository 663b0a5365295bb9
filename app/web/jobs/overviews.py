"""Overviews of calls are brought up to date beside requests."""

from __future__ import annotations

from app.web.background import Job
from app.web.site import Site
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.stale import mark_judged_by_figures

EVERY_S = 2.0
_BEGUN = "overviews were looked over"
_AT_ONCE = 300  # nobody else can write to SQLite meanwhile: about a tenth of a second


def bring_up_to_date(site: Site) -> bool:
    """Make some of the rows that are to be made; tell whether there are more."""
    if not site.kept.setdefault(_BEGUN, False):  # settings may be others than those of the process before
        with site.store.begin() as connection:
            mark_judged_by_figures(connection)
        site.kept[_BEGUN] = True
    return refresh_overviews(site.store, site.settings.flags, most=_AT_ONCE)


JOBS = (Job(name="overviews", every_s=EVERY_S, run=bring_up_to_date),)
