"""Sealed values of columns: AES-256-GCM, bound to table and column.

``sealed-1:KEY-ID:BASE64``, the latter of salt (16 bytes), nonce (12), ciphertext and tag (16). Bytes are sealed in the
same form without base64. Long texts are compressed first: base64 adds a third, and databases cannot compress what is
encrypted.
"""

from __future__ import annotations

import binascii
import os
import zlib
from typing import TYPE_CHECKING

from pipeline.at_rest.keys import KEY_ID_LENGTH, SALT_BYTES, KeyRing, key_missing
from pipeline.errors import SealedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "sealed-1:"
PREFIX_BYTES = PREFIX.encode("ascii")

_PURPOSE = b"earmark at rest: columns 1"
_NONCE_BYTES = 12
_HEAD = len(PREFIX) + KEY_ID_LENGTH + 1
_COMPRESSED_FROM_BYTES = 512
_PLAIN, _COMPRESSED = b"\0", b"\1"
_MOST_KEPT = 4096


class Seals:
    """Seals and opens values of columns with the keys of a ring. May be used from several threads.

    Args:
        ring: The keys; None opens nothing, and says which key is needed.
    """

    def __init__(self, ring: KeyRing | None) -> None:
        self.ring = ring
        self._salt = os.urandom(SALT_BYTES)  # one for each process and database: see AtRestKey.derived
        self._ciphers: dict[tuple[str, bytes], AESGCM] = {}

    def seal(self, text: str, place: str) -> str:
        """Return a text sealed for a place, such as ``steps.payload``."""
        head, content = self._sealed(text.encode("utf-8", "surrogatepass"), place)
        return head + binascii.b2a_base64(content, newline=False).decode("ascii")

    def seal_bytes(self, value: bytes, place: str) -> bytes:
        """Return bytes sealed for a place."""
        head, content = self._sealed(value, place)
        return head.encode("ascii") + content

    def open(self, sealed: str, place: str) -> str:
        """Return what a sealed text says.

        Raises:
            SealedError: Its key is not at hand, or it was changed, or brought here from another place.
        """
        try:
            content = binascii.a2b_base64(sealed[_HEAD:])
        except (binascii.Error, ValueError):
            raise _changed(place) from None
        return self._opened(sealed[:_HEAD], content, place).decode("utf-8", "surrogatepass")

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Return what sealed bytes hold; errors as in `open`."""
        return self._opened(sealed[:_HEAD].decode("ascii", "replace"), sealed[_HEAD:], place)

    def _sealed(self, value: bytes, place: str) -> tuple[str, bytes]:
        assert self.ring is not None
        content = _PLAIN + value
        if len(value) >= _COMPRESSED_FROM_BYTES:
            content = min(content, _COMPRESSED + zlib.compress(value, 1), key=len)
        key_id, nonce = self.ring.first.key_id, os.urandom(_NONCE_BYTES)
        cipher = self._cipher(key_id, self._salt)
        return f"{PREFIX}{key_id}:", self._salt + nonce + cipher.encrypt(nonce, content, place.encode())

    def _opened(self, head: str, content: bytes, place: str) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded where something is sealed

        key_id = head[len(PREFIX) : -1]
        salt, nonce = content[:SALT_BYTES], content[SALT_BYTES : SALT_BYTES + _NONCE_BYTES]
        try:
            opened = self._cipher(key_id, salt).decrypt(nonce, content[SALT_BYTES + _NONCE_BYTES :], place.encode())
        except (InvalidTag, ValueError):
            raise _changed(place) from None
        return zlib.decompress(opened[1:]) if opened[:1] == _COMPRESSED else opened[1:]

    def _cipher(self, key_id: str, salt: bytes) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - likewise

        known = self._ciphers.get((key_id, salt))
        if known is None:
            if self.ring is None:
                raise key_missing(key_id, None)
            known = AESGCM(self.ring.get(key_id).derived(_PURPOSE, salt))
            if len(self._ciphers) >= _MOST_KEPT:
                self._ciphers.clear()
            self._ciphers[key_id, salt] = known
        return known


def _changed(place: str) -> SealedError:
    return SealedError(f"{place}: a sealed value was changed since it was stored, or brought there from another place")
