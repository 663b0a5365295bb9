"""Read settings from all their places: defaults < file (`earmark.toml`) < environment (`EARMARK_...`) < flags.

Read once, at the edge: nothing below `app` and `flows` reads the environment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config import CONFIG_VARIABLE, DEBUG_VARIABLE, ENVIRONMENT_PREFIX, Settings
from pipeline.errors import AuthoredFileError, ConfigError, Problem, did_you_mean

_BESIDE_THE_FILE = (("transcribe", "vocabulary"), ("reports", "budget"))
"""Files that people keep beside their settings file: a relative path counts from it, and not from where one stands."""
_ENVIRONMENT_ONLY = (("kpis", "database_password"), ("reports", "smtp_password"), ("intake", "sftp_password"))


def load_settings(
    *, file: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """Read settings from all their places.

    Args:
        file: TOML file, or None for the one that ``EARMARK_CONFIG`` names, if any.
        environment: Variables; ``EARMARK_INTAKE__SITE_TIMEZONE`` sets ``intake.site_timezone``. Lists and tables are
            JSON. An empty variable counts as not set.
        flags: Values by dotted key, such as ``{"transcribe.engine": "scripted"}``; None values are left out.

    Raises:
        AuthoredFileError: The file is no TOML, or has unknown keys or values out of range.
        ConfigError: The environment or a flag has such a key or value.
    """
    variables = os.environ if environment is None else environment
    if file is None and variables.get(CONFIG_VARIABLE):
        file = Path(variables[CONFIG_VARIABLE])
    from_file: dict[str, Any] = _read_toml(file) if file else {}
    if file:
        _refuse_secrets(from_file, file)
        _validate(from_file, file)
        from_file = _with_paths_beside(file, from_file)
    merged = _merge(from_file, _from_environment(variables))
    for key, value in (flags or {}).items():
        if value is not None:
            merged = _merge(merged, _nested(key.split("."), value))
    site_zone = merged.get("intake", {}).get("site_timezone") if isinstance(merged.get("intake"), dict) else None
    if site_zone not in (None, "none"):  # days begin where the site is, unless something else is said
        merged = _merge({"scorecards": {"timezone": site_zone}}, merged)
    return _validate(merged, None)


def _refuse_secrets(data: Mapping[str, Any], file: Path) -> None:
    """Refuse a settings file with a password in it: such files are shown, copied and committed."""
    for table, name in _ENVIRONMENT_ONLY:
        group = data.get(table)
        if isinstance(group, Mapping) and name in group:
            variable = f"{ENVIRONMENT_PREFIX}{table}__{name}".upper()
            message = f"keep it in the environment: {variable}"
            line = _line_of(f"{table}.{name}", file.read_text(encoding="utf-8"))
            problem = Problem(code="secret", where=f"{table}.{name}", message=message, line=line)
            raise AuthoredFileError(str(file), [problem])


def _with_paths_beside(file: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a settings file's data in which paths of files that stand beside it count from it."""
    found = dict(data)
    for table, name in _BESIDE_THE_FILE:
        named = data.get(table, {}).get(name)
        if named is not None and named.strip().casefold() != "none":
            found = _merge(found, _nested([table, name], str(file.parent / named)))
    return found


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such settings file") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise AuthoredFileError(str(file), [Problem(code="toml", message="the file is not UTF-8 text")]) from None
    except RecursionError:
        raise AuthoredFileError(str(file), [Problem(code="toml", message="the file is nested too deeply")]) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        problem = Problem(code="toml", message=str(error), line=int(line[1]) if line else None)
        raise AuthoredFileError(str(file), [problem]) from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in (CONFIG_VARIABLE, DEBUG_VARIABLE) and value:
            keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            merged = _merge(merged, _nested(keys, _plain_or_json(name, value)))
    return merged


def _plain_or_json(name: str, value: str) -> Any:
    """Lists and tables are written as JSON; everything else stands for itself."""
    if not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: a list or table is written as JSON; {error}") from None


def _nested(keys: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        is_group = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(below, value) if is_group else value  # type: ignore[arg-type]
    return merged


def _validate(data: Mapping[str, Any], file: Path | None) -> Settings:
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors()]
        if file:
            text = file.read_text(encoding="utf-8")
            lined = [dataclasses.replace(p, line=_line_of(p.where, text)) for p in problems]
            raise AuthoredFileError(str(file), sorted(lined, key=lambda p: p.line or 0)) from None
        raise ConfigError("settings: " + "; ".join(f"{p.where}: {p.message}" for p in problems)) from None


def _line_of(where: str, text: str) -> int | None:
    """Return the line of the nearest key or table on the way to a setting, or None where there is none."""
    table, best = "", (0, 0)
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.match(r"\s*(?:\[\s*(?P<table>[^\]]+?)\s*\]|(?P<key>[\w.\"'-]+)\s*=)", line)
        if not found:
            continue
        here = found["table"] or f"{table}.{found['key']}".lstrip(".")
        here = here.replace('"', "").replace("'", "")
        table = here if found["table"] else table
        if f"{where}.".startswith(f"{here}.") and len(here) > best[0]:
            best = (len(here), number)
    return best[1] or None


def _problem(detail: ErrorDetails) -> Problem:
    """Say what is wrong and what is allowed, in words for somebody who has never heard of pydantic."""
    location, kind = detail["loc"], detail["type"]
    where = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        group: Any = Settings
        for part in location[:-1]:
            field = group.model_fields.get(part) if hasattr(group, "model_fields") else None
            group = field.annotation if field else group
        known = list(getattr(group, "model_fields", {}))
        message = f"unknown setting{did_you_mean(str(location[-1]), known)}; there are: {', '.join(known)}"
        return Problem(code="unknown-setting", where=where, message=message)
    bound = next((detail["ctx"][name] for name in ("ge", "gt", "le", "lt") if name in detail.get("ctx", {})), None)
    said = detail["msg"].removeprefix("Value error, ").replace("Input should be", "has to be")
    return Problem(code="setting", where=where, message=_WANTED[kind].format(bound) if kind in _WANTED else said)


_WANTED = {
    "greater_than": "has to be more than {}",
    "greater_than_equal": "has to be at least {}",
    "less_than": "has to be less than {}",
    "less_than_equal": "has to be at most {}",
    "finite_number": "has to be a number that is finite",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "has to be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "has to be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "has to be true or false"),
    **dict.fromkeys(("string_type", "path_type"), "has to be text"),
    **dict.fromkeys(("tuple_type", "list_type"), 'has to be a list, such as ["one", "two"]'),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "has to be a table: names with their values"),
}
