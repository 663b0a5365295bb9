"""The questions of the rubrics at hand, read again only when a file of theirs changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from app.web.site import Site
from pipeline.records import AnswerForm, Choice, Criterion, LlmTest, ManualTest, Numeric, Scale, YesNo
from pipeline.reviewing.evaluations import QuestionsAtHand, questions_at_hand
from pipeline.score.answers import labels
from pipeline.score.rubrics import SUFFIXES

_kept: list[tuple[object, QuestionsAtHand]] = []  # what was read last: one site, one folder of rubrics
_reading = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerOption:
    """An answer that can be chosen: ``value`` is what is sent."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerChoice:
    """How a question can be answered.

    Attributes:
        unit: Where a number answers it, what the number counts; None where no number does.
    """

    options: tuple[AnswerOption, ...]
    unit: str | None = None


_RIGHT_OR_WRONG = (("pass", "Yes, met"), ("partial", "Partly"), ("fail", "No, not met"))
_ALWAYS = (("not-applicable", "Does not apply"), ("cannot-assess", "Cannot tell"))


def questions_of(site: Site) -> QuestionsAtHand:
    """Return the criteria of the rubrics that can be read, by the fingerprint of what they ask."""
    state = _state_of(site)
    with _reading:  # it takes most of a second: once is enough
        if not _kept or _kept[0][0] != state:
            _kept[:] = [(state, questions_at_hand(site.settings.score))]
        return _kept[0][1]


def choice_of(criterion: Criterion | None) -> AnswerChoice:
    """Return how a person can answer a question; whether it was met, where its form is not known."""
    test = criterion.test if criterion else None
    form = test.answers if isinstance(test, (ManualTest, LlmTest)) else None
    own, unit = _own(form)
    always = [AnswerOption(value=value, label=label) for value, label in _ALWAYS]
    return AnswerChoice(options=(*own, *always), unit=unit)


def _own(form: AnswerForm | None) -> tuple[list[AnswerOption], str | None]:
    if isinstance(form, Numeric):
        return [], form.unit
    if isinstance(form, (YesNo, Scale, Choice)):
        return [AnswerOption(value=label, label=label) for label in labels(form)], None
    return [AnswerOption(value=value, label=label) for value, label in _RIGHT_OR_WRONG], None


def _state_of(site: Site) -> tuple[object, ...]:
    """Return what changes when a rubric does: names, sizes and times of the files."""
    settings = site.settings.score
    files = sorted(file for file in _files(settings.rubrics_dir) if file.suffix in SUFFIXES)
    if settings.rubric is not None and (named := Path(settings.rubric)).is_file():
        files.append(named)
    found = []
    for file in files:
        try:
            facts = file.stat()
        except OSError:
            continue
        found.append((str(file), facts.st_size, facts.st_mtime_ns))
    return tuple(found)


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
