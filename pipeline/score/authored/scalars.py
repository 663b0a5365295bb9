"""Single values of a rubric file: what is allowed, checked strictly.

YAML decides by the look of a value whether it is text, a number or a date. What was meant as one and reads as another
is refused, never converted: a silent guess would change how calls are scored.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipeline.errors import did_you_mean
from pipeline.records.language import NAMES, language_code

SMALLEST, LARGEST = 0.001, 1_000_000
IDENTIFIER = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


def refusal(code: str, message: str) -> PydanticCustomError:
    """Return a complaint with a stable code, for a pydantic validator to raise."""
    return PydanticCustomError(code, "{message}", {"message": message})


def _text(value: str) -> str:
    if not value.strip():
        raise refusal("text_empty", "this must not be empty; leave the key out or write something")
    return " ".join(value.split())


def _identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise refusal(
            "bad_id", f"{value!r} is no id: use lower-case letters and digits joined by hyphens, such as 'offer-help'"
        )
    return value


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise refusal("not_a_share", f"{value:g} is not allowed: shares run from 0 to 1, so 80 percent is 0.8")
    return value


def _mark(value: float) -> float:
    if value <= 0:
        raise refusal("not_a_mark", f"{value:g} is not allowed: no share is below it; leave the key out, or say more")
    return value


def _at_least_all(value: float) -> float:
    if value < 1:
        raise refusal(
            "below_one", f"{value:g} is not allowed: below 1 no call could earn all its points; write 1 or more"
        )
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise refusal("not_positive", f"{value:g} is not allowed: it must be more than 0")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise refusal("not_positive", f"{value:g} is not allowed: it must be more than 0")
    return value


def _addable(value: float) -> float:
    """Refuse what sums lose: points times weights beyond these bounds end as infinity, or as nothing at all."""
    if value and not SMALLEST <= value <= LARGEST:
        raise refusal("out_of_range", f"{value:g} is not allowed: it runs from {SMALLEST:g} to {LARGEST:,}")
    return value


def _counted(value: int) -> int:
    if not 1 <= value <= LARGEST:
        raise refusal("out_of_range", f"it is a whole number from 1 to {LARGEST:,}")
    return value


def _language(value: str) -> str:
    code = language_code(value)
    if code not in NAMES:
        near = did_you_mean(value.title(), NAMES.values()) or did_you_mean(value, NAMES)
        raise refusal("unknown_language", f"unknown language {value!r}{near}; write its code, such as en or es")
    return code


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise refusal("not_a_day", f"{value!s} is no day; write year, month and day, such as 2026-01-31") from None


def _label(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _all_different(value: tuple[Any, ...]) -> tuple[Any, ...]:
    seen: set[Any] = set()
    for each in value:
        alike = each.casefold() if isinstance(each, str) else each  # names and words are compared so, too
        if alike in seen:
            raise refusal("listed_twice", f"{each!r} stands in the list twice; once is enough")
        seen.add(alike)
    return value


def _not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise refusal("list_empty", "this list must not be empty; leave the key out or list something")
    return value


Text = Annotated[str, AfterValidator(_text)]
Language = Annotated[str, AfterValidator(_text), AfterValidator(_language)]
Identifier = Annotated[str, AfterValidator(_text), AfterValidator(_identifier)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False), AfterValidator(float)]
Positive = Annotated[Number, AfterValidator(_positive)]
Weight = Annotated[Positive, AfterValidator(_addable)]
Points = Annotated[Number, AfterValidator(_not_negative), AfterValidator(_addable)]
Share = Annotated[Number, AfterValidator(_share)]
Mark = Annotated[Share, AfterValidator(_mark)]
AtLeastAll = Annotated[Number, AfterValidator(_at_least_all)]
Whole = Annotated[int, Field(strict=True), AfterValidator(int)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Label = Annotated[Text, BeforeValidator(_label), WithJsonSchema({"type": ["string", "integer"]})]
"""An answer as it is written: of a scale a whole number, of other forms text."""
YesNo = Annotated[bool, Field(strict=True)]
Counted = Annotated[
    int, Field(strict=True, json_schema_extra={"minimum": 1}), AfterValidator(int), AfterValidator(_counted)
]
NotEmpty = AfterValidator(_not_empty)
AllDifferent = AfterValidator(_all_different)
