"""A rubric by the name that a person gives: a file, an id, or an id with a version."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UnknownNameError
from pipeline.records import Rubric
from pipeline.score.rubrics import SUFFIXES, find_rubric, load_rubrics


def rubric_named(name: str, rubrics_dir: Path) -> Rubric:
    """Return the rubric of a file, of an id, or of ``id@version``; drafts and retired ones too.

    Raises:
        UnknownNameError: There is no such id, or not in this version; says which there are.
        AuthoredFileError: The file, or one in the folder, has problems.
    """
    rubric_id, at, version = name.rpartition("@")
    if not at or name.endswith(SUFFIXES):
        return find_rubric(name, rubrics_dir)
    rubrics = {f"{rubric.id}@{rubric.version}": rubric for rubric in load_rubrics(rubrics_dir)}
    if f"{rubric_id}@{version.removeprefix('v')}" not in rubrics:
        raise UnknownNameError("rubric", name, rubrics)
    return rubrics[f"{rubric_id}@{version.removeprefix('v')}"]
