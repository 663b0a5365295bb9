"""Which settings are secrets, so that they stand in the environment, or in a file that it names, and nowhere else.

A settings file is shown, copied and committed. Every setting of the type `SecretStr` is a secret; one that is an
address is `ADDRESS`, and may stand in a settings file as long as no password is in it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, SecretStr

ADDRESS = {"may stand in a settings file without a password": True}
"""For ``json_schema_extra`` of the address of a server."""

_SECRET_OPTIONS = ("password", "passwd", "pwd", "passfile", "sslpassword", "odbc_connect")

Keys = tuple[str, ...]


@functools.cache
def secrets_of(group: type[BaseModel]) -> dict[Keys, bool]:
    """Return the settings below a group that are secret by their keys; True: an address."""
    return dict(_secrets(group))


def holds_password(url: str) -> bool:
    """Tell whether there is a password in an address; of one that cannot be read, it is taken for granted."""
    try:
        parts: Any = urlsplit(url)
        return bool(parts.password) or any(key.lower() in _SECRET_OPTIONS for key, _ in parse_qsl(parts.query))
    except ValueError:
        return True  # what cannot be read is not to be shown, nor used


def _secrets(group: type[BaseModel]) -> Iterator[tuple[Keys, bool]]:
    for name, field in group.model_fields.items():
        kind = field.annotation
        is_address = field.json_schema_extra == ADDRESS
        if is_address or kind is SecretStr or SecretStr in get_args(kind):
            yield (name,), is_address
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (((name, *keys), address) for keys, address in _secrets(kind))
