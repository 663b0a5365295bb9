"""Leak is taken out of the sound; a channel's own speech and double talk stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.intake.decode import decode
from pipeline.transcribe.leak import own_sound
from pipeline.transcribe.speech import SpeechSettings, find_speech
from tests.transcribe.voice import RATE_HZ, Signal, leak, voice

FRAME = 512
FIRST_S, SECOND_S, BOTH_S = (0, 10), (11, 20), (21, 30)


def leaked_frames(channels: Signal) -> NDArray[np.bool_]:
    return own_sound(channels)[1]


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


def power_db(sound: Signal) -> float:
    return float(10 * np.log10(np.square(sound).mean() + 1e-12))


@pytest.mark.parametrize("delay_ms", [0, 40, 100])
@pytest.mark.parametrize("db", [-10, -20])
def test_own_sound_is_without_leak_and_without_loss(db: float, delay_ms: float) -> None:
    own = np.stack([voice(1, FIRST_S, BOTH_S), voice(2, SECOND_S, BOTH_S)])
    echo = np.stack([leak(own[1], db, delay_ms), leak(own[0], db, delay_ms)])
    both = slice(22 * RATE_HZ, 29 * RATE_HZ)

    clean, leaked = own_sound(own + echo)

    assert (clean[0, 12 * RATE_HZ : 19 * RATE_HZ] == 0).mean() > 0.9
    # what leaks into the source and back again cannot be told from the channel's own
    assert power_db((clean - own)[:, both]) < power_db(echo[:, both]) + db + 1
    for channel, turn_s in enumerate((FIRST_S, SECOND_S)):
        alone = slice((turn_s[0] + 1) * RATE_HZ, (turn_s[1] - 1) * RATE_HZ)
        assert power_db((clean - own)[channel, alone]) < power_db(own[channel, alone]) + 2 * db + 1
    assert not clean[np.repeat(leaked, FRAME, axis=1)[:, : clean.shape[1]]].any()


def test_own_sound_is_the_very_same_where_nothing_leaks() -> None:
    channels = np.stack([voice(1, FIRST_S, BOTH_S), voice(2, SECOND_S, BOTH_S)])
    mono = channels[:1]

    assert own_sound(channels)[0] is channels
    assert own_sound(mono)[0] is mono


def test_own_sound_leaves_what_it_is_given_as_it_was() -> None:
    first = voice(1, FIRST_S)
    given = np.stack([first, voice(2, SECOND_S) + leak(first, -12, 15)])
    before = given.copy()

    clean, leaked = own_sound(given)

    assert leaked[1].any()
    assert not np.array_equal(clean, given)
    assert np.array_equal(given, before)


def test_a_breath_beside_leak_is_no_speech(shared_audio: Path) -> None:
    extra_ms, heard_ms = 0, 0
    for path in sorted((shared_audio / "hvb_callcenter" / "stereo").glob("*.wav")):
        own = decode(path, target_rate_hz=RATE_HZ).samples
        clean, _ = own_sound(own + np.stack([leak(own[1], -20, 30), leak(own[0], -20, 30)]))
        for alone, mixed in zip(own, clean, strict=True):
            said = find_speech(alone, SpeechSettings())
            found = find_speech(mixed, SpeechSettings())
            heard_ms += sum(span.length_ms for span in said)
            extra_ms += sum(
                span.length_ms
                for span in found
                if not any(span.start_ms < other.end_ms and other.start_ms < span.end_ms for other in said)
            )
            assert all(
                any(span.start_ms < other.end_ms and other.start_ms < span.end_ms for other in found) for span in said
            )
    assert extra_ms < 0.04 * heard_ms
