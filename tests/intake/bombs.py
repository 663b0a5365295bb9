"""Small files that unpack to much: hours or days of silence, tables of a thousand million entries, huge pictures.

They are written byte by byte, since no encoder would make them. Sources: RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg,
Opus), RFC 6716 (Opus packets), ISO/IEC 14496-12 (MP4), the PNG specification.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from pathlib import Path

HOUR_S = 3600
_FLAC_BLOCK = 65535
_OPUS_FRAME_MS = 120


def silent_flac(path: Path, seconds: int, *, rate_hz: int = 8000) -> Path:
    """Silence of any length: a frame of 14 bytes for every 65,535 samples."""
    count = seconds * rate_hz // _FLAC_BLOCK
    samples = count * _FLAC_BLOCK
    about = struct.pack(">HH", _FLAC_BLOCK, _FLAC_BLOCK) + bytes(6)
    about += ((rate_hz << 44) | (15 << 36) | samples).to_bytes(8, "big") + bytes(16)
    with path.open("wb") as file:
        file.write(b"fLaC" + bytes([0x80]) + len(about).to_bytes(3, "big") + about)
        for number in range(count):
            head = b"\xff\xf8\x70\x08" + _coded_number(number) + struct.pack(">H", _FLAC_BLOCK - 1)
            head += bytes([_crc(head, 8, 0x07)])
            frame = head + b"\x00\x00\x00"  # one constant subframe of 16 bits: zero
            file.write(frame + struct.pack(">H", _crc(frame, 16, 0x8005)))
    return path


def silent_opus(path: Path, seconds: int) -> Path:
    """Silence of any length: three bytes for every 120 ms, none of which holds sound."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 8000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    packet = bytes([0b0001_1011, 0b0000_0010])  # 60 ms of narrow-band speech, mono, two frames, both left out
    packets = seconds * 1000 // _OPUS_FRAME_MS
    with path.open("wb") as file:
        file.write(_ogg_page([head], 0, 0, flags=2) + _ogg_page([tags], 0, 1))
        number, page = 0, 2
        while number < packets:
            here = min(255, packets - number)
            number += here
            granule = number * _OPUS_FRAME_MS * 48
            file.write(_ogg_page([packet] * here, granule, page, flags=4 if number == packets else 0))
            page += 1
    return path


def silent_mp4(path: Path, seconds: int, *, frame: bytes, samples_of_frame: int = 1024, rate_hz: int = 8000) -> Path:
    """An MP4 whose table of chunks names the same coded frame again and again: four bytes for every frame."""
    count = seconds * rate_hz // samples_of_frame
    return _mp4(path, frame, entry_size=len(frame), entries=count, offsets=count, ticks=samples_of_frame)


def endless_table_mp4(path: Path, entries: int = 1 << 30) -> Path:
    """An MP4 of a few hundred bytes whose table of samples claims any number of entries."""
    return _mp4(path, bytes(64), entry_size=1, entries=entries, offsets=1, ticks=1, in_chunk=entries)


def cover_bomb(path: Path, side: int = 8_000) -> Path:
    """A FLAC with a cover picture of side x side points, black, a quarter of a gigabyte."""
    row = b"\0" * (1 + side * 4)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    png = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
    png += _png_chunk(b"IDAT", packed) + _png_chunk(b"IEND", b"")
    picture = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">I", 0)
    picture += struct.pack(">IIIII", side, side, 32, 0, len(png)) + png
    plain = silent_flac(path, 30).read_bytes()
    end = 4 + 4 + 34
    path.write_bytes(b"fLaC\x00" + plain[5:end] + b"\x86" + len(picture).to_bytes(3, "big") + picture + plain[end:])
    return path


def _mp4(
    path: Path, body: bytes, *, entry_size: int, entries: int, offsets: int, ticks: int, in_chunk: int = 1
) -> Path:
    file_type = _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    start = len(file_type) + 8
    media = _box(b"mdat", body)
    sound = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, 8000 << 16) + _aac_description()
    table = b"".join(
        [
            _box(b"stsd", struct.pack(">II", 0, 1) + _box(b"mp4a", sound)),
            _box(b"stts", struct.pack(">IIII", 0, 1, entries, ticks)),
            _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, in_chunk, 1)),
            _box(b"stsz", struct.pack(">III", 0, entry_size, entries)),
            _box(b"stco", struct.pack(">II", 0, offsets) + struct.pack(">I", start) * offsets),
        ]
    )
    length = min(entries * ticks, 0xFFFFFFFF)
    reference = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1) + _box(b"url ", struct.pack(">I", 1))))
    inner = _box(b"smhd", bytes(8)) + reference + _box(b"stbl", table)
    media_head = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 8000, length, 0x55C4, 0))
    handler = _box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"soun") + b"\0")
    track_head = _box(b"tkhd", struct.pack(">IIIIII", 7, 0, 0, 1, 0, length) + bytes(60))
    track = _box(b"trak", track_head + _box(b"mdia", media_head + handler + _box(b"minf", inner)))
    head = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 8000, length) + bytes(80))
    path.write_bytes(file_type + media + _box(b"moov", head + track))
    return path


def _aac_description() -> bytes:
    config = b"\x05\x02\x15\x88"  # AAC-LC, 8 kHz, mono
    decoder = b"\x04\x11\x40\x15\0\0\0" + bytes(8) + config
    stream = b"\x03" + bytes([3 + len(decoder) + 3]) + b"\0\1\0" + decoder + b"\x06\x01\x02"
    return _box(b"esds", bytes(4) + stream)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _ogg_page(packets: list[bytes], granule: int, number: int, *, flags: int = 0) -> bytes:
    lacing = bytes(len(packet) for packet in packets)  # all are shorter than 255
    head = b"OggS" + struct.pack("<BBqIII", 0, flags, granule, 7, number, 0) + bytes([len(lacing)]) + lacing
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", _crc(page, 32, 0x04C11DB7)) + page[26:]


def _coded_number(number: int) -> bytes:
    """Return a frame's number as FLAC writes it: like a character of UTF-8."""
    return chr(number).encode("utf-8", "surrogatepass") if number < 0x110000 else b"\xf7\xbf\xbf\xbf"


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    table, mask = _crc_table(bits, polynomial), (1 << bits) - 1
    value = 0
    for byte in data:
        value = ((value << 8) & mask) ^ table[(value >> (bits - 8)) ^ byte]
    return value


@cache
def _crc_table(bits: int, polynomial: int) -> list[int]:
    top, mask = 1 << (bits - 1), (1 << bits) - 1
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return table
