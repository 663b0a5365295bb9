"""What the first visitors would wait for: templates and the libraries of figures are loaded once, at the start."""

from __future__ import annotations

from importlib import import_module

from app.web.background import Job
from app.web.site import Site

ONCE_S = 1e9
_LIBRARIES = ("pandas", "altair", "vl_convert")


def load(site: Site) -> bool:
    """Compile every template and load what scorecards are reckoned and drawn with."""
    for name in site.templates.list_templates():
        if not name.endswith(".css"):
            site.templates.get_template(name)
    for library in _LIBRARIES:
        import_module(library)
    return False


JOBS = (Job(name="first use", every_s=ONCE_S, run=load),)
