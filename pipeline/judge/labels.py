"""Which answers a question can have, and an answer as given read as one of them."""

from __future__ import annotations

import math
from typing import Any

from pipeline.records import AnswerForm, Numeric, Scale, YesNo

NOT_APPLICABLE = "not_applicable"


def labels_of(form: AnswerForm) -> tuple[str, ...] | None:
    """Return the answers of a form in order, without "not applicable"; None where it is any number."""
    if isinstance(form, YesNo):
        return ("yes", "no")
    if isinstance(form, Scale):
        return tuple(str(number) for number in range(form.lowest, form.highest + 1))
    if isinstance(form, Numeric):
        return None
    return tuple(option.answer for option in form.options)


def read_label(given: Any, form: AnswerForm) -> str | None:
    """Return an answer in the words of its form, or `NOT_APPLICABLE`; None where it is no answer of that form.

    ``true`` and ``false`` stand for yes and no, ``3`` and ``3.0`` for ``"3"``; capitals do not matter.
    """
    known = labels_of(form)
    if isinstance(given, bool):
        given = "yes" if given else "no"
        return given if known and given in known else None
    said = _number(given) if isinstance(given, int | float) else str(given).strip()
    if said is None:
        return None
    named = {label.casefold(): label for label in (NOT_APPLICABLE, *(known or ()))}  # an own label of that name wins
    if said.casefold() in named:
        return named[said.casefold()]
    return _number(said) if known is None else None


def schema_of(form: AnswerForm) -> dict[str, Any]:
    """Return the JSON Schema of one answer of a form, "not applicable" among them."""
    known = labels_of(form)
    if known is None:
        return {"anyOf": [{"type": "number"}, {"type": "string", "enum": [NOT_APPLICABLE]}]}
    return {"type": "string", "enum": list(dict.fromkeys((*known, NOT_APPLICABLE)))}


def _number(given: str | float) -> str | None:
    try:
        value = float(given)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(value):
        return None
    return str(int(value)) if value.is_integer() else f"{value:.6f}".rstrip("0")  # never 1e-07
