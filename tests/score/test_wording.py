from __future__ import annotations

import pytest

from pipeline.score import wording


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, "0 %"), (1, "100 %"), (0.625, "62.5 %"), (2 / 3, "66.6 %"), (0.29, "29 %"), (0.59996, "59.9 %")],
)
def test_percent_is_cut_to_one_decimal(share: float, expected: str) -> None:
    assert wording.percent(share) == expected


@pytest.mark.parametrize(
    ("names", "expected"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed_joins_names(names: list[str], expected: str) -> None:
    assert wording.listed(names) == expected


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [
        ("longest_dead_air_ms", 12_345, "12.3 s"),
        ("agent_talk_share", 0.63, "63 %"),
        ("agent_words_per_minute", 143.26, "143.2"),
        ("longest_dead_air_ms", 9_999, "9.9 s"),
        ("agent_talk_share", 0.6999, "69.9 %"),
        ("agent_interruptions", 2, "2"),
    ],
)
def test_measure_value_takes_its_unit_from_the_name(measure: str, value: float, expected: str) -> None:
    assert wording.measure_value(measure, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.2, "+1.0"), (-1, "-5.0"), (0, "0.0"), (0.009, "0.0"), (-0.301, "-1.6"), (0.29, "+1.4")],
)
def test_signed_shows_the_sign_but_none_for_zero(value: float, expected: str) -> None:
    assert wording.signed(value) == expected
