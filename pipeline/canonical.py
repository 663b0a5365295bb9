"""Records as JSON, and hashes that stay the same as long as the meaning does."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Hashable
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails

Record = TypeVar("Record")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
"""One for all: `json.dumps` makes a new one each time."""


@functools.cache
def _adapter(record_type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(record_type)


def to_data(record: Any, kind: Any = None) -> Any:
    """Return a record as plain JSON data (dict, list, str, number, None).

    Args:
        record: A record, or a tuple of some.
        kind: Its type, where that says more than the record does, such as ``tuple[Evidence, ...]``: several times
            quicker. None takes the type of the record itself.
    """
    return _adapter(cast(Hashable, kind or type(record))).dump_python(record, mode="json")


def to_json(record: Any, kind: Any = None) -> str:
    """Return a record as canonical JSON: sorted keys, no spaces, so that equal records give equal text."""
    return "[]" if record == () else canonical_json(to_data(record, kind))  # tuples to be stored are mostly empty


def from_json(record_type: type[Record], text: str | bytes) -> Record:
    """Read a record back from `to_json`'s text.

    Raises:
        pydantic.ValidationError: The text is no such record. The message does not repeat it: it may be words of a call.
    """
    try:
        record: Record = _adapter(cast(Hashable, record_type)).validate_json(text)
    except ValidationError as error:
        details = [
            InitErrorDetails(type=d["type"], loc=d["loc"], input=None, ctx=d.get("ctx", {})) for d in error.errors()
        ]
        raise ValidationError.from_exception_data(error.title, details, hide_input=True) from None
    return record


def canonical_json(data: Any) -> str:
    """Return plain JSON data as text with sorted keys and no spaces; refuses NaN."""
    return _encode(data)


def fingerprint(scheme: str, data: Any) -> str:
    """Return ``scheme:sha256`` of plain JSON data.

    Args:
        scheme: What is hashed and by which recipe, such as ``"rubric-1"``: a new recipe gets a new scheme.
        data: Plain JSON data, authored fields only; never a repr.
    """
    return f"{scheme}:{hashlib.sha256(canonical_json(data).encode()).hexdigest()}"
