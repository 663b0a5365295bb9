from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from pipeline.records import Gap, Measures, Overtalk

PAGE = (Path(__file__).parents[2] / "docs" / "measures.md").read_text()
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells]
    for cells in re.findall(r"^\| (`\w+`) \|(.+)\|(.+)\|(.+)\|$", PAGE, re.M)
}


def test_page_defines_every_measure_and_no_other() -> None:
    assert list(ROWS) == [field.name for field in dataclasses.fields(Measures)]


def test_page_gives_definition_unit_and_when_unknown() -> None:
    assert not [name for name, cells in ROWS.items() if not all(cells)]


def test_page_calls_exactly_those_unknown_that_may_be_none() -> None:
    for field in dataclasses.fields(Measures):
        assert ROWS[field.name][3].startswith("never") != ("None" in str(field.type)), field.name


def test_page_gives_milliseconds_and_shares_their_unit() -> None:
    for name, cells in ROWS.items():
        expected = "ms" if name.endswith("_ms") else "0..1" if name.endswith("_share") else None
        assert expected is None or cells[2] == expected, name


def test_page_names_the_parts_of_gaps_and_overtalks() -> None:
    for record, row in ((Gap, ROWS["gaps"]), (Overtalk, ROWS["overtalks"])):
        assert not [field.name for field in dataclasses.fields(record) if f"`{field.name}`" not in row[1]]
