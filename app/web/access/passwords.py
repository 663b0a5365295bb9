"""Passwords, kept as argon2id."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import ConfigError

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200

_hasher = PasswordHasher()  # argon2id with the library's own parameters (RFC 9106, low memory)
_NOBODYS = _hasher.hash("nobody signs in with this")


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        ConfigError: It is too short or too long.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise ConfigError(f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters: a sentence does well")
    return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether this is the password; takes as long where there is none, so that nobody learns which names exist."""
    try:
        fits = _hasher.verify(password_hash or _NOBODYS, password[: MOST_CHARACTERS + 1])
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
