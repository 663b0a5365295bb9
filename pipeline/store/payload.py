"""Records inside text columns. An error names the row, never what stands in it: that may be words of a call."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from pipeline.canonical import from_json
from pipeline.errors import StoreError
from pipeline.records import Defect, Evidence

Record = TypeVar("Record")


def read_payload(record_type: type[Record], payload: str, where: str) -> Record:
    """Return a stored record.

    Args:
        record_type: What was stored.
        payload: Its canonical JSON.
        where: The row, for the message, such as ``"step 3f9c"``.

    Raises:
        StoreError: The text is no such record: another version of Earmark wrote it, or somebody changed it by hand.
    """
    try:
        return from_json(record_type, payload)
    except ValidationError:
        raise StoreError(
            f"{where}: what is stored cannot be read as {getattr(record_type, '__name__', record_type)}; "
            "it was written by another version of Earmark, or changed by hand"
        ) from None


def read_evidence(payload: str, where: str) -> tuple[Evidence, ...]:
    """Return stored evidence; errors as in `read_payload`."""
    return read_payload(tuple[Evidence, ...], payload, where) if payload != "[]" else ()


def read_defects(payload: str, where: str) -> tuple[Defect, ...]:
    """Return stored defects; errors as in `read_payload`."""
    return read_payload(tuple[Defect, ...], payload, where) if payload != "[]" else ()
