"""Settings of telephone figures and surveys: columns of exports, and what is a repeat contact."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, cast

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic.config import JsonDict

from pipeline.config.group import Group, Zone
from pipeline.config.secret import ADDRESS, holds_password
from pipeline.errors import did_you_mean

CALL_FIELDS = (
    "call_ref",
    "leg",
    "agent_id",
    "team",
    "queue",
    "topic",
    "customer_ref",
    "direction",
    "started_at",
    "talk_s",
    "hold_s",
    "wrap_up_s",
    "transferred",
)
AGENT_DAY_FIELDS = (
    "agent_id",
    "day",
    "team",
    "logged_in_s",
    "available_s",
    "talk_s",
    "hold_s",
    "wrap_up_s",
    "calls",
)
SURVEY_FIELDS = (
    "survey_ref",
    "call_ref",
    "agent_id",
    "customer_ref",
    "sent_at",
    "answered_at",
    "csat",
    "nps",
    "effort",
)
_MOMENT = datetime(2026, 10, 31, 14, 5, 7, tzinfo=UTC)
_FIELDS = {"call_columns": CALL_FIELDS, "agent_day_columns": AGENT_DAY_FIELDS, "survey_columns": SURVEY_FIELDS}


class KpiSettings(Group):
    """Where the telephone system's figures come from, and how they are read (docs/kpis.md)."""

    call_columns: dict[str, str] = Field(
        default={},
        description="Column of the calls' export by field, where it is not called as the field is: "
        f"{', '.join(CALL_FIELDS)}.",
    )
    agent_day_columns: dict[str, str] = Field(
        default={}, description=f"Likewise for days of agents: {', '.join(AGENT_DAY_FIELDS)}."
    )
    survey_columns: dict[str, str] = Field(default={}, description=f"Likewise for surveys: {', '.join(SURVEY_FIELDS)}.")
    time_format: str | None = Field(
        default=None, description="How times are written, such as `%d/%m/%Y %H:%M:%S`; none means ISO 8601."
    )
    day_format: str | None = Field(
        default=None, description="How days are written, such as `%d/%m/%Y`; none means `%Y-%m-%d`."
    )
    timezone: Zone | None = Field(
        default=None, description="IANA zone of times that name none; none takes `intake.site_timezone`."
    )
    duration_unit: Literal["s", "min", "ms"] = Field(
        default="s", description="What talk, hold, wrap-up, logged-in and available time are counted in."
    )
    encoding: str = Field(default="utf-8", description="Of CSV files; UTF-16 is known by its mark. Excel: `cp1252`.")
    database_url: SecretStr | None = Field(
        default=None,
        json_schema_extra=cast(JsonDict, ADDRESS),
        description="SQLAlchemy URL of the database with the figures, without a password; for `--from-database`.",
    )
    database_password: SecretStr | None = Field(
        default=None,
        description="Its password; only from the environment: `EARMARK_KPIS__DATABASE_PASSWORD`. Never shown.",
    )
    calls_from: str | None = Field(default=None, description="Table there with calls, or a `SELECT`.")
    agent_days_from: str | None = Field(default=None, description="Table there with days of agents, or a `SELECT`.")
    surveys_from: str | None = Field(default=None, description="Table there with surveys, or a `SELECT`.")
    match_within_s: float = Field(
        default=30.0,
        ge=0,
        le=3600,
        description="A call without a known id is joined to its agent's recording that begins so near to it.",
    )
    repeat_days: float = Field(
        default=7.0, gt=0, le=366, description="A further call of the customer within so many days: not resolved."
    )
    repeat_days_by_queue: dict[str, float] = Field(default={}, description="Another such window for a queue.")
    repeat_days_by_topic: dict[str, float] = Field(
        default={},
        description="Another for a topic of the export, or a contact reason's id; it goes before the queue's.",
    )
    same_contact_s: float = Field(
        default=120.0,
        ge=0,
        le=86_400,
        description="What begins so soon after the end of a transferred call is the same contact, no further one.",
    )
    survey_within_days: float = Field(
        default=3.0,
        gt=0,
        le=90,
        description="A survey that names only a customer is about their last call, if it was sent within so many days.",
    )
    satisfied_from: int = Field(default=4, ge=2, le=5, description="CSAT answers (1 to 5) from here on are satisfied.")
    min_related: int = Field(
        default=10, ge=5, description="Relations to QA scores are told from so many calls, or agents, on."
    )

    @field_validator(*_FIELDS)
    @classmethod
    def _known_fields(cls, columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        known = _FIELDS[str(info.field_name)]
        for field in columns:
            if field not in known:
                raise ValueError(
                    f"unknown field {field!r}{did_you_mean(field, known)}; there are: {', '.join(known)}; write "
                    "field = 'column of the export'"
                )
        _require_one_each(columns.values())
        return columns

    @field_validator("repeat_days_by_queue", "repeat_days_by_topic")
    @classmethod
    def _days(cls, windows: dict[str, float]) -> dict[str, float]:
        for name, days in windows.items():
            if not 0 < days <= 366:
                raise ValueError(f"{name}: a window is more than 0 and at most 366 days")
        return windows

    @field_validator("time_format", "day_format")
    @classmethod
    def _readable_format(cls, written: str | None, info: ValidationInfo) -> str | None:
        if written:
            _require_format(written, of_days=info.field_name == "day_format")
        return written

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            found = codecs.lookup(name)
        except (LookupError, ValueError):
            raise ValueError(f"unknown encoding {name!r}; use one such as utf-8, cp1252 or latin-1") from None
        if not getattr(found, "_is_text_encoding", True):
            raise ValueError(f"{name!r} is no encoding of text; use one such as utf-8, cp1252 or latin-1")
        return name

    @field_validator("database_url")
    @classmethod
    def _without_password(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and holds_password(url.get_secret_value()):
            raise ValueError("no password in the address; it goes into the variable EARMARK_KPIS__DATABASE_PASSWORD")
        return url


def _require_format(written: str, *, of_days: bool) -> None:
    """Refuse a format by which a moment that is written cannot be read again: no row of an export would be."""
    such_as = "%d/%m/%Y" if of_days else "%d/%m/%Y %H:%M:%S"
    codes = re.findall("%(.)", written, re.DOTALL)
    if of_days and "z" in codes:
        raise ValueError(f"{written!r}: a day has no zone; write a format such as {such_as}")
    if "Z" in codes:
        raise ValueError(
            f"{written!r}: %Z, the name of a zone, cannot be read; %z reads +01:00, and kpis.timezone names one"
        )
    try:
        again = datetime.strptime(_MOMENT.strftime(written), written)  # noqa: DTZ007 - its day and hour are looked at only
    except re.error:
        raise ValueError(f"{written!r}: a part stands there twice; write a format such as {such_as}") from None
    except ValueError as error:
        raise ValueError(f"no format: {error}; write one such as {such_as}") from None
    if again.date() != _MOMENT.date():
        raise ValueError(f"{written!r} does not tell day, month and year; write a format such as {such_as}")
    if again.hour not in (0, _MOMENT.hour):
        raise ValueError(f"{written!r} does not tell morning from afternoon; write %H, or %I with %p")


def _require_one_each(columns: Iterable[str]) -> None:
    named = [column.casefold() for column in columns]
    doubled = sorted({column for column in named if named.count(column) > 1})
    if doubled:
        raise ValueError(f"two fields cannot have one column: {', '.join(doubled)}")
    if "" in named:
        raise ValueError("a column has a name; leave a field out that the export does not have")
