"""The keys that seal what is stored: 32 random bytes each, the first seals, all of them open.

Keys are read once, at the edge (`pipeline.config.Settings.at_rest_keys`); here is no environment and no file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from pipeline.errors import ConfigError, SealedError

KEY_BYTES = 32
KEY_ID_LENGTH = 12
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class AtRestKey:
    """A key and the short name by which sealed things ask for it; the name tells nothing about the key.

    Attributes:
        key_id: Twelve hexadecimal digits, made from the key.
    """

    secret: bytes = field(repr=False)
    key_id: str

    def derived(self, purpose: bytes, salt: bytes) -> bytes:
        """Return the key for one purpose and salt (HMAC-SHA256 as a pseudo-random function).

        No key encrypts directly: with random nonces AES-GCM is safe for 2**32 messages under one key, and a large
        centre stores as many cells in two years.
        """
        return hmac.digest(self.secret, purpose + b"\0" + salt, "sha256")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys at hand, at least one. The first seals; the others open what was sealed before a rotation."""

    keys: tuple[AtRestKey, ...]

    @property
    def first(self) -> AtRestKey:
        """The key that seals."""
        return self.keys[0]

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Names of all keys, in their order."""
        return tuple(key.key_id for key in self.keys)

    def get(self, key_id: str) -> AtRestKey:
        """Return a key by its name.

        Raises:
            SealedError: It is not at hand; the message names it, and what to do.
        """
        for key in self.keys:
            if key.key_id == key_id:
                return key
        raise key_missing(key_id, self)


def key_missing(key_id: str, ring: KeyRing | None) -> SealedError:
    """Return the error that names the key that is needed."""
    have = f"there is {', '.join(ring.key_ids)}" if ring else "there is none"
    return SealedError(
        f"sealed with key {key_id}, which is not at hand ({have}): give it in EARMARK_AT_REST_KEY, or name its file in "
        "EARMARK_AT_REST_KEY_FILE"
    )


def parse_keys(text: str) -> KeyRing:
    """Return keys as people keep them: base64 of 32 bytes each, divided by commas, blanks or line ends.

    Raises:
        ConfigError: One is no such key, or stands there twice, or there is none. Nothing of a key is in the text.
    """
    keys: list[AtRestKey] = []
    for place, word in enumerate(text.replace(",", " ").split(), start=1):
        secret = _decoded(word)
        if secret is None or len(secret) != KEY_BYTES:
            raise ConfigError(
                f"at_rest_key: key {place} is not base64 of {KEY_BYTES} bytes; make one: earmark keys make"
            )
        key = AtRestKey(secret=secret, key_id=_key_id(secret))
        if key.key_id in {known.key_id for known in keys}:
            raise ConfigError(f"key {key.key_id} stands there twice")
        keys.append(key)
    if not keys:
        raise ConfigError("there is no key in it; make one: earmark keys make")
    return KeyRing(keys=tuple(keys))


def make_key() -> str:
    """Return a new key as base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def _decoded(word: str) -> bytes | None:
    standard = word.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _key_id(secret: bytes) -> str:
    return hashlib.sha256(b"earmark at rest: name of a key\0" + secret).hexdigest()[:KEY_ID_LENGTH]
