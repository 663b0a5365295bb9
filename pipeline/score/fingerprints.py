"""Fingerprints of rubrics and of questions: hashes over what decides scores, and over nothing else.

Titles, descriptions, guidance and coaching may be reworded without making old and new scores incomparable, and a rubric
may be retired or take effect another day. The version number is left out too: it is a name that people give, and the
hash must show a change that somebody forgot to number.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from enum import Enum
from typing import Any

from pipeline import canonical
from pipeline.records import AppliesIf, AutoFailEffect, Criterion, CriterionTest, Section, Weighting
from pipeline.records.language import DEFAULT_LANGUAGES

SCHEME = "rubric-1"
QUESTION_SCHEME = "question-1"


def rubric_fingerprint(
    rubric_id: str,
    pass_share: float,
    sections: Sequence[Section],
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    *,
    weighting: Weighting = Weighting.POINTS,
    max_share: float | None = None,
) -> str:
    """Return ``rubric-1:sha256`` over the scoring fields of a rubric.

    Fields that came later are left out where they have their defaults: then they change no old fingerprint.
    """
    data: dict[str, Any] = {
        "id": rubric_id,
        "pass_share": float(pass_share),
        "sections": [_section(section) for section in sections],
    }
    if set(languages) != set(DEFAULT_LANGUAGES):
        data["languages"] = sorted(set(languages))
    if weighting is not Weighting.POINTS:
        data["weighting"] = weighting.value
    if max_share is not None:
        data["max_share"] = float(max_share)
    return canonical.fingerprint(SCHEME, data)


@functools.lru_cache(maxsize=1024)
def question_fingerprint(test: CriterionTest) -> str:
    """Return ``question-1:sha256`` over what a test asks and how it can be answered.

    Points, weights, titles and what a failure does are no part of it: answers to the same question may be compared over
    versions and rubrics.
    """
    return canonical.fingerprint(QUESTION_SCHEME, plain(test))


def plain(value: Any) -> Any:
    """Return a test, or a part of one, as plain data: its kind, and the fields that differ from their defaults."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if not dataclasses.is_dataclass(value):
        return value
    authored = {
        field.name: plain(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if field.name != "kind" and getattr(value, field.name) != field.default
    }
    kind = getattr(value, "kind", None)
    return authored if kind is None else {"kind": kind, **authored}


def _section(section: Section) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": section.id,
        "weight": float(section.weight),
        "criteria": [_criterion(criterion) for criterion in section.criteria],
    }
    if section.bonus:
        data["bonus"] = True
    if section.critical_below is not None:
        data["critical_below"] = float(section.critical_below)
    return data


def _criterion(criterion: Criterion) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": criterion.id,
        "points": float(criterion.points),
        "critical": criterion.critical,
        "auto_fail": criterion.auto_fail,
        "applies_if": _applies_if(criterion.applies_if),
        "test": plain(criterion.test),
    }
    if criterion.auto_fail and criterion.auto_fail_effect is not AutoFailEffect.ZERO_CALL:
        data["auto_fail_effect"] = criterion.auto_fail_effect.value
    if criterion.auto_fail and criterion.auto_fail_cap is not None:
        data["auto_fail_cap"] = float(criterion.auto_fail_cap)
    if criterion.min_confidence is not None:
        data["min_confidence"] = float(criterion.min_confidence)
    return data


def _applies_if(applies_if: AppliesIf) -> dict[str, Any]:
    """Return the restrictions that there are; their order means nothing."""
    flat = {
        "queues": applies_if.queues,
        "directions": applies_if.directions,
        "teams": applies_if.teams,
        "rules_present": applies_if.rules_present,
    }
    data: dict[str, Any] = {name: sorted(values) for name, values in flat.items() if values}
    if applies_if.metadata:
        data["metadata"] = sorted([field.name, sorted(field.values)] for field in applies_if.metadata)
    if applies_if.answers:
        data["answers"] = sorted([answer.criterion_id, sorted(answer.answers)] for answer in applies_if.answers)
    return data
