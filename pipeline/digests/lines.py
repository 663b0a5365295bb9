"""What a digest is read as: lines under headings, the same for e-mail, text and terminal."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.digests.links import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One figure: what it is, its value, what is to be known about it, and where its calls are."""

    what: str
    value: str = ""
    note: str = ""
    place: Place | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Lines under a heading; ``about`` says how they are meant."""

    title: str
    lines: tuple[Line, ...]
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestPage:
    """A digest as it is read.

    Attributes:
        subject: Of the e-mail.
        lead: The one sentence to read where there is time for one.
        notes: How the figures are meant, at the end.
    """

    subject: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
