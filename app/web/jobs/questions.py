"""The rubrics at hand are read beside requests: reading them takes longer than a page may."""

from __future__ import annotations

from app.web.background import Job
from app.web.call.questions import questions_of
from app.web.site import Site

EVERY_S = 10.0


def keep_at_hand(site: Site) -> bool:
    """Read the rubrics again where a file of theirs has changed."""
    questions_of(site)
    return False


JOBS = (Job(name="questions", every_s=EVERY_S, run=keep_at_hand),)
