"""What Whisper engines share, with a made-up recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import TranscribeSettings
from pipeline.intake.decode import decode
from pipeline.sound import in_memory
from pipeline.transcribe.hearing import hear, settings_fingerprint, whole_words
from pipeline.transcribe.packing import HeardWord
from pipeline.transcribe.recogniser import HeardWindow, WindowSound


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


def spoken(shared_audio: Path) -> NDArray[np.float32]:
    """Eight seconds of a real call: the agent greets on channel 0, nobody on channel 1."""
    file = shared_audio / "hvb_callcenter" / "stereo" / "0002f70f7386445b.wav"
    return decode(file, target_rate_hz=16_000).samples[:, 3_000 * 16 : 11_000 * 16]


class Recogniser:
    """Hears one word a window, in the middle of it, and tells languages."""

    def __init__(self, **languages: float) -> None:
        self.asked: list[WindowSound] = []
        self._languages = languages

    def __call__(self, windows: Sequence[WindowSound]) -> list[HeardWindow]:
        self.asked += windows
        return [
            HeardWindow(
                words=(HeardWord(text=f" {w.language}", start_s=1.0, end_s=1.5, probability=0.9),),
                no_speech_probability=0.0,
                mean_log_probability=-0.1,
                languages=self._languages if w.asks_language else {},
            )
            for w in windows
        ]


@pytest.mark.parametrize(("language", "expected"), [("en", "en"), (None, "und")])
def test_hear_never_calls_the_recogniser_without_speech(language: str | None, expected: str) -> None:
    recogniser = Recogniser()
    silence = in_memory(np.zeros((2, 16_000), dtype=np.float32))
    heard = hear(silence, settings=TranscribeSettings(language=language), recognise=recogniser)
    assert recogniser.asked == []
    assert heard.channels == ((), ())
    assert (heard.language, heard.language_confidence) == (expected, None)


@pytest.mark.parametrize(
    ("settings", "languages", "heard_in", "told"),
    [
        pytest.param({}, {"en": 0.9, "cy": 0.1}, ["en"], ("en", 0.9), id="the expected one, in one go"),
        pytest.param({}, {"de": 0.8, "en": 0.2}, ["en", "de"], ("de", 0.8), id="another one, recognised again"),
        pytest.param({}, {"cy": 0.4, "en": 0.3}, ["en"], ("en", 0.3), id="not sure: the expected one"),
        pytest.param({"language": "es"}, {"en": 0.9}, ["es"], ("es", None), id="set: nothing is asked"),
        pytest.param({}, {}, ["en"], ("en", None), id="a model that knows one language"),
    ],
)
def test_hear_finds_the_language_while_it_listens(
    shared_audio: Path,
    settings: dict[str, str],
    languages: dict[str, float],
    heard_in: list[str],
    told: tuple[str, float | None],
) -> None:
    recogniser = Recogniser(**languages)
    heard = hear(in_memory(spoken(shared_audio)), settings=TranscribeSettings(**settings), recognise=recogniser)  # type: ignore[arg-type]
    assert [window.language for window in recogniser.asked] == heard_in
    assert (heard.language, heard.language_confidence) == (told[0], pytest.approx(told[1]))
    assert [word.text for word in heard.channels[0]] == [told[0]]


def test_hear_passes_names_on_and_encodes_windows_at_their_own_length(shared_audio: Path) -> None:
    recogniser = Recogniser()
    hear(in_memory(spoken(shared_audio)), settings=TranscribeSettings(), recognise=recogniser, prompt="Harper Valley")
    (window,) = recogniser.asked
    assert window.prompt == "Harper Valley"
    assert window.length_ms < window.encoded_ms < 15_000
    assert len(window.padded()) == window.encoded_ms * 16


def test_hear_gives_the_same_words_at_later_times_in_a_later_section(shared_audio: Path) -> None:
    once = spoken(shared_audio)
    quiet = np.zeros((2, 300_000 * 16), dtype=np.float32)
    early = hear(in_memory(once), settings=TranscribeSettings(), recognise=Recogniser())
    late = hear(lambda: iter([quiet, once]), settings=TranscribeSettings(), recognise=Recogniser())
    (first,), (second,) = early.channels[0], late.channels[0]
    assert second.start_ms - first.start_ms == pytest.approx(300_000, abs=40)


def test_settings_fingerprint_covers_what_bears_on_words_and_nothing_else() -> None:
    plain = settings_fingerprint(TranscribeSettings())
    assert settings_fingerprint(TranscribeSettings(threads=1, device="cpu", max_pause_in_turn_ms=1)) == plain
    assert settings_fingerprint(TranscribeSettings(beam_size=1)) != plain
    assert settings_fingerprint(TranscribeSettings(language="de")) != plain
    assert settings_fingerprint(TranscribeSettings(expected_language="de")) != plain


def test_leak_of_the_other_channel_is_not_given_to_the_recogniser(shared_audio: Path) -> None:
    own = decode(shared_audio / "hvb_callcenter" / "stereo" / "ff0296d00e5e4184.wav", target_rate_hz=16_000).samples
    alone, leaking = Recogniser(), Recogniser()
    for channels, recogniser in ((own, alone), (own + 0.1 * own[::-1], leaking)):
        hear(in_memory(channels), settings=TranscribeSettings(language="en"), recognise=recogniser)
    lengths = [sum(len(window.samples) for window in recogniser.asked) for recogniser in (alone, leaking)]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.1)
