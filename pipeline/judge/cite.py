"""Check what a language model cites against the transcript: the turn must exist, and the words must stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.records import Evidence, Transcript, Turn
from pipeline.text import Token, tokens

LEAST_WORDS = 3
"""A quote of fewer words proves nothing, unless it is the whole turn."""


def check_citations(transcript: Transcript, cited: Iterable[tuple[int, str]]) -> tuple[Evidence, ...]:
    """Return what is truly quoted, in order of time, each once; what does not stand in the call is left out.

    Case, accents and punctuation do not matter; order and wholeness of the words do.

    Args:
        transcript: The call as the model read it.
        cited: (turn index, quote) as the model gives them.
    """
    turns = {turn.index: turn for turn in transcript.turns}
    found = {_evidence(turns[index], quote) for index, quote in cited if index in turns}
    return tuple(sorted((e for e in found if e is not None), key=lambda e: (e.start_ms, e.turn_index, e.char_start)))


def _evidence(turn: Turn, quote: str) -> Evidence | None:
    text = turn.text
    said, wanted = tokens(text), [token.folded for token in tokens(quote)]
    at = _find(said, wanted)
    if at is None or (len(wanted) < LEAST_WORDS and len(wanted) < len(said)):
        return None
    first, last = _words(turn, said[at].char_start, said[at + len(wanted) - 1].char_end)
    char_start = sum(len(word.text) + 1 for word in turn.words[:first])
    words = turn.words[first : last + 1]
    exact = " ".join(word.text for word in words)
    known = [word.confidence for word in words if word.confidence is not None]
    return Evidence(
        turn_index=turn.index,
        role=turn.role,
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        char_start=char_start,
        char_end=char_start + len(exact),
        quote=exact,
        confidence=sum(known) / len(known) if known else None,
    )


def _find(said: Sequence[Token], wanted: Sequence[str]) -> int | None:
    if not wanted:
        return None
    folded = [token.folded for token in said]
    ends = range(len(folded) - len(wanted) + 1)
    return next((at for at in ends if folded[at : at + len(wanted)] == list(wanted)), None)


def _words(turn: Turn, char_start: int, char_end: int) -> tuple[int, int]:
    """Return the first and last word that hold these characters: whole words, with their punctuation."""
    inside, at = [], 0
    for k, word in enumerate(turn.words):
        if at < char_end and at + len(word.text) > char_start:
            inside.append(k)
        at += len(word.text) + 1
    return inside[0], inside[-1]
