"""Sealed files that can be sought in: blocks of 64 KiB, each sealed with its number and whether it is the last.

A file begins with a head of 32 bytes: ``EARMSEAL``, a version, the key's name (6 bytes), a random salt (16 bytes) and a
byte of zero. Its blocks are sealed with AES-256-GCM by a key that is derived from the salt, so that a block's number
may be its nonce (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015): no block can be
exchanged, left out, cut off or added without being noticed.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from pipeline.at_rest.in_place import Original
from pipeline.at_rest.keys import SALT_BYTES, KeyRing, key_missing
from pipeline.errors import SealedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"EARMSEAL\x01"
BLOCK_BYTES = 64 * 1024

_PURPOSE = b"earmark at rest: files 1"
_KEY_ID_BYTES = 6
_HEAD_BYTES = len(MAGIC) + _KEY_ID_BYTES + SALT_BYTES + 1
_TAG_BYTES = 16
_SEALED_BLOCK_BYTES = BLOCK_BYTES + _TAG_BYTES
_NOT_WHOLE = "the sealed file was changed, or its end is missing"


def is_sealed(file: BinaryIO) -> bool:
    """Tell whether a file is sealed; it stands at its beginning afterwards."""
    file.seek(0)
    beginning = file.read(len(MAGIC))
    file.seek(0)
    return beginning == MAGIC


def unsealed(file: BinaryIO, ring: KeyRing | None) -> BinaryIO:
    """Return a file as it was before it was sealed, to be read and sought in; one that is not sealed as it is.

    Args:
        file: Open to be read and sought in. Closing what is returned closes it.
        ring: The keys at hand.

    Raises:
        SealedError: Its key is not at hand, or its end is missing or was changed; then the file stays open. A block
            that was changed raises an OSError when it is read.
    """
    if not is_sealed(file):
        return file
    return cast(BinaryIO, io.BufferedReader(_OpenSealed(file, ring), BLOCK_BYTES))


def read_sealed(path: Path, ring: KeyRing | None) -> bytes:
    """Return what a file holds, sealed or not; errors as in `unsealed`, and OSError."""
    with path.open("rb") as file, unsealed(file, ring) as opened:
        return opened.read()


def size_otherwise(path: Path) -> int:
    """Return how large a file would be sealed, or, where it is sealed, how large it was before; no key is needed.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if is_sealed(file):
            return _unsealed_size(size - _HEAD_BYTES)
    return _HEAD_BYTES + size + _TAG_BYTES * max(1, -(-size // BLOCK_BYTES))


class SealingWriter(io.RawIOBase):
    """A file to be written from its beginning to its end, sealed on its way; it is whole when it is closed."""

    def __init__(self, file: BinaryIO, ring: KeyRing) -> None:
        salt = os.urandom(SALT_BYTES)
        self._file = file
        self._cipher = _cipher(ring, ring.first.key_id, salt)
        self._head = MAGIC + bytes.fromhex(ring.first.key_id) + salt + b"\0"
        self._held = bytearray()
        self._number = 0
        file.write(self._head)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Take some of the file."""
        self._held += data
        while len(self._held) > BLOCK_BYTES:  # never the last one: which one that is shows when it is closed
            self._put(bytes(self._held[:BLOCK_BYTES]), last=False)
            del self._held[:BLOCK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last block; the file beneath stays open."""
        if not self.closed:
            self._put(bytes(self._held), last=True)
            self._held.clear()
        super().close()

    def _put(self, block: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), block, self._head))
        self._number += 1


def write_sealed(file: BinaryIO, content: bytes, ring: KeyRing | None) -> None:
    """Write the whole content of a file, sealed where there are keys."""
    if ring is None:
        file.write(content)
        return
    with SealingWriter(file, ring) as sealing:
        sealing.write(content)


def seal_file(source: Path, target: Path, ring: KeyRing) -> None:
    """Write a file sealed; the target is there whole or not at all, with the source's rights and times.

    One that is sealed by another key of the ring is sealed by the first. What was written is read again before it takes
    the place of what was there: a recording exists once. In its own place it keeps its owner.

    Raises:
        SealedError: As for `unsealed`.
        OSError: One of them cannot be read or written; or it takes its own place, and is still being written, or its
            owner cannot be kept.
    """
    with source.open("rb") as file:
        original = Original(file, source) if source == target else None
        with unsealed(file, ring) as opened:
            _write_whole(opened, target, ring, like=source, original=original)


def unseal_file(source: Path, target: Path, ring: KeyRing | None) -> None:
    """Write a sealed file as it was before; the target is there whole or not at all.

    Raises:
        SealedError: As for `unsealed`.
        OSError: As for `seal_file`, or a block was changed.
    """
    with source.open("rb") as file:
        original = Original(file, source) if source == target else None
        with unsealed(file, ring) as opened:
            _write_whole(opened, target, None, like=source, original=original)


def sealed_by(file: BinaryIO) -> str | None:
    """Return the name of the key by which a file is sealed; None where it is not."""
    if not is_sealed(file):
        return None
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return head[len(MAGIC) : len(MAGIC) + _KEY_ID_BYTES].hex()


def _write_whole(
    source: BinaryIO, target: Path, ring: KeyRing | None, *, like: Path, original: Original | None
) -> None:
    unfinished = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as file:
            unfinished = Path(file.name)
            written = cast(BinaryIO, file)
            if ring is None:
                was = _copy(source, written)
            else:
                with SealingWriter(written, ring) as sealing:
                    was = _copy(source, cast(BinaryIO, sealing))
            file.flush()
            os.fsync(file.fileno())
        with unfinished.open("rb") as again, unsealed(again, ring) as opened:
            if _copy(opened, None) != was:
                raise OSError(errno.EIO, "what was written is not what was read")
        if original is not None:
            original.give_owner(unfinished)
        shutil.copystat(like, unfinished)
        if original is not None:
            original.require_still()
        unfinished.replace(target)
    finally:
        if unfinished is not None:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _copy(source: BinaryIO, target: BinaryIO | None) -> bytes:
    digest = hashlib.sha256()
    while block := source.read(BLOCK_BYTES):
        digest.update(block)
        if target is not None:
            target.write(block)
    return digest.digest()


class _OpenSealed(io.RawIOBase):
    """A sealed file as it was before; the block that was read last is kept."""

    def __init__(self, file: BinaryIO, ring: KeyRing | None) -> None:
        self._owns = False  # of one that cannot be opened, the file stays as it is
        self._file = file
        self._head = file.read(_HEAD_BYTES)
        body = file.seek(0, os.SEEK_END) - _HEAD_BYTES
        self._blocks = _blocks_of(body)
        self._size = _unsealed_size(body)
        self._at = 0
        self._kept: tuple[int, bytes] = (-1, b"")
        if self._size < 0:
            raise SealedError(_NOT_WHOLE)
        named = self._head[len(MAGIC) : len(MAGIC) + _KEY_ID_BYTES].hex()
        self._cipher = _cipher(ring, named, self._head[-SALT_BYTES - 1 : -1])
        try:
            self._block(self._blocks - 1)  # so that what was cut off is noticed now
        except OSError:
            raise SealedError(_NOT_WHOLE) from None
        self._owns = True

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, "no such position")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read at most as much as there is in one block."""
        wanted = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(wanted):
            return 0
        number, within = divmod(self._at, BLOCK_BYTES)
        found = self._block(number)[within : within + len(wanted)]
        wanted[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        """Close the file beneath, too."""
        if self._owns and not self.closed:
            self._file.close()
        super().close()

    def _block(self, number: int) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded where something is sealed

        if self._kept[0] != number:
            self._file.seek(_HEAD_BYTES + number * _SEALED_BLOCK_BYTES)
            nonce = _nonce(number, last=number == self._blocks - 1)
            try:
                block = self._cipher.decrypt(nonce, self._file.read(_SEALED_BLOCK_BYTES), self._head)
            except (InvalidTag, ValueError):
                raise OSError(errno.EIO, "the sealed file was changed") from None
            self._kept = (number, block)
        return self._kept[1]


def _blocks_of(body: int) -> int:
    return max(1, -(-body // _SEALED_BLOCK_BYTES))


def _unsealed_size(body: int) -> int:
    return body - _blocks_of(body) * _TAG_BYTES


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def _cipher(ring: KeyRing | None, key_id: str, salt: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - likewise

    if ring is None:
        raise key_missing(key_id, None)
    return AESGCM(ring.get(key_id).derived(_PURPOSE, salt))
