from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.config import Settings
from pipeline.parts import Parts
from pipeline.score.rubrics import load_rubrics
from tests.factories import recording
from tests.score.rubric_files import rubric_data, write

LATE = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)  # in New York still the 31st of May


@pytest.mark.parametrize(
    ("settings", "started_at", "version"),
    [
        ({}, LATE, 2),
        ({"intake": {"site_timezone": "America/New_York"}}, LATE, 1),
        ({"scorecards": {"timezone": "America/New_York"}}, LATE, 1),
        ({}, None, 2),
    ],
)
def test_rubric_of_a_call_is_the_version_of_its_day_at_the_site(
    tmp_path: Path, settings: dict[str, Any], started_at: datetime | None, version: int
) -> None:
    write(tmp_path, rubric_data(id="general"), "one.yaml")
    write(tmp_path, rubric_data(id="general", version=2, effective={"from": "2026-06-01"}), "two.yaml")
    never_asked: Any = cast(Any, None)
    parts = Parts(
        settings=Settings(**settings), engine=never_asked, detectors=never_asked, rubrics=load_rubrics(tmp_path)
    )
    assert parts.rubric_for(recording(started_at=started_at), "en").version == version
