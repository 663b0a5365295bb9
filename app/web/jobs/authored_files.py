"""Rubrics and rules are read when the console begins, and before somebody asks for them again."""

from __future__ import annotations

from app.web.authored import on_disk
from app.web.background import Job
from app.web.site import Site


def _read(site: Site) -> bool:
    on_disk(site)
    return False


JOBS = (Job(name="rubrics and rules", every_s=60.0, run=_read),)
