"""What Whisper engines share, with a made-up recogniser."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.config import TranscribeSettings
from pipeline.transcribe.hearing import hear, settings_fingerprint, whole_words
from pipeline.transcribe.packing import HeardWord


def pieces(*texts: str) -> list[HeardWord]:
    return [HeardWord(text=text, start_s=i, end_s=i + 1, probability=0.5) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("language", "cut", "whole"),
    [
        ("en", (" at", " 10", ".30", " a", ".m."), ["at", "10.30", "a.m."]),
        ("en", (" 4111", "-1111"), ["4111-1111"]),
        ("en", ("Hello", " there"), ["Hello", "there"]),  # the first one may lack its space
        ("en", (" ", " yes", "  "), ["yes"]),
        ("ja", ("もし", "もし"), ["もし", "もし"]),
        ("en", (), []),
    ],
)
def test_whole_words_puts_together_what_the_tokenizer_cut(
    language: str, cut: tuple[str, ...], whole: list[str]
) -> None:
    assert [word.text for word in whole_words(pieces(*cut), language=language)] == whole


def test_whole_words_lasts_from_first_to_last_piece_and_weighs_confidence_by_letters() -> None:
    a = HeardWord(text=" a", start_s=1.0, end_s=1.1, probability=1.0)
    m = HeardWord(text=".m.", start_s=1.1, end_s=1.5, probability=0.6)
    (word,) = whole_words([a, m], language="en")
    assert (word.start_s, word.end_s, word.probability) == (1.0, 1.5, pytest.approx((1 * 1.0 + 3 * 0.6) / 4))


def test_hear_never_calls_the_recogniser_without_speech() -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("called on silence")

    silence = np.zeros((2, 16_000), dtype=np.float32)
    for language, expected in (("en", "en"), (None, "und")):
        heard = hear(silence, language=language, decode=refuse, detect_language=refuse)  # type: ignore[arg-type]
        assert heard.channels == ((), ())
        assert heard.language == expected


def test_settings_fingerprint_covers_what_bears_on_words_and_nothing_else() -> None:
    plain = settings_fingerprint(TranscribeSettings())
    assert settings_fingerprint(TranscribeSettings(threads=1, device="cpu", max_pause_in_turn_ms=1)) == plain
    assert settings_fingerprint(TranscribeSettings(beam_size=5)) != plain
    assert settings_fingerprint(TranscribeSettings(language=None)) != plain
