"""The fingerprint of a rubric: a hash over what decides scores, and over nothing else.

Titles, descriptions, guidance and coaching may be reworded without making old and new scores incomparable. The version
number is left out too: it is a name that people give, and the hash must show a change that somebody forgot to number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from pipeline import canonical
from pipeline.records import Criterion, Section

SCHEME = "rubric-1"


def rubric_fingerprint(rubric_id: str, pass_share: float, sections: Sequence[Section]) -> str:
    """Return ``rubric-1:sha256`` over the scoring fields of a rubric."""
    data = {
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
    return canonical.fingerprint(SCHEME, data)


def _criterion(criterion: Criterion) -> dict[str, Any]:
    applies_if = dataclasses.asdict(criterion.applies_if)
    return {
        "id": criterion.id,
        "points": float(criterion.points),
        "critical": criterion.critical,
        "auto_fail": criterion.auto_fail,
        "applies_if": {key: sorted(values) for key, values in applies_if.items()},
        "test": canonical.to_data(criterion.test),
    }
