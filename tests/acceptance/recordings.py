"""Recordings and transcripts for the tests, made from the samples and their known truth."""

import functools
import json
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from tests.acceptance.command import AUDIO, SAMPLES

Sound = npt.NDArray[np.int16]  # channels x samples
RATE = 8000

CODECS = {
    "pcm.wav": "pcm_s16le",
    "u-law.wav": "pcm_mulaw",
    "a-law.wav": "pcm_alaw",
    "mp3.mp3": "libmp3lame",
    "opus.opus": "libopus",
    "flac.flac": "flac",
    "aac.m4a": "aac",
}


@functools.cache
def truth() -> dict[str, dict[str, Any]]:
    calls = json.loads((SAMPLES / "truth.json").read_text())["calls"]
    assert len(calls) >= 16
    return dict(calls)


def spoken(stem: str) -> list[dict[str, Any]]:
    return [turn for turn in truth()[stem]["turns"] if turn["kind"] == "speech"]


def is_mono(stem: str) -> bool:
    return bool(truth()[stem]["layout"] != "stereo")


@functools.cache
def sound_of(name: str) -> Sound:
    """A sample recording, decoded here and not by the product."""
    with av.open(str(AUDIO / name)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
        channels = container.streams.audio[0].codec_context.channels
    sound: Sound = np.concatenate([block.reshape(-1, channels).T for block in blocks], axis=1).astype(np.int16)
    return sound


def excerpt(name: str, begin_ms: int, length_ms: int) -> Sound:
    begin = begin_ms * RATE // 1000
    return sound_of(name)[:, begin : begin + length_ms * RATE // 1000]


def write(path: Path, sound: Sound, codec: str = "pcm_s16le") -> Path:
    """Encode a sound as telephone systems export it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    layout = "stereo" if len(sound) == 2 else "mono"
    with av.open(str(path), "w", format="ogg" if path.suffix == ".opus" else None) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, AudioStream)
        stream.layout = layout
        for begin in range(0, sound.shape[1], RATE):
            block = np.ascontiguousarray(sound[:, begin : begin + RATE].T.reshape(1, -1))
            frame = AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.sample_rate = RATE
            frame.pts = begin
            frame.time_base = Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one party says in a transcript that a test writes."""

    role: str
    text: str
    start_ms: int
    end_ms: int
    channel: int = 0


def transcript(lines: list[Line]) -> dict[str, Any]:
    """A transcript in the form of `earmark transcribe --json`, its words spread evenly over each turn."""
    turns = []
    for line in lines:
        parts = line.text.split()
        step = (line.end_ms - line.start_ms) / len(parts)
        words = [
            {
                "text": part,
                "start_ms": line.start_ms + math.floor(step * at),
                "end_ms": line.start_ms + math.floor(step * (at + 1)),
                "confidence": 0.97,
            }
            for at, part in enumerate(parts)
        ]
        turns.append(
            {
                "role": line.role,
                "channel": line.channel,
                "start_ms": line.start_ms,
                "end_ms": line.end_ms,
                "text": line.text,
                "confidence": 0.97,
                "words": words,
            }
        )
    return {"language": "en", "turns": turns}


def conversation(*said: tuple[str, str]) -> list[Line]:
    """Lines of (role, text) one after the other, 350 ms a word, half a second between them."""
    lines: list[Line] = []
    clock = 400
    for role, text in said:
        end = clock + 350 * len(text.split())
        channel = 1 if role == "customer" else 0
        lines.append(Line(role=role, text=text, start_ms=clock, end_ms=end, channel=channel))
        clock = end + 500
    return lines


def true_transcript(stem: str) -> dict[str, Any]:
    """What was said in a sample call, as a transcript without an error."""
    mono = is_mono(stem)
    return transcript(
        [
            Line(
                role="unknown" if mono else turn["role"].replace("system", "agent"),
                text=re.sub(r"\s+", " ", turn["words"]).strip(),
                start_ms=turn["start_ms"],
                end_ms=turn["end_ms"],
                channel=turn["channel"] or 0,
            )
            for turn in spoken(stem)
        ]
    )


def script_beside(recording: Path, content: dict[str, Any]) -> Path:
    """Put the transcript where the engine `scripted` looks for it."""
    path = recording.with_name(f"{recording.stem}.transcript.json")
    path.write_text(json.dumps(content))
    return path
