"""Packs that were never finished are removed: they hold words and sound of calls, and no list shows them."""

from __future__ import annotations

from app.web.background import Job
from app.web.compliance.packs import remove_leftovers
from app.web.site import Site

EVERY_S = 3600.0
OLDER_THAN_S = 3600.0  # one that is being made is written to all the time


def remove_left_packs(site: Site) -> bool:
    """Remove them."""
    remove_leftovers(site, older_than_s=OLDER_THAN_S)
    return False


JOBS = (Job(name="left packs", every_s=EVERY_S, run=remove_left_packs),)
