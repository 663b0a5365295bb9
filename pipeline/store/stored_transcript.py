"""Stored transcripts without a record for every word: scoring looks at the words of a few turns only.

To read a transcript whole takes longer than to score the call.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, cast, overload

import orjson
from pydantic import TypeAdapter

from pipeline.records import Role, Transcript, Turn, Word
from pipeline.store.payload import read_payload

_TURNS = "turns"
_ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, kw_only=True, slots=True)
class _StoredTranscript(Transcript):
    """A transcript whose mean confidence is known without its words."""

    mean_confidence: float | None = None

    @property
    def confidence(self) -> float | None:
        """Mean word confidence over the call, or None where no word has one."""
        return self.mean_confidence


class _Words(Sequence[Word]):
    """The words of a turn, made when first asked for."""

    __slots__ = ("_made", "_stored")

    def __init__(self, stored: list[Any]) -> None:
        self._stored = stored
        self._made: tuple[Word, ...] | None = None

    def _words(self) -> tuple[Word, ...]:
        if self._made is None:
            self._made = _checked(tuple[Word, ...]).validate_python(self._stored)
        return self._made

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[Word]:
        return iter(self._words())

    @overload
    def __getitem__(self, at: int) -> Word: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Word, ...]: ...

    def __getitem__(self, at: int | slice) -> Word | tuple[Word, ...]:
        return self._words()[at]


def read_transcript(payload: str, where: str) -> Transcript:
    """Return a stored transcript whose words are made when they are asked for; errors as in `read_payload`.

    The words of a turn can be gone through, sliced and counted; where they have to be a tuple, see `with_words`.
    """
    try:
        data = orjson.loads(payload)
        turns = data[_TURNS]
        bare: Transcript = _checked(Transcript).validate_python({**data, _TURNS: []})
        told = {field.name: getattr(bare, field.name) for field in fields(Transcript)}
        known = [sure for turn in turns for word in turn["words"] if (sure := word["confidence"]) is not None]
        mean = sum(known) / len(known) if known else None
        return _StoredTranscript(**{**told, _TURNS: tuple(map(_turn, turns))}, mean_confidence=mean)
    except (ValueError, TypeError, KeyError, AttributeError):  # of an older version, or none at all
        return read_payload(Transcript, payload, where)


def with_words(transcript: Transcript) -> Transcript:
    """Return a transcript with all its words made."""
    told = {field.name: getattr(transcript, field.name) for field in fields(Transcript)}
    turns = tuple(replace(turn, words=tuple(turn.words)) for turn in transcript.turns)
    return Transcript(**{**told, _TURNS: turns})


def _turn(stored: dict[str, Any]) -> Turn:
    words = cast(tuple[Word, ...], _Words(stored["words"]))
    return Turn(**{**stored, "role": _ROLES[stored["role"]], "words": words})


@functools.cache
def _checked(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
