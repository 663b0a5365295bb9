"""Scored calls in a store, with the beginnings that people wrote down in `tests/cases/reasons`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import Connection

from pipeline.records import FactKeys, Transcript
from pipeline.store.steps import put_step
from tests.factories import transcript
from tests.store.builders import NOW, score, scored, taken_in

CASES = Path(__file__).resolve().parents[1] / "cases" / "reasons"


def labelled(name: str, reasons: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """The labelled openings of a file: (reason, opening), those of no reason as ``other``."""
    read = YAML(typ="safe").load(CASES / f"{name}.yaml")
    by_reason = {**read["reasons"], "other": read["other"]}
    return [(reason, text) for reason in reasons or by_reason for text in by_reason[reason]]


def spoken(opening: str) -> Transcript:
    """A call that a customer begins so."""
    return transcript(
        ("agent", "Thank you for calling Harbour Bank. This call is recorded. How can I help you today?"),
        ("customer", opening),
        ("agent", "Let me look into that for you. What is your date of birth?"),
        ("customer", "It is [date_of_birth]."),
        ("agent", "Thank you. That is done. Goodbye."),
    )


def put_call(
    connection: Connection,
    call_id: str,
    said: str | Transcript,
    *,
    transcript_key: str | None = None,
    started_at: datetime | None = NOW,
    **changes: Any,
) -> None:
    """A scored call with a stored transcript."""
    heard = spoken(said) if isinstance(said, str) else said
    key = transcript_key or f"t-of-{call_id}"
    taken_in(connection, call_id, sha256=call_id, started_at=started_at, **changes)
    keys = FactKeys(transcript=key, findings="f", sentiment="s", measures="m")
    put_step(connection, key, call_id=call_id, step="transcript", record=heard, now=NOW)
    put_step(connection, f"facts-of-{call_id}", call_id=call_id, step="facts", record=keys, now=NOW)
    scored(connection, score(call_id, f"s-of-{call_id}"))
