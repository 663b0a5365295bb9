"""How people and language models can answer a question, and which share of its points each answer earns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Values ``at_least <= value < below`` earn ``share`` (0..1) of the points. None is open-ended."""

    share: float
    at_least: float | None = None
    below: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class YesNo:
    """Yes or no; ``good`` is the answer that earns the points."""

    good: str = "yes"
    kind: str = "yes_no"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A whole number from ``lowest`` to ``highest``; share = (chosen - lowest) / (highest - lowest) (Zendesk QA)."""

    lowest: int
    highest: int
    kind: str = "scale"


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One answer of a choice. ``share`` None: who chooses it says that the question does not apply."""

    answer: str
    share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of several named answers, each with its share."""

    options: tuple[Option, ...]
    kind: str = "choice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Numeric:
    """A number, with shares by bands. ``unit`` is for people only."""

    bands: tuple[Band, ...]
    unit: str = ""
    kind: str = "numeric"


AnswerForm = YesNo | Scale | Choice | Numeric

YES_NO = YesNo()
"""Where a question does not say how it is answered."""
