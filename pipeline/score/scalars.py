"""Single values of a rubric file: what is allowed, checked strictly.

YAML decides by the look of a value whether it is text, a number or a date. What was meant as one and reads as another
is refused, never converted: a silent guess would change how calls are scored.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.errors import did_you_mean
from pipeline.records.language import NAMES, language_code

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


def _positive(value: float) -> float:
    if value <= 0:
        raise refusal("not_positive", f"{value:g} is not allowed: it must be more than 0")
    return value


def _language(value: str) -> str:
    code = language_code(value)
    if code not in NAMES:
        near = did_you_mean(value.title(), NAMES.values()) or did_you_mean(value, NAMES)
        raise refusal("unknown_language", f"unknown language {value!r}{near}; write its code, such as en or es")
    return code


def _not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise refusal("list_empty", "this list must not be empty; leave the key out or list something")
    return value


Text = Annotated[str, AfterValidator(_text)]
Language = Annotated[str, AfterValidator(_text), AfterValidator(_language)]
Identifier = Annotated[str, AfterValidator(_text), AfterValidator(_identifier)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False), AfterValidator(float)]
Positive = Annotated[Number, AfterValidator(_positive)]
Share = Annotated[Number, AfterValidator(_share)]
YesNo = Annotated[bool, Field(strict=True)]
Counted = Annotated[int, Field(strict=True, ge=1), AfterValidator(int)]
NotEmpty = AfterValidator(_not_empty)
