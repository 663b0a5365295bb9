"""The sounds that the benchmark makes, and the files it writes."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asr.material import Call
from benchmarks.asr.music import pieces
from benchmarks.asr.nonspeech import Clip, clips, real_music, tones
from benchmarks.asr.sound import RATE_HZ, TELEPHONE_HZ, decibels, read, to_ulaw, write_pcm, write_ulaw
from benchmarks.asr.variants import MONO, STEREO, TWICE, as_telephone, beside_speech, changed, leak


@pytest.fixture(scope="module")
def nonspeech() -> list[Clip]:
    return list(clips())


def noise(channels: int = 2, length: int = 8000) -> np.ndarray:
    return (np.random.default_rng(0).standard_normal((channels, length)) * 0.1).astype(np.float32)


@pytest.mark.parametrize(("value", "code"), [(0.0, {0xFF, 0x7F}), (1.0, {0x80}), (-1.0, {0x00})])
def test_ulaw_has_the_codes_of_g711(value: float, code: set[int]) -> None:
    assert to_ulaw(np.full((1, 1), value, np.float32))[0] in code


def test_ulaw_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    samples = noise()
    write_ulaw(tmp_path / "a.wav", samples)

    found = read(tmp_path / "a.wav", rate_hz=TELEPHONE_HZ)

    assert found.shape == samples.shape
    assert np.max(np.abs(found - samples)) < 0.02
    assert np.corrcoef(found[1], samples[1])[0, 1] > 0.999


def test_ulaw_file_is_played_again_up_to_its_length(tmp_path: Path) -> None:
    write_ulaw(tmp_path / "a.wav", noise(length=8000), repeated_to_s=2.5)

    found = read(tmp_path / "a.wav", rate_hz=TELEPHONE_HZ)

    assert found.shape == (2, 20_000)
    assert np.array_equal(found[:, :8000], found[:, 8000:16_000])


def test_read_resamples_and_keeps_channels(tmp_path: Path) -> None:
    write_pcm(tmp_path / "a.wav", noise(channels=1), TELEPHONE_HZ)

    assert read(tmp_path / "a.wav").shape == (1, 16_000)


def test_decibels_are_rms_and_silence_stays_silence() -> None:
    level = np.sqrt(np.mean(decibels(noise(1)[0], -40) ** 2))

    assert 20 * np.log10(level) == pytest.approx(-40, abs=0.1)
    assert not decibels(np.zeros(10, np.float32), -40).any()


def test_nonspeech_is_ten_minutes_of_every_kind(nonspeech: list[Clip]) -> None:
    assert sum(clip.duration_s for clip in nonspeech) == pytest.approx(600, abs=15)
    assert {clip.kind for clip in nonspeech} == {
        *("silence", "noise", "hum", "tones", "DTMF", "modem", "handling", "music")
    }
    assert len({clip.name for clip in nonspeech}) == len(nonspeech)


def test_nonspeech_is_sound_within_range_and_the_same_every_time(nonspeech: list[Clip]) -> None:
    without_music = takewhile(lambda clip: clip.kind != "music", clips())  # which takes longest to make
    for clip in nonspeech:
        assert np.all(np.isfinite(clip.samples)), clip.name
        assert np.max(np.abs(clip.samples)) <= 1.0, clip.name
        assert clip.samples.any() == (clip.name != "digital silence"), clip.name
    for clip, again in zip(nonspeech, without_music, strict=False):
        assert np.array_equal(clip.samples, again.samples), clip.name


def test_tones_have_the_frequencies_and_pauses_of_their_cadence() -> None:
    ring = tones([(2, (440, 480)), (4, ())], 6)
    spectrum = np.abs(np.fft.rfft(ring[: RATE_HZ * 2]))

    assert sorted(np.argsort(spectrum)[-2:] / 2) == [440, 480]
    assert not ring[RATE_HZ * 2 :].any()


def test_music_pieces_differ_and_go_on_to_their_end() -> None:
    made = pieces(4)

    for name, piece in made.items():
        assert len(piece) == 4 * RATE_HZ
        assert np.sqrt(np.mean(piece[-RATE_HZ:] ** 2)) > 0.01, name
    names = list(made)
    for name in names[1:]:
        assert abs(np.corrcoef(made[names[0]], made[name])[0, 1]) < 0.5


def test_real_music_is_none_where_there_is_no_folder(tmp_path: Path) -> None:
    assert list(real_music(tmp_path / "nowhere")) == []


def test_real_music_is_the_middle_of_each_file(tmp_path: Path) -> None:
    write_pcm(tmp_path / "song.wav", noise(length=TELEPHONE_HZ * 4), TELEPHONE_HZ)

    (clip,) = real_music(tmp_path, each_s=2)

    assert (clip.name, clip.kind, clip.duration_s) == ("song", "real music", 2.0)


def test_leak_is_weaker_and_later() -> None:
    samples = np.zeros((2, 1000), np.float32)
    samples[0, 100] = 0.5

    leaked = leak(samples, level_db=-20, delay_ms=40)

    assert leaked[0, 100] == 0.5
    assert np.flatnonzero(leaked[1]).tolist() == [100 + 320]
    assert leaked[1, 420] == pytest.approx(0.05)


@pytest.mark.parametrize("name", [*STEREO, *MONO, *TWICE])
def test_changed_calls_keep_their_length_and_truth(name: str, tmp_path: Path) -> None:
    write_pcm(tmp_path / "call.wav", noise(), TELEPHONE_HZ)
    call = Call(name="call", file=tmp_path / "call.wav", duration_s=1, said=("a", "b"))

    made = changed(call, name, {**STEREO, **MONO, **TWICE}[name], tmp_path)
    sound = read(made.file, rate_hz=TELEPHONE_HZ)

    assert sound.shape == (1 if name in MONO else 2, 8000)
    assert made.said == (("a", "b") if name in STEREO else ("a b",))
    assert made.twice == (name in TWICE)


def test_something_beside_speech_is_on_the_other_channel(tmp_path: Path) -> None:
    write_pcm(tmp_path / "call.wav", noise(), TELEPHONE_HZ)
    call = Call(name="call", file=tmp_path / "call.wav", duration_s=1, said=("a", "b"))
    silence = Clip(name="digital silence", kind="silence", samples=np.zeros(RATE_HZ, np.float32))

    ((_, file, length_s),) = beside_speech(call, [silence], tmp_path)
    sound = read(file, rate_hz=TELEPHONE_HZ)

    assert length_s == 1
    assert sound[0].any()
    assert not sound[1].any()
    assert not read(as_telephone(silence, tmp_path)).any()
