"""A digest as plain text: the alternative of the e-mail, and what a folder gets beside the page."""

from __future__ import annotations

import textwrap

from pipeline.digests.figures_in_words import one_line
from pipeline.digests.lines import DigestPage, Line

_WIDTH = 78


def text_of(page: DigestPage) -> str:
    """Return a digest as lines of at most 78 characters; addresses and commands are never broken."""
    parts = [_wrapped(page.title), "=" * min(len(page.title), _WIDTH), "", _wrapped(page.lead)]
    for section in page.sections:
        parts += ["", section.title, "-" * len(section.title)]
        if section.about:
            parts.append(_wrapped(section.about))
        for line in section.lines:
            parts += _line(line)
    if page.notes:
        parts += ["", "--", *(_wrapped(note) for note in page.notes)]
    return "\n".join(parts) + "\n"


def _line(line: Line) -> list[str]:
    said = ": ".join(filter(None, (line.what, line.value)))
    shown = [_wrapped(said, "* ", "  ")]
    if line.note:
        shown.append(_wrapped(line.note, "  ", "  "))
    if line.place is not None:
        shown.append(f"  {line.place.target}")
    return shown


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(one_line(text), _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)
