"""Where in a turn stands what was looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Role
from pipeline.store.search_query import Term
from pipeline.store.search_words import Found, found_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A stretch of a text, and whether it is what was looked for."""

    text: str
    marked: bool


def spans_of(text: str, term: Term, role: Role) -> tuple[tuple[int, int], ...]:
    """Return where a turn says a term, as half-open ranges of characters; none where it does not."""
    if term.speaker is not None and term.speaker != role.value:
        return ()
    words = tuple(found_words(text))
    if term.between is not None:
        return _near(words, term)
    length = len(term.words)
    return tuple(
        (words[at].char_start, words[at + length - 1].char_end)
        for at in range(len(words) - length + 1)
        if _is_here(words[at : at + length], term)
    )


def pieces(text: str, spans: Sequence[tuple[int, int]], *, most: int) -> tuple[Piece, ...]:
    """Return a text in pieces, with what is marked; a long one is cut around the first mark.

    Args:
        text: A turn's.
        spans: What is to be marked, in any order; some may overlap.
        most: About so many characters are shown.
    """
    start, end = _window(text, min(spans, default=(0, 0)), most)
    made = [Piece(text="… ", marked=False)] if start else []
    at = start
    for first, last in _merged(spans):
        if first < at or last > end:
            continue
        made += [Piece(text=text[at:first], marked=False), Piece(text=text[first:last], marked=True)]
        at = last
    made.append(Piece(text=text[at:end] + (" …" if end < len(text) else ""), marked=False))
    return tuple(piece for piece in made if piece.text)


def _is_here(words: Sequence[Found], term: Term) -> bool:
    *before, last = [word.word for word in words]
    same = last.startswith(term.words[-1]) if term.beginning else last == term.words[-1]
    return same and tuple(before) == term.words[:-1]


def _near(words: Sequence[Found], term: Term) -> tuple[tuple[int, int], ...]:
    assert term.between is not None
    one, other = ([at for at, word in enumerate(words) if word.word == wanted] for wanted in term.words)
    pairs = [(a, b) for a in one for b in other if abs(a - b) <= term.between + 1]
    places = sorted({place for pair in pairs for place in pair})
    return tuple((words[place].char_start, words[place].char_end) for place in places)


def _window(text: str, first: tuple[int, int], most: int) -> tuple[int, int]:
    """Return which stretch of a text to show: all of it, or the surroundings of the first mark, between blanks."""
    if len(text) <= most:
        return 0, len(text)
    start = max(0, first[0] - most // 3)
    end = min(len(text), max(start + most, first[1]))
    if start and (blank := text.find(" ", start, first[0])) >= 0:
        start = blank + 1
    if end < len(text) and (blank := text.rfind(" ", first[1], end)) > 0:
        end = blank
    return start, end


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
