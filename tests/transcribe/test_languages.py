from __future__ import annotations

import pytest

from pipeline.transcribe.languages import LanguageVotes


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([], ("en", None)),
        ([({}, 5000)], ("en", None)),
        ([({"de": 0.9, "en": 0.1}, 1000), ({"en": 0.8, "de": 0.2}, 9000)], ("en", 0.73)),
        ([({"de": 0.9, "en": 0.1}, 9000), ({"en": 0.8, "de": 0.2}, 1000)], ("de", 0.83)),
        ([({"cy": 0.45, "en": 0.40, "nn": 0.15}, 2000)], ("en", 0.40)),
        ([({"cy": 0.45, "nn": 0.15}, 2000)], ("en", 0.0)),
    ],
)
def test_votes_weigh_windows_by_length_and_doubt_goes_to_the_expected(
    windows: list[tuple[dict[str, float], int]], expected: tuple[str, float | None]
) -> None:
    votes = LanguageVotes("en")
    for languages, length_ms in windows:
        votes.add(languages, length_ms=length_ms)
    language, confidence = votes.decide()
    assert (language, confidence) == (expected[0], pytest.approx(expected[1]))
