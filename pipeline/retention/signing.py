"""Ed25519 keys that records of deletion are signed with, and what a signature proves.

The operator holds the key. A record holds its public half, which anybody can check the signature with; whether this
half is the operator's is known only by comparing it with the one that `earmark retention key` printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipeline.at_rest.key_file import write_key
from pipeline.config import SIGNING_KEY_VARIABLE
from pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The operator's key. Its text is in no message and no representation."""

    _key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public half, 64 hexadecimal digits: what others compare."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, content: bytes) -> str:
        """Return the signature of some bytes, hexadecimal."""
        return self._key.sign(content).hex()


def read_signing_key(file: Path | None, told: str | None) -> SigningKey | None:
    """Return the key; None where neither a file nor a text is given.

    Args:
        file: PEM, as `make_signing_key` writes it.
        told: The same text, from the environment; it goes first.

    Raises:
        ConfigError: It cannot be read, or is no Ed25519 key.
    """
    if told:
        return _parsed(told.encode(), SIGNING_KEY_VARIABLE)
    if file is None:
        return None
    try:
        return _parsed(file.read_bytes(), str(file))
    except OSError as error:
        raise ConfigError(f"{file}: the signing key cannot be read ({error.strerror})") from None


def make_signing_key(out: Path) -> SigningKey:
    """Write a new key into a new file that only its owner may read: whole, or not at all.

    Raises:
        ConfigError: Something is there already, or it cannot be written.
    """
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    try:
        write_key(out, pem.rstrip("\n"))
    except FileExistsError:
        raise ConfigError(f"{out}: is there already; a key is never written over") from None
    except OSError as error:
        raise ConfigError(f"{out}: the key cannot be written ({error.strerror})") from None
    return SigningKey(made)


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Tell whether a signature is that of the owner of a public key over some bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parsed(pem: bytes, where: str) -> SigningKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{where}: holds no Ed25519 key in PEM; `earmark retention key --out FILE` makes one")
    return SigningKey(key)
