"""Leak is masked and dropped; a channel's own speech, double talk and what both say at once stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.intake.decode import decode
from pipeline.records import Word
from pipeline.transcribe.leak import echoed_words, leaked_frames, silenced
from tests.factories import words

RATE_HZ = 16_000
FRAME = 512
SECONDS = 30
FIRST_S, SECOND_S, BOTH_S = (0, 10), (11, 20), (21, 30)
Signal = NDArray[np.float32]


def voice(seed: int, *turns_s: tuple[float, float], soft: float = 1e-4) -> Signal:
    """A voice in some turns of `SECONDS`, syllable by syllable, over a little line noise."""
    random = np.random.default_rng(seed)
    n = SECONDS * RATE_HZ
    hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    carrier = np.fft.irfft(np.fft.rfft(random.normal(size=n)) * ((hz > 200) & (hz < 3400)) / np.maximum(hz, 200), n)
    at_s = np.arange(n) / RATE_HZ
    floor = sum((at_s >= start) & (at_s < end) for start, end in turns_s) if turns_s else np.zeros(n)
    syllables = np.sin(np.pi * (2.1 + 0.3 * (seed % 3)) * at_s) ** 2
    return (0.1 * carrier / carrier.std() * syllables * floor + random.normal(0, soft, n)).astype(np.float32)


def leak(signal: Signal, db: float, delay_ms: float) -> Signal:
    late = int(delay_ms * RATE_HZ / 1000)
    return np.float32(10 ** (db / 20)) * np.concatenate([np.zeros(late, np.float32), signal[: len(signal) - late]])


def share(frames: NDArray[np.bool_], during_s: tuple[float, float]) -> float:
    start, end = (int(at_s * RATE_HZ / FRAME) for at_s in during_s)
    return float(frames[start + 5 : end - 5].mean())


@pytest.mark.parametrize("delay_ms", [0, 10, 40, 80, 100])
@pytest.mark.parametrize("db", [-6, -10, -15, -20])
@pytest.mark.parametrize("both_ways", [True, False])
def test_leaked_frames_are_those_with_nothing_but_leak(both_ways: bool, db: float, delay_ms: float) -> None:
    own = np.stack([voice(1, FIRST_S, BOTH_S), voice(2, SECOND_S, BOTH_S)])
    echo = np.stack([leak(own[1], db, delay_ms) * both_ways, leak(own[0], db, delay_ms)])

    leaked = leaked_frames(own + echo)

    assert share(leaked[1], FIRST_S) > 0.97
    assert share(leaked[0], SECOND_S) > 0.97 if both_ways else not leaked[0].any()
    assert share(leaked[0], FIRST_S) == share(leaked[1], SECOND_S) == 0
    assert leaked[is_own(own, echo)].mean() < 0.005


def powers(sound: Signal) -> NDArray[np.float32]:
    whole = sound.shape[1] // FRAME
    return np.square(sound[:, : whole * FRAME].reshape(2, whole, FRAME)).mean(axis=2)


def is_own(own: Signal, echo: Signal) -> NDArray[np.bool_]:
    """The frames in which a party speaks at least as loud as what leaks into its channel."""
    loud = np.quantile(powers(own), 0.98, axis=1, keepdims=True)
    heard = (powers(own) > 0.01 * loud) & (powers(own) > powers(echo))
    return np.pad(heard, ((0, 0), (0, -(-own.shape[1] // FRAME) - heard.shape[1])))


def test_leaked_frames_follow_a_room_and_a_narrow_band() -> None:
    first, second = voice(1, FIRST_S), voice(2, SECOND_S)
    echo = np.random.default_rng(5).normal(size=1200) * np.exp(-np.arange(1200) / 200)
    room = np.convolve(leak(first, -15, 20), echo / np.sqrt((echo**2).sum()))[: len(first)]

    leaked = leaked_frames(np.stack([first, second + room.astype(np.float32)]))

    assert share(leaked[1], FIRST_S) > 0.95
    assert share(leaked[1], SECOND_S) == 0
    assert not leaked[0].any()


@pytest.mark.parametrize("case", ["two voices", "one copy", "nearly as loud", "silence", "noise", "one click"])
def test_nothing_leaks_between(case: str) -> None:
    first, second = voice(1, FIRST_S, BOTH_S), voice(2, SECOND_S, BOTH_S)
    other = {
        "two voices": second,
        "one copy": first,
        "nearly as loud": first * 0.8,
        "silence": np.zeros_like(first),
        "noise": voice(7),
        "one click": np.eye(1, len(first), 5000, dtype=np.float32)[0],
    }[case]

    assert not leaked_frames(np.stack([first, other])).any()


@pytest.mark.parametrize(
    ("shape", "frames"), [((2, 0), 0), ((2, 1), 1), ((2, 513), 2), ((1, 16_000), 32), ((3, 512), 1), ((2, 16_001), 32)]
)
def test_leaked_frames_are_as_many_as_the_speech_detector_gives(shape: tuple[int, int], frames: int) -> None:
    leaked = leaked_frames(np.zeros(shape, dtype=np.float32))

    assert leaked.shape == (shape[0], frames)
    assert not leaked.any()


SAID = "hello this is harbour bank"


def twice(*, echo_db: float, own: bool, text: str = SAID, late_ms: int = 60) -> tuple[list[tuple[Word, ...]], Signal]:
    """The same words on both channels: an echo of the first, or the second party's own voice at that level."""
    span_s = (2.0, 2.0 + 0.3 * len(text.split()))
    first = voice(1, span_s)
    second = voice(2, span_s) * np.float32(10 ** (echo_db / 20)) if own else voice(3) + leak(first, echo_db, late_ms)
    return [words(SAID, start_ms=2000), words(text, start_ms=2000 + late_ms)], np.stack([first, second])


@pytest.mark.parametrize("echo_db", [-8, -15, -20])
@pytest.mark.parametrize("text", [SAID, "Hello, this is Harbor Bank."])
def test_echoed_words_are_dropped_with_their_reason(text: str, echo_db: float) -> None:
    heard, channels = twice(echo_db=echo_db, own=False, text=text)

    kept, dropped = echoed_words(heard, channels)

    assert kept == (heard[0], ())
    assert [(word.channel, word.start_ms, word.reason) for word in dropped] == [
        (1, word.start_ms, "leak") for word in heard[1]
    ]
    assert " ".join(word.text for word in dropped) == text


@pytest.mark.parametrize("text", ["bye", "bye bye", "thank you very much"])
@pytest.mark.parametrize("level_db", [0, -6, -12, -20])
def test_words_that_both_say_at_once_stay(level_db: float, text: str) -> None:
    span_s = (2.0, 2.0 + 0.3 * len(text.split()))
    channels = np.stack([voice(1, span_s), voice(2, span_s) * np.float32(10 ** (level_db / 20))])
    heard = (words(text, start_ms=2000), words(text, start_ms=2050))

    assert echoed_words(heard, channels) == (heard, ())


def test_other_words_and_other_times_stay() -> None:
    heard, channels = twice(echo_db=-10, own=False)
    different = (heard[0], words("no i do not think", start_ms=2060))
    repeated = (heard[0], words(SAID, start_ms=4000))

    assert echoed_words(different, channels) == (different, ())
    assert echoed_words(repeated, channels) == (repeated, ())


def test_echoed_words_take_the_section_into_account() -> None:
    heard, channels = twice(echo_db=-10, own=False)
    later = [
        tuple(Word(text=w.text, start_ms=w.start_ms + 600_000, end_ms=w.end_ms + 600_000) for w in c) for c in heard
    ]

    kept, dropped = echoed_words(later, channels, offset_ms=600_000)

    assert kept == (later[0], ())
    assert dropped[0].start_ms == 602_060


def test_echoed_words_leave_mono_and_one_sided_calls_alone() -> None:
    heard = words(SAID)
    sound = np.zeros((2, RATE_HZ), dtype=np.float32)

    assert echoed_words([heard], sound[:1]) == ((heard,), ())
    assert echoed_words([heard, ()], sound) == ((heard, ()), ())
    assert echoed_words([], sound[:0]) == ((), ())


@pytest.mark.parametrize(("db", "delay_ms"), [(-6, 0), (-15, 40)])
def test_leak_in_calls_of_the_bank_is_masked_and_own_speech_is_not(
    shared_audio: Path, db: float, delay_ms: float
) -> None:
    masked: dict[str, list[NDArray[np.bool_]]] = {"only leak": [], "own": [], "own, untouched": []}
    for path in sorted((shared_audio / "hvb_callcenter" / "stereo").glob("*.wav")):
        own = decode(path, target_rate_hz=RATE_HZ).samples
        echo = np.stack([leak(own[1], db, delay_ms), leak(own[0], db, delay_ms)])
        loud = np.quantile(powers(echo), 0.98, axis=1, keepdims=True)
        only_leak = (powers(echo) > 10 * powers(own)) & (powers(echo) > 0.01 * loud)
        leaked = leaked_frames(own + echo)
        masked["only leak"].append(leaked[:, : only_leak.shape[1]][only_leak])
        masked["own"].append(leaked[is_own(own, echo)])
        masked["own, untouched"].append(leaked_frames(own)[is_own(own, 0 * own)])

    shares = {frames: float(np.concatenate(parts).mean()) for frames, parts in masked.items()}

    assert shares["only leak"] > 0.97
    assert shares["own"] < 0.005
    assert shares["own, untouched"] < 0.001


def test_silenced_takes_out_the_frames_of_leak_and_nothing_else() -> None:
    channels = np.ones((2, 1300), dtype=np.float32)
    leaked = np.array([[False, True, False], [False, False, False]])
    own = silenced(channels, leaked)
    assert own[0].tolist() == [1.0] * 512 + [0.0] * 512 + [1.0] * 276
    assert own[1].tolist() == [1.0] * 1300
    assert silenced(channels, np.zeros((2, 3), dtype=np.bool_)) is channels
