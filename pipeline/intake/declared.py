"""How long a file says it is, where its container truly says so. Estimates from size and bit rate do not count.

A recording that was cut off decodes without complaint in most containers; only its own claim gives it away.
Sources: RIFF/WAVE (Microsoft, 1991) and EBU Tech 3306 (RF64); RFC 9639 (FLAC); RFC 3533 (Ogg); the Xing/Info header as
LAME writes it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

# Recorders that write while the call goes on, or into a pipe, cannot know the size. They write one of these, or the
# largest size less the header's. Sox writes 0x7FFFF000, rounded down to whole blocks of the codec.
UNKNOWN_WAV_SIZES = (0, 0x7FFFFFFF, 0x80000000)
SOX_PLACEHOLDER = 0x7FFFF000
LEAST_PLACEHOLDER = 0xFFFFFF00

EXACT_TOLERANCE_MS = 100  # some recorders count their header as sound
CODED_TOLERANCE_MS = 500  # a codec's start-up and padding, which players cut away: 2 to 3 frames of 144 ms at 8 kHz

_MAX_CHUNKS = 1000
_MAX_OGG_PAGE = 65307
_MP3_SEARCH = 65536
_MP3_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """What the container claims. ``duration_ms`` is None where it claims nothing.

    Attributes:
        tolerance_ms: By how much the decoded sound may be shorter.
        cut_off: True where the file ends inside a unit of its container.
    """

    duration_ms: int | None = None
    tolerance_ms: int = EXACT_TOLERANCE_MS
    cut_off: bool = False


def declared_length(file: BinaryIO, size_bytes: int, format_name: str) -> Declared:
    """Return what an open file claims about its length; FFmpeg's format name says how to look. Moves the position."""
    file.seek(0)
    if format_name == "wav":
        return _wav(file, size_bytes)
    if format_name == "flac":
        return _flac(file)
    if format_name == "mp3":
        return _mp3(file)
    if format_name == "ogg":
        return _ogg(file, size_bytes)
    return Declared()


def _wav(file: BinaryIO, size_bytes: int) -> Declared:
    file.seek(12)
    bytes_per_second, block_bytes, wide_size = 0, 1, 0
    for _ in range(_MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            break
        name, size = struct.unpack("<4sI", header)
        if name == b"data":
            claimed = wide_size if size == 0xFFFFFFFF and wide_size else size
            available = size_bytes - file.tell()
            of_sox = SOX_PLACEHOLDER - SOX_PLACEHOLDER % block_bytes
            unknown = (
                claimed in (*UNKNOWN_WAV_SIZES, of_sox, SOX_PLACEHOLDER) or LEAST_PLACEHOLDER <= claimed <= 0xFFFFFFFF
            )
            if unknown or claimed <= available or not bytes_per_second:
                break
            return Declared(duration_ms=claimed * 1000 // bytes_per_second)
        body = file.read(min(size, 32))
        if name == b"fmt " and len(body) >= 14:
            bytes_per_second = int.from_bytes(body[8:12], "little")
            block_bytes = int.from_bytes(body[12:14], "little") or 1
        elif name == b"ds64" and len(body) >= 16:
            wide_size = int.from_bytes(body[8:16], "little") % 0xFFFFFFFFFFFFFFFF
        file.seek(size + size % 2 - len(body), 1)
    return Declared()


def _flac(file: BinaryIO) -> Declared:
    head = file.read(42)
    if len(head) < 42 or head[:4] != b"fLaC" or head[4] & 0x7F != 0:
        return Declared()
    packed = int.from_bytes(head[18:26], "big")
    rate_hz, samples = packed >> 44, packed & 0xFFFFFFFFF
    return Declared(duration_ms=samples * 1000 // rate_hz) if samples and rate_hz else Declared()


def _mp3(file: BinaryIO) -> Declared:
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3" and len(head) == 10:
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(start)
    data = file.read(_MP3_SEARCH)
    at = data.find(b"\xff")
    while at >= 0 and at + 4 <= len(data):
        version, layer, rate = (data[at + 1] >> 3) & 3, (data[at + 1] >> 1) & 3, (data[at + 2] >> 2) & 3
        if data[at + 1] & 0xE0 == 0xE0 and version != 1 and layer == 1 and rate != 3:
            mono = data[at + 3] >> 6 == 3
            tag = at + 4 + ((17 if mono else 32) if version == 3 else (9 if mono else 17))
            if data[tag : tag + 4] not in (b"Xing", b"Info") or not data[tag + 7 : tag + 8] or not data[tag + 7] & 1:
                return Declared()
            frames = int.from_bytes(data[tag + 8 : tag + 12], "big")
            samples = frames * (1152 if version == 3 else 576)
            return Declared(duration_ms=samples * 1000 // _MP3_RATES_HZ[version][rate], tolerance_ms=CODED_TOLERANCE_MS)
        at = data.find(b"\xff", at + 1)
    return Declared()


def _ogg(file: BinaryIO, size_bytes: int) -> Declared:
    file.seek(max(0, size_bytes - 2 * _MAX_OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS\0") :]
    segments = page[26] if len(page) > 26 else 0
    whole = len(page) >= 27 + segments and len(page) >= 27 + segments + sum(page[27 : 27 + segments])
    return Declared(cut_off=not whole)
