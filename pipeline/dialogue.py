"""A small call that somebody writes down in a case: who says what, and a transcript of it at an even pace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from pipeline.errors import did_you_mean
from pipeline.records import MadeBy, Role, Transcript, Turn, Word

MS_PER_WORD, MS_BETWEEN_LINES = 300, 500
SPEAKERS = tuple(role.value for role in Role)
LINE_WANTED = "write `agent: words`, or `0:40 agent: words`"

_TIMED = re.compile(r"(?:(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)\s+)?(?P<speaker>[^\s:]+)")
_MADE_BY = MadeBy(engine="cases", version="1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Words that somebody says. ``start_ms`` is None where they follow the line before."""

    speaker: Role
    words: str
    start_ms: int | None = None


def read_line(given: Any) -> Line:
    """Read ``agent: words``, ``0:40 agent: words``, or the same as a YAML mapping, which it is without quotes.

    Raises:
        PydanticCustomError: It is no such line, or nobody is called that.
    """
    if isinstance(given, Line):
        return given
    if isinstance(given, dict) and len(given) == 1:
        before, words = next((str(key), value) for key, value in given.items())
        if not isinstance(words, str):
            raise PydanticCustomError("case_line", "put the line in quotes: YAML does not read its words as text")
    elif isinstance(given, str) and ": " in given:
        before, _, words = given.partition(": ")
    else:
        raise PydanticCustomError("case_line", LINE_WANTED)
    match = _TIMED.fullmatch(before.strip())
    if match is None or not words.split():
        raise PydanticCustomError("case_line", LINE_WANTED)
    speaker = match["speaker"]
    if speaker not in SPEAKERS:
        raise PydanticCustomError(
            "case_speaker",
            "nobody is called {speaker}{near}; there are: {known}",
            {"speaker": repr(speaker), "near": did_you_mean(speaker, SPEAKERS), "known": ", ".join(SPEAKERS)},
        )
    at = None if match["minutes"] is None else (int(match["minutes"]) * 60 + int(match["seconds"])) * 1000
    return Line(speaker=Role(speaker), words=" ".join(words.split()), start_ms=at)


AuthoredLine = Annotated[Line, BeforeValidator(read_line)]
"""A line of a file of cases, for a pydantic form."""


def transcript_of_lines(
    lines: Sequence[Line], *, language: str = "en", confidence: float = 0.9, duration_s: float | None = None
) -> Transcript:
    """Return lines as a transcript, not redacted yet.

    Words are of equal length, and a line begins half a second after the one before, or at a time of its own.

    Args:
        lines: In any order where they have times.
        language: Code of the language.
        confidence: Of every word, 0..1.
        duration_s: Length of the call; at least that of the words.
    """
    turns: list[Turn] = []
    for line in lines:
        follows_ms = turns[-1].end_ms + MS_BETWEEN_LINES if turns else 0
        turns.append(_turn(line, follows_ms if line.start_ms is None else line.start_ms, confidence))
    last_ms = max((turn.end_ms for turn in turns), default=0)
    return Transcript(
        call_id="case",
        language=language,
        duration_ms=last_ms if duration_s is None else max(last_ms, round(duration_s * 1000)),
        turns=tuple(replace(turn, index=i) for i, turn in enumerate(sorted(turns, key=lambda turn: turn.start_ms))),
        made_by=_MADE_BY,
        redacted=False,
    )


def _turn(line: Line, start_ms: int, confidence: float) -> Turn:
    words = tuple(
        Word(
            text=text,
            start_ms=start_ms + i * MS_PER_WORD,
            end_ms=start_ms + (i + 1) * MS_PER_WORD,
            confidence=confidence,
        )
        for i, text in enumerate(line.words.split())
    )
    return Turn(
        index=0,
        channel=1 if line.speaker is Role.CUSTOMER else 0,
        role=line.speaker,
        role_confidence=1.0,
        start_ms=start_ms,
        end_ms=words[-1].end_ms,
        words=words,
    )
