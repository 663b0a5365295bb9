"""Recordings on disk: the codecs that telephone systems export, and a look back at what was written."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from speaker.mix import Mix
from speaker.script import Codec
from speaker.voices import SAMPLE_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class _Format:
    container: str
    codec: str
    bit_rate: int | None = None
    options: dict[str, str] | None = None


_FORMATS: dict[Codec, _Format] = {
    "wav-ulaw": _Format(container="wav", codec="pcm_mulaw"),
    "wav-alaw": _Format(container="wav", codec="pcm_alaw"),
    "wav-pcm16": _Format(container="wav", codec="pcm_s16le"),
    "mp3": _Format(container="mp3", codec="libmp3lame", bit_rate=24_000),
    "opus": _Format(container="ogg", codec="libopus", bit_rate=24_000, options={"application": "voip"}),
    "flac": _Format(container="flac", codec="flac", options={"compression_level": "8"}),
    "m4a": _Format(container="ipod", codec="aac", bit_rate=28_000),
}


def write(path: Path, call: Mix, codec: Codec) -> None:
    """Encodes the call at 8 kHz with its own number of channels; equal calls give equal bytes."""
    if codec == "wav-gsm":
        _write_gsm(path, call)
        return
    form = _FORMATS[codec]
    layout = "mono" if call.pcm.shape[0] == 1 else "stereo"
    with av.open(str(path), "w", format=form.container, options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(form.codec, rate=SAMPLE_RATE_HZ, options=form.options or {})
        stream.codec_context.layout = layout
        stream.codec_context.flags |= 1 << 23  # AV_CODEC_FLAG_BITEXACT: no encoder version inside the file
        if form.bit_rate:
            stream.codec_context.bit_rate = form.bit_rate
        packed = np.ascontiguousarray(call.pcm.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate = SAMPLE_RATE_HZ
        for part in (frame, None):
            for packet in stream.encode(part):
                container.mux(packet)


def _write_gsm(path: Path, call: Mix) -> None:
    """GSM 06.10 in WAV by way of sox: FFmpeg reads it but cannot write it."""
    if call.pcm.shape[0] != 1:
        raise ValueError(f"{path.name}: GSM holds one channel; the script needs `layout: mono`")
    # A frame is 320 samples in 65 bytes. An odd number of frames makes sox count its padding byte as data, and FFmpeg
    # then fails on a last packet of one byte: end with a whole pair.
    pcm = np.pad(call.pcm[0], (0, -call.pcm.shape[1] % 640))
    raw = ["-t", "raw", "-r", str(SAMPLE_RATE_HZ), "-c", "1", "-e", "signed", "-b", "16", "-"]
    subprocess.run(["sox", "-D", *raw, "-e", "gsm-full-rate", str(path)], input=pcm.tobytes(), check=True)


def write_damaged(path: Path) -> None:
    """A WAV that a failing disk might leave behind: the right first bytes, then noise where the header should be."""
    noise = np.random.default_rng(21).integers(0, 256, 24_000, dtype=np.uint8).tobytes()
    path.write_bytes(b"RIFF\x00\x5e\x00\x00WAVEfmt \x12\x00\x00\x00" + noise)


def look(path: Path) -> tuple[str, int, int]:
    """Codec name, channels and decoded length in milliseconds, all from reading the whole file again."""
    samples = 0
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        for frame in container.decode(stream):
            samples += round(frame.samples * 1000 / frame.sample_rate * 1000)
        return stream.codec_context.name, stream.codec_context.channels, samples // 1000
