"""Secrets of the settings: from variables, or from files that variables name, never from a settings file.

``EARMARK_JUDGE__API_KEY_FILE=/run/secrets/judge`` reads ``judge.api_key`` from that file, as Docker, Kubernetes and
systemd hand out secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.config import ENVIRONMENT_PREFIX, Settings
from pipeline.config.secret import Keys, holds_password, secrets_of
from pipeline.errors import AuthoredFileError, ConfigError, Problem

FILE_SUFFIX = "_FILE"

_FOR_ITS_USER = (("at_rest_key",),)
"""Secrets whose file may be read by its user and group only: whoever has them can read everything that is stored."""
_OTHERS = 0o007
_MOST_BYTES = 65_536


def variable_of(keys: Keys) -> str:
    """Return the variable of a setting, such as ``EARMARK_JUDGE__API_KEY``."""
    return f"{ENVIRONMENT_PREFIX}{'__'.join(keys)}".upper()


def refuse_secrets(data: Mapping[str, Any], file: Path, line_of: Callable[[str, str], int | None]) -> None:
    """Refuse a settings file with secrets in it: such files are shown, copied and committed.

    Args:
        data: What stands in the file.
        file: The file.
        line_of: Finds the line of a dotted key in the file's text.

    Raises:
        AuthoredFileError: Each secret, by its line; never what it is.
    """
    problems = []
    for keys, is_address in secrets_of(Settings).items():
        value = _value(data, keys)
        if value is None or (is_address and not (isinstance(value, str) and holds_password(value))):
            continue
        what = "an address with a password" if is_address else "a secret"
        where, variable = ".".join(keys), variable_of(keys)
        message = f"{what} has no place in a settings file; keep it in the environment: {variable}, or in a file that "
        line = line_of(where, file.read_text(encoding="utf-8"))
        problems.append(
            Problem(code="secret", where=where, message=f"{message}{variable}{FILE_SUFFIX} names", line=line)
        )
    if problems:
        raise AuthoredFileError(str(file), problems)


def with_secret_files(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables in which each ``…_FILE`` of a secret stands for what is in its file.

    Raises:
        ConfigError: A file cannot be read, is empty, may be read by others where that matters, or the secret stands in
            its own variable, too. Nothing of a secret is in the text.
    """
    found = dict(environment)
    for keys in secrets_of(Settings):
        name = variable_of(keys)
        named = found.pop(f"{name}{FILE_SUFFIX}", "")
        if not named:
            continue
        if found.get(name):
            raise ConfigError(f"{name} and {name}{FILE_SUFFIX} are both set; keep one of them")
        found[name] = _content(Path(named), f"{name}{FILE_SUFFIX}", for_its_user=keys in _FOR_ITS_USER)
    return found


def _content(file: Path, variable: str, *, for_its_user: bool) -> str:
    try:
        mode = file.stat().st_mode
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{variable}: {file} cannot be read ({error.strerror})") from None
    if for_its_user and mode & _OTHERS:
        raise ConfigError(
            f"{variable}: others may read {file}, and so everything that is stored; run: chmod 600 {file}"
        )
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ConfigError(f"{variable}: {file} is no text") from None
    if not text or len(content) > _MOST_BYTES:
        raise ConfigError(f"{variable}: {file} is {'empty' if not text else 'too long for a secret'}")
    return text


def _value(data: Mapping[str, Any], keys: Keys) -> Any:
    value: Any = data
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
