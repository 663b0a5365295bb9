"""Passwords, kept as argon2id."""

from __future__ import annotations

import re
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import ConfigError
from pipeline.review.wording import folded

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200

_LEAST_DIFFERENT = 5
_LEAST_OWN = 5  # characters beside one's name or a word that everybody tries
_EVERYBODYS = (
    "administrator", "changeme", "computer", "earmark", "football", "geheim", "iloveyou", "letmein", "passwort",
    "password", "princess", "qwertyuiop", "qwertzuiop", "qwerty", "asdfghjkl", "secret", "sunshine", "temporary",
    "trustno", "welcome", "willkommen", "zxcvbnm", "spring", "summer", "autumn", "winter", "admin", "abc", "123",
)  # fmt: skip
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm")
_LOOKALIKES = str.maketrans("013457@$!", "oleastasi")
_TEMPORARY = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else

_hasher = PasswordHasher()  # argon2id with the library's own parameters (RFC 9106, low memory)
_NOBODYS = _hasher.hash("nobody signs in with this")


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        ConfigError: It is too short or too long, or holds what cannot be written.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise ConfigError(f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters: a sentence does well")
    if not _tidy(password).isprintable():
        raise ConfigError("a password holds letters, digits, signs and blanks, no control characters")
    return _hasher.hash(_tidy(password))


def require_strong(password: str, *names: str) -> None:
    """Refuse a password that others try first.

    Args:
        password: The one that somebody wants.
        names: What they are called.

    Raises:
        ConfigError: It is made of their name, of a word or row of keys that everybody tries, or of few characters.
    """
    plain = folded(password)
    letters = re.sub(r"[\W\d_]+$", "", plain).translate(_LOOKALIKES)
    if len(set(plain)) < _LEAST_DIFFERENT:
        raise ConfigError("this password is of too few different characters: a sentence does well")
    rest = plain
    parts = {part for name in names for part in (folded(name), *re.split(r"[\W_]+", folded(name))) if len(part) > 2}
    for part in sorted(parts, key=len, reverse=True):
        rest = rest.replace(part, "")
    if rest != plain and len(rest) < _LEAST_OWN + 2:
        raise ConfigError("this password is mostly your name, which is tried first: a sentence does well")
    for text in (plain, letters):
        if len(_without_usual(text)) < _LEAST_OWN:
            raise ConfigError("this password is one that everybody tries first: a sentence of your own does well")


def temporary_password() -> str:
    """Return a random password that is easy to read out, for somebody to choose their own with."""
    return "-".join("".join(secrets.choice(_TEMPORARY) for _ in range(5)) for _ in range(4))


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether this is the password; takes as long where there is none, so that nobody learns which names exist."""
    try:
        fits = _hasher.verify(password_hash or _NOBODYS, _tidy(password)[: MOST_CHARACTERS + 1])
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _tidy(password: str) -> str:
    """Return one form of what keyboards send in several, and of what no keyboard sends."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()


def _without_usual(text: str) -> str:
    """Return what is left of a password without usual words, rows of keys and digits at its end."""
    for word in _EVERYBODYS:
        text = text.replace(word, "")
    for row in _ROWS:
        for each in (row, row[::-1]):
            for length in range(len(each), 3, -1):
                for start in range(len(each) - length + 1):
                    text = text.replace(each[start : start + length], "")
    return re.sub(r"[\W\d_]+$", "", re.sub(r"(.)\1{2,}", r"\1", text))
