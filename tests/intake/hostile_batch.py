"""Two hundred files that no recorder should have written, and good calls among them. The same seed writes the same."""

from __future__ import annotations

import json
import os
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.intake import bombs
from tests.intake.recordings import encode, gsm_raw, gsm_wav, riff, stereo, tone, wav
from tests.scripted_calls import write_call

HOSTILE = 200
TEN_HOURS_S = 10 * bombs.HOUR_S
_SPARSE_BYTES = 20 << 30
_SILENT_AAC_FRAME = bytes.fromhex("01182007")

Make = Callable[[Path], object]

# Every one of them holds a good call, and its transcript beside it.
GOOD_NAMES = (
    "call", "it's", 'say "hi"', "two\nlines", "a..b", "three...", "-rf", "--config=x", "%d%s%n", "$(touch x)",
    "`id`; rm", "red\x1b[31m", "bell\x07", "tab\there", " blank ", "\u202egnp", "zero\u200bwidth\u200d", "\ufeffmark",
    "通话-grüße",
)  # fmt: skip


@dataclass
class Batch:
    """What lies in the folder.

    Attributes:
        good: Calls that must be scored.
        bad: Files that must be held back, with the code that says why; None where any code will do.
        lost: Calls that are taken in, but of which what they need is unusable.
        either: Damaged files: some can still be read, all must be accounted for.
        beyond: Files that must not be looked at: their bytes lie outside the folder.
    """

    good: set[Path] = field(default_factory=set)
    bad: dict[Path, str | None] = field(default_factory=dict)
    lost: set[Path] = field(default_factory=set)
    either: set[Path] = field(default_factory=set)
    beyond: set[Path] = field(default_factory=set)

    @property
    def hostile(self) -> int:
        """How many files are not as they should be."""
        return len(self.bad) + len(self.lost) + len(self.either) + len(self.beyond)


def write_good_calls(folder: Path) -> set[Path]:
    """Write the good calls alone."""
    return {write_call(folder, name, seed=seed) for seed, name in enumerate(GOOD_NAMES)}


def write_hostile_batch(folder: Path, *, seed: int = 9) -> Batch:
    """Write the good calls and 200 hostile files into a folder that does not exist yet."""
    batch = Batch(good=write_good_calls(folder))
    outside = folder.with_name("outside")
    batch.good.add(write_call(folder / "a folder named x.wav", "inside", seed=900))
    for number, (name, make, code) in enumerate([*_fakes(), *_claims(), *_bombs(), *_places(outside)]):
        path = folder / "bad" / f"{number:02d}-{name}"
        path.parent.mkdir(exist_ok=True)
        make(path)
        batch.bad[path] = code
    _with_metadata(folder / "metadata", batch)
    _with_transcripts(folder / "transcripts", batch)
    _links(folder, outside, batch)
    _odd_names(folder / "names", batch)
    damaged = _damaged(folder / "damaged", random.Random(seed))
    while batch.hostile < HOSTILE:
        batch.either.add(next(damaged))
    return batch


def _fakes() -> Iterator[tuple[str, Make, str | None]]:
    """What is no recording but is named like one."""
    contents = {
        "nothing.wav": (b"", "empty"),
        "zeroes.wav": (bytes(100_000), None),
        "noise.mp3": (np.random.default_rng(0).bytes(100_000), None),
        "text.opus": (b"Dear colleague,\n" * 999, "unreadable"),
        "list.wav": (b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", "unreadable"),
        "list.mp3": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "unreadable"),
        "session.wav": (b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 9 RTP/AVP 0\n", "unreadable"),
        "dash.m4a": (b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:9/</BaseURL></MPD>', "unreadable"),
        "entities.wav": (b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 999 + b'">]><a>' + b"&b;" * 999 + b"</a>", "unreadable"),
        "program.wav": (b"\x7fELF\x02\x01\x01" + bytes(999), "unreadable"),
        "page.wma": (b"<html><script>alert(1)</script></html>", "unreadable"),
        "device.flac": (b"/dev/zero", None),
    }
    for name, (content, code) in contents.items():
        yield name, lambda path, content=content: path.write_bytes(content), code  # type: ignore[misc]
    yield "archive.wav", _archive, "unreadable"


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("call.wav", bytes(50_000_000))


def _claims() -> Iterator[tuple[str, Make, str | None]]:
    """Headers that claim what is not there."""
    sound = stereo(1.5).astype("<i2").tobytes()
    data = b"data" + struct.pack("<I", len(sound)) + sound
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)

    def chunks(*parts: bytes) -> Make:
        return lambda path: path.write_bytes(b"RIFF" + struct.pack("<I", 0xFFFFFFF0) + b"WAVE" + b"".join(parts))

    yield "4-gb.wav", lambda path: wav(path, stereo()[:0], data_size=4_000_000_000), "truncated"
    yield "endless-format.wav", chunks(b"fmt " + struct.pack("<I", 0xFFFFFFFF), data), None
    yield "endless-list.wav", chunks(b"LIST" + struct.pack("<I", 0xFFFFFFF0), form, data), None
    yield "65535-channels.wav", lambda path: riff(path, sound, tag=1, align=1, channels=65535), None
    yield "no-channel.wav", lambda path: riff(path, sound, tag=1, channels=0), None
    yield "no-rate.wav", lambda path: riff(path, sound, tag=1, rate_hz=0), None
    yield "1-hz.wav", lambda path: riff(path, sound, tag=1, rate_hz=1), "odd_sample_rate"
    yield "2-ghz.wav", lambda path: riff(path, sound, tag=1, rate_hz=2_000_000_000), "odd_sample_rate"
    yield "unknown-codec.wav", lambda path: riff(path, sound, tag=0x7777), None
    yield "31-channels.wav", lambda path: wav(path, np.zeros((16000, 31), np.int16)), "too_many_channels"
    yield "endless-tag.mp3", lambda path: path.write_bytes(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(5000)), None
    yield "endless-frame.wav", lambda path: path.write_bytes(b"FORM\xff\xff\xff\xffAIFFCOMM\x7f\xff\xff\xff\0\1"), None
    yield (
        "endless-segment.webm",
        lambda path: path.write_bytes(
            bytes.fromhex("1a45dfa3 84 42828101 18538067 01fffffffffffffe 1654ae6b 01fffffffffffffe")
        ),
        None,
    )
    yield "deep-boxes.m4a", lambda path: path.write_bytes(_nested_boxes(20_000)), None
    for power in (16, 27, 30):
        yield f"table-{power}.m4a", lambda path, power=power: bombs.endless_table_mp4(path, 1 << power), None  # type: ignore[misc]


def _nested_boxes(depth: int) -> bytes:
    boxes = b"".join(struct.pack(">I", 8 * (depth - level)) + b"moov" for level in range(depth))
    return struct.pack(">I", 20) + b"ftypisom" + bytes(4) + b"isom" + boxes


def _bombs() -> Iterator[tuple[str, Make, str | None]]:
    """Little on the disk, hours or days when it is decoded."""
    yield "10-hours.flac", lambda path: bombs.silent_flac(path, TEN_HOURS_S), "too_long"
    yield "30-days.flac", lambda path: bombs.silent_flac(path, 72 * TEN_HOURS_S), "too_long"
    yield "10-hours.opus", lambda path: bombs.silent_opus(path, TEN_HOURS_S), "too_long"
    yield "10-hours.m4a", lambda path: bombs.silent_mp4(path, TEN_HOURS_S, frame=_SILENT_AAC_FRAME), "too_long"
    yield "8-channels.flac", _eight_channels, "too_many_channels"
    yield "picture.mp4", _picture_only, "no_audio"


def _eight_channels(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=8000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8 * 16000), np.int16), format="s16", layout="7.1")
        frame.sample_rate = 8000
        container.mux([*stream.encode(frame), *stream.encode(None)])


def _picture_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))


def _places(outside: Path) -> Iterator[tuple[str, Make, str | None]]:
    """Names in a folder behind which there is no file."""
    yield "pipe.wav", os.mkfifo, "unreadable"
    yield "dangling.wav", lambda path: path.symlink_to(path.with_name("nothing here")), "unreadable"
    yield "itself.wav", lambda path: path.symlink_to(path), "unreadable"


def _with_metadata(folder: Path, batch: Batch) -> None:
    """Put good sound beside metadata that are not."""
    sidecars: dict[str, Make] = {
        "deep": lambda path: path.write_text("[" * 200_000),
        "deep-objects": lambda path: path.write_text('{"a":' * 100_000),
        "20-gb": _sparse,
        "not-utf-8": lambda path: path.write_bytes(b'{"agent_id": "\xff\xfe"}'),
        "twice": lambda path: path.write_text('{"agent_id": "a", "agent_id": "b"}'),
        "list": lambda path: path.write_text('[{"agent_id": "a"}]'),
        "list-as-agent": lambda path: path.write_text('{"agent_id": ["a"]}'),
        "half": lambda path: path.write_text('{"agent_id": "a'),
        "nul": lambda path: path.write_bytes(bytes(4000)),
    }
    manifests: dict[str, Make] = {
        "20-gb": _sparse,
        "nul": lambda path: path.write_bytes(bytes(4000)),
        "huge-field": lambda path: path.write_text("file,agent_id\na.wav," + "x" * 2_000_000 + "\n"),
        "quote": lambda path: path.write_text('file,agent_id\n"a.wav,eve\n'),
        "column-twice": lambda path: path.write_text("file,agent_id,agent id\na.wav,b,c\n"),
        "no-column": lambda path: path.write_text("," * 1_000_000),
        "rows": lambda path: path.write_text("file\n" + "x\n" * 1_000_001),
        "half-of-utf-16": lambda path: path.write_bytes(b"\xff\xfef\0i\0l"),
        "differing": lambda path: path.write_text("file,agent_id\na.wav,b\na.wav,c\n"),
    }
    for number, (name, make) in enumerate(sidecars.items()):
        recording = write_call(folder, f"sidecar-{name}", seed=100 + number)
        make(recording.with_suffix(".json"))
        batch.bad[recording] = "sidecar_invalid"
    for number, (name, make) in enumerate(manifests.items()):
        recording = write_call(folder / f"manifest-{name}", "a", seed=200 + number)
        make(recording.with_name("manifest.csv"))
        batch.bad[recording] = "manifest_duplicate_row" if name == "differing" else "manifest_invalid"
    recording = write_call(folder, "time", seed=300)
    recording.with_suffix(".json").write_text(json.dumps({"started_at": "9999-12-31T23:59:60+99:99"}))
    batch.bad[recording] = "time_invalid"


def _with_transcripts(folder: Path, batch: Batch) -> None:
    """Put good sound beside transcripts that cannot be replayed."""
    transcripts: dict[str, Make] = {
        "deep": lambda path: path.write_text("[" * 200_000),
        "20-gb": _sparse,
        "long-number": lambda path: path.write_text('{"turns": ' + "9" * 100_000 + "}"),
        "negative-time": lambda path: path.write_text(
            '{"language": "en", "turns": [{"role": "agent", "start_ms": -5, "end_ms": -9, "text": "x"}]}'
        ),
        "no-such-channel": lambda path: path.write_text(
            '{"language": "en", "turns": [{"role": "agent", "channel": 9, "start_ms": 0, "end_ms": 9, "text": "x"}]}'
        ),
    }
    for number, (name, make) in enumerate(transcripts.items()):
        recording = write_call(folder, name, seed=400 + number, scripted=False)
        make(recording.with_name(f"{recording.stem}.transcript.json"))
        batch.lost.add(recording)


def _sparse(path: Path) -> None:
    """Write a file that claims 20 GB and takes none."""
    with path.open("wb") as file:
        file.truncate(_SPARSE_BYTES)


def _links(folder: Path, outside: Path, batch: Batch) -> None:
    secret = write_call(outside, "secret", seed=500)
    for name, target in {"out.wav": secret, "root.wav": Path("/dev/zero"), "up": outside, "circle": folder}.items():
        link = folder / "links" / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target)
        batch.beyond.add(link)


def _odd_names(folder: Path, batch: Batch) -> None:
    folder.mkdir()
    batch.lost.add(bombs.cover_bomb(folder / "cover.flac"))
    batch.lost.add(_many_tracks(folder / "60-tracks.m4a"))
    longest = "n" * 251 + ".wav"  # 255 bytes: no name is left for a transcript
    batch.lost.add(wav(folder / longest, stereo(2.5)))
    try:
        path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.wav"))
        batch.bad[Path(str(folder), "caf\\xe9.wav")] = "name_not_unicode"
        wav(path, stereo(2.6))
    except OSError:  # a file system of UTF-8 names only
        del batch.bad[Path(str(folder), "caf\\xe9.wav")]


def _damaged(folder: Path, chance: random.Random) -> Iterator[Path]:
    """Yield recordings of every container in turn: bits flipped, numbers made absurd, cut short, repeated."""
    folder.mkdir()
    whole = _whole_recordings(folder)
    number = 0
    while True:
        for name, content in whole.items():
            path = folder / f"{number:03d}-{name}"
            path.write_bytes(_mutated(content, chance))
            number += 1
            yield path


def _whole_recordings(folder: Path) -> dict[str, bytes]:
    mono, wide = tone(1.5).reshape(-1, 1), tone(1.5, rate_hz=48000).reshape(-1, 1)
    made: dict[str, Make] = {
        "pcm.wav": lambda path: wav(path, stereo(1.5)),
        "gsm.wav": lambda path: gsm_wav(path, 1.5),
        "raw.gsm": lambda path: gsm_raw(path, 1.5),
        "ima.wav": lambda path: encode(path, mono, codec="adpcm_ima_wav"),
        "u-law.wav": lambda path: encode(path, mono, codec="pcm_mulaw"),
        "a.flac": lambda path: encode(path, mono, codec="flac"),
        "a.mp3": lambda path: encode(path, mono, codec="libmp3lame"),
        "a.opus": lambda path: encode(path, wide, codec="libopus", rate_hz=48000),
        "a.webm": lambda path: encode(path, wide, codec="libopus", rate_hz=48000),
        "aac.m4a": lambda path: encode(path, mono, codec="aac"),
        "alac.m4a": lambda path: encode(path, mono, codec="alac"),
        "a.aac": lambda path: encode(path, mono, codec="aac"),
        "a.wma": lambda path: encode(path, mono, codec="wmav2"),
        "a.amr": lambda path: encode(path, mono, codec="libopencore_amrnb"),
    }
    whole = {}
    for name, make in made.items():
        path = folder / f"whole-{name}"
        make(path)
        whole[name] = path.read_bytes()
        path.unlink()
    return whole


def _many_tracks(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("aac", rate=8000, layout="mono") for _ in range(60)]
        for stream in streams:
            for number in range(10):
                frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = 8000, number * 1024, Fraction(1, 8000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def _mutated(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    kind = chance.random()
    if kind < 0.15:
        del damaged[chance.randrange(1, len(damaged)) :]
    elif kind > 0.9:
        start = chance.randrange(len(damaged))
        damaged[start:start] = damaged[start : start + chance.randrange(1, 400)] * chance.randrange(1, 20)
    for _ in range(chance.randint(1, 8)):  # most of what a parser believes stands at the beginning
        at = chance.randrange(min(len(damaged), chance.choice([64, 200, 800, len(damaged)])))
        size = chance.choice([1, 1, 2, 4])
        flipped = bytes([damaged[at] ^ (1 << chance.randrange(8))])
        value = chance.choice(
            [bytes(size), b"\xff" * size, b"\x7f" + b"\xff" * (size - 1), chance.randbytes(size), flipped]
        )
        damaged[at : at + len(value)] = value
    return bytes(damaged)
