"""The benchmark of encryption: that it compares what it says, and tells it so that it cannot be misread."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.encryption import DATABASE, MEDIA, PLAIN, SEALED, TIMED, Figures, _write_calls, measure, page
from pipeline.at_rest.in_use import keys_in_use


def cells(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def figures(ms: list[float], size: int, *, off: bool = False) -> Figures:
    return Figures(
        ms={task: list(ms) for task in TIMED}, size_bytes={DATABASE: size, MEDIA: 2 * size}, search_is_off=off
    )


def test_ratios_are_those_of_each_round_and_what_is_off_has_none() -> None:
    both = {PLAIN: figures([1.0, 10.0, 4.0], 8000), SEALED: figures([2.0, 11.0, 6.0], 4000, off=True)}
    text = page(both, calls=4, rounds=3, words=5, about="a test")
    assert cells(text, "read a call") == ["4.00", "6.00", "1.50 (1.10 to 2.00)"]
    assert cells(text, "search") == ["4.00", "off", "–"]
    assert cells(text, "database") == ["2.0", "1.0", "0.50"]
    assert cells(text, "recordings") == ["4.0", "2.0", "0.50"]
    assert "a test" in text
    assert max(map(len, (line for line in text.splitlines() if not line.startswith(("|", "On"))))) <= 130


def test_calls_are_the_same_in_both_ways_and_each_another(tmp_path: Path) -> None:
    first, second = (_write_calls(tmp_path / name, 2, 50) for name in ("a", "b"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert first[0].read_bytes() != first[1].read_bytes()


@pytest.mark.slow
def test_both_ways_are_measured_and_only_one_is_sealed(tmp_path: Path) -> None:
    found = measure(tmp_path, calls=2, rounds=2, words=60)
    for name, is_sealed in ((PLAIN, False), (SEALED, True)):
        got = found[name]
        assert {len(each) for each in got.ms.values()} == {2}
        assert all(ms > 0 for each in got.ms.values() for ms in each)
        assert got.search_is_off is is_sealed
        assert all(size > 0 for size in got.size_bytes.values())
        for number in range(2):
            stored = (tmp_path / f"{number}-{name}" / "earmark.db").read_bytes()
            assert (b"sealed-1:" in stored) is is_sealed
    assert keys_in_use() is None
    assert {file.read_bytes()[:4] for file in (tmp_path / "sealed").glob("*.wav")} == {b"EARM"}
