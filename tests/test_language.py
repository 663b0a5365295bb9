"""Languages: names, codes, and what is covered."""

from __future__ import annotations

import pytest

from pipeline.records.language import NAMES, covered, language_code, language_name


def test_names_are_those_of_the_languages_that_whisper_tells_apart() -> None:
    from whisper.tokenizer import LANGUAGES

    assert {code: name.casefold() for code, name in NAMES.items()} == LANGUAGES


@pytest.mark.parametrize(
    ("written", "code", "name"),
    [
        ("en", "en", "English"),
        ("EN-us", "en", "English"),
        ("pt_BR", "pt", "Portuguese"),
        ("Haitian Creole", "ht", "Haitian Creole"),
        (" german ", "de", "German"),
        ("xx", "xx", "xx"),
        ("", "", ""),
    ],
)
def test_language_is_known_by_code_region_and_name(written: str, code: str, name: str) -> None:
    assert language_code(written) == code
    assert language_name(written) == name


@pytest.mark.parametrize(
    ("language", "languages", "expected"),
    [
        ("en", ("en",), True),
        ("en-GB", ("de", "en"), True),
        ("und", ("de",), True),
        ("de", ("en",), False),
        ("", ("en",), True),
    ],
)
def test_covered_takes_a_call_without_words_for_covered(
    language: str, languages: tuple[str, ...], expected: bool
) -> None:
    assert covered(language, languages) is expected
