"""Write docs/settings.md from pipeline/config (`python -m tools.settings_page`); a test holds the page to it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import platformdirs
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.config import CONFIG_VARIABLE, ENVIRONMENT_PREFIX, PACKAGE_ROOT, Settings  # noqa: E402

PAGE = ROOT / "docs" / "settings.md"
TYPES = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    Path: "path",
    SecretStr: "text, kept secret",
}
INTRODUCTION = f"""# Settings

<!-- Written by tools/settings_page.py from pipeline/config; change the descriptions there. -->

Every setting has a default; none has to be set. A value is looked for in four places, the later ones winning: the
default, a settings file, the environment, the command line.

**Settings file.** TOML: `earmark.toml` in the workspace or in the current folder, or the file that `--config FILE` or
`{CONFIG_VARIABLE}` names. Each heading below is a table:

```toml
[intake]
site_timezone = "America/New_York"

[flags]
below_share = 0.7
```

**Environment.** `{ENVIRONMENT_PREFIX}`, then table and name in capitals with two underscores between:
`{ENVIRONMENT_PREFIX}INTAKE__SITE_TIMEZONE=America/New_York`. Lists and tables are written as JSON:
`{ENVIRONMENT_PREFIX}INTAKE__SUFFIXES='[".wav", ".mp3"]'`. A variable that is empty counts as not set.

Where a setting may be none, write the word `none`. A name that is not on this page is an error, with the nearest one
that is.

**Secrets** (text, kept secret) stand in the environment, or in a file that a variable with `_FILE` behind its name
tells: `{ENVIRONMENT_PREFIX}JUDGE__API_KEY_FILE=/run/secrets/judge`. In a settings file they are refused, and so is an
address with a password in it. No command, message or log shows one.

Names end in their unit: `_ms` milliseconds, `_s` seconds, `_share` a part from 0 to 1.
"""


def page() -> str:
    """Return the text of docs/settings.md."""
    groups = {name: field.annotation for name, field in Settings.model_fields.items() if _is_group(field.annotation)}
    alone = {name: field for name, field in Settings.model_fields.items() if name not in groups}
    parts = [INTRODUCTION, "## Outside any table\n", _table("", alone)]
    for name, group in groups.items():
        assert group is not None
        about = (group.__doc__ or "").strip()
        parts += [f"\n## [{name}]\n", f"{about}\n", _table(f"{name}.", group.model_fields)]
    return "\n".join(parts)


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _table(prefix: str, fields: dict[str, FieldInfo]) -> str:
    rows = ["| setting | kind | default | what it does |", "|---|---|---|---|"]
    for name, field in fields.items():
        cells = (f"`{prefix}{name}`", _kind(field), _default(field), field.description or "")
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _kind(field: FieldInfo) -> str:
    bounds = {type(limit).__name__: getattr(limit, type(limit).__name__.lower(), None) for limit in field.metadata}
    low, high = bounds.get("Ge"), bounds.get("Le")
    kind = _type(field.annotation)
    if low is not None and high is not None:
        return f"{kind}, {low:g} to {high:g}"
    return f"{kind}, {low:g} or more" if low is not None else kind


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        (wanted,) = (argument for argument in arguments if argument is not NoneType)
        return f"{_type(wanted)} or none"
    if origin is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in arguments)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "table"
    if hasattr(annotation, "__metadata__"):
        return _type(annotation.__origin__)
    return TYPES[annotation]


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, Path):
        return _default_path(value)
    if isinstance(value, dict):
        return "<br>".join(f"`{key} = '{text}'`" for key, text in value.items()) or "empty"
    written = " ".join(value) if isinstance(value, tuple) else str(value)
    return f"`{written.lower() if isinstance(value, bool) else written}`"


def _default_path(value: Path) -> str:
    """Name a default folder without the path that this machine gives it."""
    cache = Path(platformdirs.user_cache_dir("earmark"))
    for folder, words in ((cache, "in the user's cache folder"), (PACKAGE_ROOT, "beside the program")):
        if value.is_relative_to(folder):
            return f"`{value.relative_to(folder)}` {words}"
    return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
