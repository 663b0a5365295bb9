from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.recordings import codes, encode, gsm_wav, stereo, taken_in, tone, wav

NOISE = np.random.default_rng(0).integers(0, 256, 100_000, dtype=np.uint8).tobytes()

HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "zero bytes": (lambda p: p.write_bytes(b""), "empty"),
    "random bytes": (lambda p: p.write_bytes(NOISE), "unreadable"),
    "text": (lambda p: p.write_text("Dear colleague,\n" * 200), "unreadable"),
    "header only": (lambda p: wav(p, stereo()[:0]), "empty"),
    "header only that claims 3.7 GB": (lambda p: wav(p, stereo()[:0], data_size=4_000_000_000), "truncated"),
    "half a header": (lambda p: p.write_bytes(wav(p, stereo()).read_bytes()[:20]), "unreadable"),
    "a folder": (lambda p: p.mkdir(), "unreadable"),
    "a dangling link": (lambda p: p.symlink_to(p.with_name("nothing")), "unreadable"),
    "a link to itself": (lambda p: p.symlink_to(p), "unreadable"),
    "a pipe": (os.mkfifo, "unreadable"),
    "31 channels": (lambda p: wav(p, np.zeros((16000, 31), np.int16)), "too_many_channels"),
    "too short": (lambda p: wav(p, stereo(0.4)), "too_short"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_take_in_turns_a_hostile_file_into_a_defect(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    make, code = HOSTILE[kind]
    path = tmp_path / "x.wav"
    make(path)

    outcome = taken_in(path)

    assert outcome.recording is None
    assert [defect.code for defect in outcome.defects if defect.fatal] == [code]
    assert outcome.media_uri == str(tmp_path.resolve() / "x.wav")
    assert capfd.readouterr() == ("", ""), "FFmpeg must not talk to the terminal"


def test_take_in_says_nothing_to_the_terminal_about_damage(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = encode(tmp_path / "a.mp3", stereo(5.0), codec="libmp3lame")
    data = bytearray(path.read_bytes())
    data[2000:6000] = NOISE[:4000]
    path.write_bytes(data)
    capfd.readouterr()

    taken_in(path)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".opus", ".gsm", ".aac", ".amr", ".m4a", ".flac", ".webm"])
def test_take_in_holds_back_noise_under_any_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(NOISE)

    assert taken_in(path).recording is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_take_in_reports_a_file_it_may_not_read(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", stereo())
    path.chmod(0)

    [defect] = [defect for defect in taken_in(path).defects if defect.fatal]

    assert "permission denied" in defect.reason


@pytest.mark.parametrize("name", ["x.wav", "x.m3u8", "x.mp3"])
def test_take_in_never_follows_a_play_list(tmp_path: Path, name: str) -> None:
    """FFmpeg would open what a play list names: a stranger's recording must reach no other file and no host."""
    wav(tmp_path / "other.wav", stereo())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        play_list = tmp_path / name
        play_list.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXTINF:9,\nother.wav\n")

        assert "unreadable" in codes(taken_in(play_list))
        with pytest.raises(TimeoutError):
            server.accept()

    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile 'other.wav'\n")
    assert "unreadable" in codes(taken_in(tmp_path / "list.wav"))


@pytest.mark.parametrize(
    "name",
    ["it's.wav", 'say "hi".wav', "two\nlines.wav", "a b  c.wav", "grüße-通话.wav", "%d:x.wav", "n" * 251 + ".wav"],
)
def test_take_in_reads_any_name(tmp_path: Path, name: str) -> None:
    outcome = taken_in(wav(tmp_path / name, stereo()))

    assert outcome.recording is not None
    assert outcome.media_uri == str(tmp_path.resolve() / name)


def test_take_in_asks_for_another_name_where_it_is_not_utf8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    try:
        wav(path, stereo())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")

    direct = taken_in(path)
    as_found = taken_in(Path(direct.media_uri))

    assert "name_not_unicode" in codes(direct)
    assert "name_not_unicode" in codes(as_found)
    assert direct.media_uri == as_found.media_uri
    direct.media_uri.encode()


def test_take_in_reports_a_video_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    assert "no_audio" in codes(taken_in(path))


def test_take_in_survives_planes_that_pyav_reads_beyond(tmp_path: Path) -> None:
    """A damaged AAC header may say 31 planar channels, on which PyAV's own conversion ends the process."""
    path = tmp_path / "a.flac"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=8000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8 * 16000), np.int16), format="s16", layout="7.1")
        frame.sample_rate = 8000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    assert "too_many_channels" in codes(taken_in(path))


def _valid(folder: Path) -> dict[str, bytes]:
    mono = tone(1.5).reshape(-1, 1)
    made = [
        wav(folder / "a.wav", mono),
        gsm_wav(folder / "g.wav", 1.5),
        encode(folder / "a.flac", mono, codec="flac"),
        encode(folder / "a.mp3", mono, codec="libmp3lame"),
        encode(folder / "a.opus", tone(1.5, rate_hz=48000).reshape(-1, 1), codec="libopus", rate_hz=48000),
        encode(folder / "a.m4a", mono, codec="aac"),
    ]
    return {path.name: path.read_bytes() for path in made}


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return _valid(tmp_path_factory.mktemp("valid"))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_take_in_never_raises_for_damaged_bytes(
    tmp_path: Path, valid_files: dict[str, bytes], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(valid_files)))
    damaged = bytearray(valid_files[name])
    for _ in range(data.draw(st.integers(1, 6))):
        # most of what a parser believes stands at the beginning
        at = data.draw(st.one_of(st.integers(0, 120), st.integers(0, len(damaged) - 1)))
        damaged[at] = data.draw(st.sampled_from([0, 1, 127, 128, 254, 255]))
    path = tmp_path / name
    path.write_bytes(damaged)

    outcome = taken_in(path)

    assert (outcome.recording is None) == any(defect.fatal for defect in outcome.defects)
    assert set(codes(outcome)) <= {
        "unreadable", "empty", "too_short", "truncated", "no_audio", "format_changes", "silent", "metadata_missing",
        "channel_silent", "duplicated_mono", "too_many_channels",
    }  # fmt: skip
