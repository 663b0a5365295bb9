"""A digest as the HTML body of an e-mail: inline styles, nothing fetched, readable in the dark and on a telephone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from pipeline.digests.figures_in_words import one_line
from pipeline.digests.lines import DigestPage

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def html_of(page: DigestPage) -> str:
    """Return a digest as one HTML page that needs nothing but itself."""
    return _template().render(page=page)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: one_line(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("digest.html.j2")
