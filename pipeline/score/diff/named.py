"""A rubric by the name that a person gives: a file, an id, or an id with a version."""

from __future__ import annotations

from pathlib import Path

from pipeline.records import Rubric
from pipeline.score.rubrics import find_rubric


def rubric_named(name: str, rubrics_dir: Path) -> Rubric:
    """Return the rubric that `find_rubric` finds, which says what it raises."""
    return find_rubric(name, rubrics_dir)
