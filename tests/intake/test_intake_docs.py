from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.intake.defects import DEFECTS, defect, intake_error
from pipeline.intake.fields import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "intake.md").read_text(encoding="utf-8")
SOURCES = sorted((Path(__file__).parents[2] / "pipeline" / "intake").glob("*.py"))


def rows(first_cell: str) -> list[list[str]]:
    """The cells of the table whose header begins with a word."""
    table = PAGE.split(f"| {first_cell} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("| ").split(" | ")] for line in table]


def test_the_page_lists_every_defect_as_the_code_has_it() -> None:
    documented = {code: (effect, meaning, remedy) for code, effect, meaning, remedy in rows("code")}

    assert documented == {
        code: ("held back" if kind.fatal else "noted", kind.meaning, kind.remedy) for code, kind in DEFECTS.items()
    }


def test_the_page_lists_every_field() -> None:
    assert tuple(field for field, _ in rows("field")) == FIELDS


def test_the_page_names_only_settings_that_exist() -> None:
    named = set(re.findall(r"intake\.([a-z_]+)", PAGE)) - {"md"}

    assert named
    assert named <= set(IntakeSettings.model_fields)


def test_every_defect_in_the_code_is_in_the_table_and_the_other_way_round() -> None:
    code = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    raised = set(re.findall(r"(?:defect|intake_error)\(\s*\"([a-z0-9_]+)\"", code))

    assert raised == set(DEFECTS)


@pytest.mark.parametrize("code", DEFECTS)
def test_a_reason_says_what_is_wrong_and_what_to_do(code: str) -> None:
    assert defect(code, "this is wrong").reason == f"this is wrong: {DEFECTS[code].remedy}"
    assert defect(code).reason.startswith(DEFECTS[code].meaning)
    assert str(intake_error(code)) == defect(code).reason
    assert defect(code, fatal=True).fatal
