"""Calls that were scored lately are made ready for search."""

from __future__ import annotations

from app.web.background import Job
from app.web.site import Site
from pipeline.store.search_index import index_some, unsearched_count

CALLS_AT_ONCE = 20
"""Some tenths of a second: others who write wait so long on SQLite."""


def index_calls(site: Site) -> bool:
    """Make some calls ready; tell whether there are more."""
    with site.store.read() as connection:
        if not unsearched_count(connection):
            return False
    with site.store.begin() as connection:
        return index_some(connection, most=CALLS_AT_ONCE) == CALLS_AT_ONCE


JOBS = (Job(name="search", every_s=2, run=index_calls),)
