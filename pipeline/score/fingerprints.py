"""The fingerprint of a rubric: a hash over what decides scores, and over nothing else.

Titles, descriptions, guidance and coaching may be reworded without making old and new scores incomparable. The version
number is left out too: it is a name that people give, and the hash must show a change that somebody forgot to number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from pipeline import canonical
from pipeline.records import AppliesIf, Band, Criterion, CriterionTest, Section
from pipeline.records.language import DEFAULT_LANGUAGES

SCHEME = "rubric-1"


def rubric_fingerprint(
    rubric_id: str, pass_share: float, sections: Sequence[Section], languages: Sequence[str] = DEFAULT_LANGUAGES
) -> str:
    """Return ``rubric-1:sha256`` over the scoring fields of a rubric."""
    data: dict[str, Any] = {
        "id": rubric_id,
        "pass_share": float(pass_share),
        "sections": [
            {
                "id": section.id,
                "weight": float(section.weight),
                "criteria": [_criterion(criterion) for criterion in section.criteria],
            }
            for section in sections
        ],
    }
    if set(languages) != set(DEFAULT_LANGUAGES):  # a new key with a default changes no old fingerprint
        data["languages"] = sorted(set(languages))
    return canonical.fingerprint(SCHEME, data)


def _criterion(criterion: Criterion) -> dict[str, Any]:
    applies_if = {key: sorted(values) for key, values in _authored(criterion.applies_if).items()}
    return {
        "id": criterion.id,
        "points": float(criterion.points),
        "critical": criterion.critical,
        "auto_fail": criterion.auto_fail,
        "applies_if": applies_if,
        "test": {"kind": criterion.test.kind, **_authored(criterion.test)},
    }


def _authored(record: AppliesIf | CriterionTest | Band) -> dict[str, Any]:
    """Return the fields that differ from their defaults: a new key with a default then changes no old fingerprint."""
    authored = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value == field.default:
            continue
        is_bands = isinstance(value, tuple) and isinstance(value[0], Band)
        authored[field.name] = [_authored(band) for band in value] if is_bands else value
    return authored
