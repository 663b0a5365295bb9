"""What every group of settings is made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

ENVIRONMENT_PREFIX = "EARMARK_"
CONFIG_VARIABLE = "EARMARK_CONFIG"  # names the settings file; it is no setting itself
DEBUG_VARIABLE = "EARMARK_DEBUG"  # asks the command line for tracebacks; no setting either
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class Group(BaseModel):
    """A group of settings: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _none_in_words(cls, data: Any) -> Any:
        """Read the word ``none`` as no value where that is allowed; TOML and the environment have no other way."""
        if not isinstance(data, Mapping):
            return data
        optional = {name for name, field in cls.model_fields.items() if type(None) in get_args(field.annotation)}
        said_none = {
            key for key, value in data.items() if isinstance(value, str) and value.strip().casefold() == "none"
        }
        return {key: None if key in optional & said_none else value for key, value in data.items()}


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {value!r}; use an IANA name such as America/New_York") from None
    return value


Zone = Annotated[str, AfterValidator(_known_zone)]
