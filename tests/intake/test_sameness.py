"""A mono stored twice is found however badly it was copied; a stereo call with leak stays stereo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import IntakeSettings
from pipeline.intake.decode import call_audio, decode, load_call_audio
from pipeline.intake.measure import measure_sound
from pipeline.intake.sameness import ChannelPair
from tests.intake.recordings import RATE_HZ, encode, stereo, taken_in, tone, wav

LIMIT = IntakeSettings().duplicate_channel_sameness
Signal = NDArray[np.float64]


def parties(seconds: float = 40.0, *, seed: int = 1, second_speaks_s: float | None = None) -> tuple[Signal, Signal]:
    """Two voices that take turns of 2 to 3 s: noise in the band of speech, swelling in syllables."""
    random = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    spectrum = np.where((hz > 200) & (hz < 3000), 1 / np.maximum(hz, 200), 0)
    at_s = np.arange(n) / RATE_HZ
    both = []
    for party in (0, 1):
        carrier = np.fft.irfft(np.fft.rfft(random.normal(size=n)) * spectrum, n)
        syllables = np.abs(np.sin(2 * np.pi * (1.7 + 0.4 * party) * at_s + party))
        has_floor = (at_s % 5 < 3) == (party == 0)
        if party == 1 and second_speaks_s is not None:
            has_floor = (at_s >= 13) & (at_s < 13 + second_speaks_s)
        both.append(0.15 * carrier / carrier.std() * syllables * has_floor)
    return both[0], both[1]


def delayed(signal: Signal, ms: float) -> Signal:
    """A signal so much later, by any fraction of a sample."""
    hz = np.fft.rfftfreq(2 * len(signal), 1 / RATE_HZ)
    shifted = np.fft.rfft(signal, 2 * len(signal)) * np.exp(-2j * np.pi * hz * ms / 1000)
    return np.fft.irfft(shifted)[: len(signal)]


def noise(like: Signal, snr_db: float, *, seed: int = 3) -> Signal:
    return np.random.default_rng(seed).normal(0, like.std() * 10 ** (-snr_db / 20), len(like))


def hum(like: Signal, level: float) -> Signal:
    at_s = np.arange(len(like)) / RATE_HZ
    return level * sum(np.sin(2 * np.pi * 50 * k * at_s) / k for k in range(1, 7))


def gain(db: float) -> float:
    return float(10 ** (db / 20))


def as_samples(first: Signal, second: Signal) -> NDArray[np.int16]:
    return (np.stack([first, second], axis=1).clip(-1, 1) * 32767).astype(np.int16)


def sameness(first: Signal, second: Signal, *, piece: int = 1601) -> float | None:
    pair, samples = ChannelPair(), as_samples(first, second)
    for start in range(0, len(samples), piece):
        pair.add(samples[start : start + piece], RATE_HZ)
    return pair.sameness()


COPIES = {
    "exact": lambda mono: (mono, mono),
    "12 dB quieter": lambda mono: (mono, mono * gain(-12)),
    "12 dB louder": lambda mono: (mono * gain(-12), mono),
    "opposite sign": lambda mono: (mono, -mono),
    "1 ms late": lambda mono: (mono, delayed(mono, 1)),
    "30 ms late": lambda mono: (mono, delayed(mono, 30)),
    "early by a fraction of a sample": lambda mono: (delayed(mono, 7.03), mono),
    "line noise of 15 dB on both": lambda mono: (mono + noise(mono, 15), mono + noise(mono, 15, seed=4)),
    "DC offset": lambda mono: (mono, mono * 0.5 + 0.3),
    "hum on one": lambda mono: (mono, mono + hum(mono, 0.03)),
    "clipped": lambda mono: (mono, mono.clip(-0.1, 0.1)),
    "all at once": lambda mono: (
        mono + noise(mono, 18),
        -gain(-8) * delayed(mono.clip(-0.2, 0.2), 11.3) + noise(mono, 26, seed=5) + hum(mono, 0.01) - 0.1,
    ),
}


@pytest.mark.parametrize("copy", COPIES)
def test_sameness_of_a_mono_stored_twice_is_above_the_limit(copy: str) -> None:
    found = sameness(*COPIES[copy](sum(parties())))

    assert found is not None
    assert found > LIMIT


@pytest.mark.parametrize(
    ("codec", "name", "options"),
    [("libmp3lame", "a.mp3", {}), ("pcm_mulaw", "a.wav", {}), ("adpcm_ima_wav", "b.wav", {})],
)
def test_sameness_survives_coding_of_one_copy(tmp_path: Path, codec: str, name: str, options: dict[str, str]) -> None:
    mono = sum(parties(20))
    path = encode(tmp_path / name, as_samples(mono, mono)[:, :1], codec=codec, **options)
    coded = decode(path).samples[0].astype(np.float64)
    both = min(len(mono), len(coded))

    found = sameness(mono[:both], gain(-9) * coded[:both])

    assert found is not None
    assert found > LIMIT


@pytest.mark.parametrize("delay_ms", [0, 12.5, 60])
@pytest.mark.parametrize("leak_db", [-6, -10, -15, -20, -30])
@pytest.mark.parametrize("ways", ["both", "first into second", "second into first"])
def test_sameness_of_stereo_with_leak_is_far_below_the_limit(ways: str, leak_db: float, delay_ms: float) -> None:
    first, second = parties()
    heard_first = first + gain(leak_db) * delayed(second, delay_ms) * (ways != "first into second")
    heard_second = second + gain(leak_db) * delayed(first, delay_ms) * (ways != "second into first")

    found = sameness(heard_first, heard_second)

    assert found is not None
    assert found < 0.5


@pytest.mark.parametrize("ways", ["one", "both"])
@pytest.mark.parametrize("speaks_s", [1.0, 2.0])
def test_one_sentence_of_the_other_party_keeps_a_call_stereo(speaks_s: float, ways: str) -> None:
    first, second = parties(120, second_speaks_s=speaks_s)

    found = sameness(first + gain(-6) * second * (ways == "both"), second + gain(-6) * first)

    assert found is not None
    assert found < LIMIT


@pytest.mark.parametrize(("leak_db", "is_mono"), [(-6, True), (-15, True), (-20, False), (-30, False)])
def test_one_party_alone_is_mono_unless_the_second_channel_is_faint(leak_db: float, is_mono: bool) -> None:
    alone, _ = parties()

    assert ((sameness(alone, gain(leak_db) * delayed(alone, 5)) or 0) > LIMIT) is is_mono


def test_sameness_does_not_depend_on_the_pieces() -> None:
    mono = sum(parties(10))

    assert len({sameness(mono, mono * 0.5 + noise(mono, 15), piece=piece) for piece in (1, 160, 4001, 10**6)}) == 1


@pytest.mark.parametrize("rate_hz", [6000, 11025, 44100, 48000])
def test_sameness_holds_at_other_rates(tmp_path: Path, rate_hz: int) -> None:
    voices = stereo(4.0, rate_hz=rate_hz)
    copy = np.stack([voices[:, 0], voices[:, 0] // 3], axis=1)

    assert measure_sound(wav(tmp_path / "a.wav", copy, rate_hz=rate_hz)).channel_sameness == 1.0
    assert measure_sound(wav(tmp_path / "b.wav", voices, rate_hz=rate_hz)).channel_sameness == 0.0


def test_sameness_is_unknown_where_there_is_nothing_to_compare() -> None:
    mono = sum(parties(5))

    assert sameness(mono, mono * 0) is None
    assert sameness(mono[:100], mono[:100]) is None
    assert ChannelPair().sameness() is None


@pytest.mark.parametrize(
    ("second", "better"),
    [
        (lambda mono: mono * 0.5, 0),
        (lambda mono: mono * 1.5, 1),
        (lambda mono: mono * 1.5 + noise(mono, 10), 0),
        (lambda mono: (mono * 6).clip(-0.3, 0.3), 0),
    ],
    ids=["quieter", "louder", "louder and noisy", "louder and clipped"],
)
def test_better_channel_is_the_one_to_hear(tmp_path: Path, second: object, better: int) -> None:
    mono = parties(12)[0]
    mono = mono + noise(mono, 40, seed=8)
    samples = as_samples(mono, second(mono))  # type: ignore[operator]
    recording = taken_in(wav(tmp_path / "a.wav", samples)).recording
    assert recording
    assert recording.channels == 1

    kept = load_call_audio(recording, IntakeSettings(), target_rate_hz=RATE_HZ)
    blocks = np.concatenate(list(call_audio(recording, IntakeSettings())()), axis=1)

    np.testing.assert_allclose(kept[0], samples[:, better] / 32768, atol=2e-4)
    assert np.square(blocks).mean() == pytest.approx(np.square(kept).mean(), rel=0.02)


def test_a_tone_on_each_channel_is_no_mono() -> None:
    assert sameness(tone(3.0) / 32768, tone(3.0, hz=1000) / 32768) == 0.0


def test_calls_of_the_bank_are_told_from_their_mixes(shared_audio: Path) -> None:
    for path in sorted((shared_audio / "hvb_callcenter" / "stereo").glob("*.wav"))[:2]:
        agent, customer = decode(path).samples.astype(np.float64)
        mix = 0.5 * (agent + customer)
        late = delayed(agent, 20)

        assert (sameness(mix, -gain(-12) * delayed(mix, 9.4) + noise(mix, 30)) or 0) > LIMIT
        assert (sameness(agent, customer) or 0) < 0.3
        assert (sameness(agent + gain(-6) * delayed(customer, 20), customer + gain(-6) * late) or 0) < 0.8
