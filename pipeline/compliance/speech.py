"""What was said, as matching wants it: the turns of one speaker joined, each word still knowing its place and time."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.compliance.wording import expand
from pipeline.numbers.written import spoken_tokens
from pipeline.records import Evidence, Role, Transcript, Turn

# A phrase goes on over a short pause whatever the other party says meanwhile (two channels talk at once), and over a
# longer one if the other party says no more than "okay, go ahead".
SHORT_PAUSE_MS = 2000
LONG_PAUSE_MS = 5000
MAX_BACKCHANNEL_WORDS = 3
MASK = re.compile(r"\[[a-z_]+\]")
_CLAUSE_END, _SENTENCE_END = ".,;:?!", ".?!"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One comparable word. ``turn`` and ``word`` are positions in the transcript's turns and that turn's words."""

    folded: str
    turn: int
    word: int
    char_start: int
    char_end: int
    ends_clause: bool = False
    ends_sentence: bool = False
    asks: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Consecutive turns of one speaker, as one sequence of words."""

    role: Role
    units: tuple[Unit, ...]


def stretches(transcript: Transcript) -> tuple[Stretch, ...]:
    """Return what each speaker said in one go, in order of its beginning.

    Turns of one speaker are joined where at most `SHORT_PAUSE_MS` lie between them, or at most `LONG_PAUSE_MS` with no
    more than `MAX_BACKCHANNEL_WORDS` words in a row of somebody else's between them.
    """
    joined: list[list[int]] = []
    latest: dict[tuple[Role, int], list[int]] = {}
    for i, turn in enumerate(transcript.turns):
        speaker = (turn.role, turn.channel)
        group = latest.get(speaker)
        if group is None or not _goes_on(transcript.turns, group[-1], i):
            group = []
            joined.append(group)
            latest[speaker] = group
        group.append(i)
    return tuple(
        Stretch(role=transcript.turns[group[0]].role, units=units)
        for group in joined
        if (units := tuple(unit for i in group for unit in _units(transcript.turns[i], i)))
    )


def _goes_on(turns: tuple[Turn, ...], last: int, now: int) -> bool:
    pause_ms = turns[now].start_ms - turns[last].end_ms
    between = turns[last + 1 : now]
    return pause_ms <= SHORT_PAUSE_MS or (
        pause_ms <= LONG_PAUSE_MS and all(len(turn.words) <= MAX_BACKCHANNEL_WORDS for turn in between)
    )


def _units(turn: Turn, position: int) -> Iterable[Unit]:
    offset = 0
    for i, word in enumerate(turn.words):
        ends_clause = word.text[-1:] in _CLAUSE_END
        found = _parts(word.text)
        for k, (folded, start, end) in enumerate(found):
            yield Unit(
                folded=folded,
                turn=position,
                word=i,
                char_start=offset + start,
                char_end=offset + end,
                ends_clause=ends_clause and k == len(found) - 1,
                ends_sentence=word.text[-1:] in _SENTENCE_END and k == len(found) - 1,
                asks=word.text[-1:] == "?" and k == len(found) - 1,
            )
        offset += len(word.text) + 1


@functools.lru_cache(maxsize=65536)  # calls share most of their words
def _parts(word: str) -> tuple[tuple[str, int, int], ...]:
    """Return the comparable forms of a spoken word with the characters that each stands for."""
    mask = MASK.search(word)
    if mask:  # what was masked is no word of anybody's: "card number" must not be found in it
        return ((mask.group(), mask.start(), mask.end()),)
    parts = ((part, token) for token in spoken_tokens(word) for part in expand(token.folded))
    return tuple((part, token.char_start, token.char_end) for part, token in parts)


def quotes(transcript: Transcript, units: Iterable[Unit]) -> tuple[Evidence, ...]:
    """Return the evidence for consecutive words: one quote per turn that they touch, in order."""
    by_turn: dict[int, list[Unit]] = {}
    for unit in units:
        by_turn.setdefault(unit.turn, []).append(unit)
    return tuple(_quote(transcript.turns[position], touched) for position, touched in by_turn.items())


def _quote(turn: Turn, touched: list[Unit]) -> Evidence:
    first, last = min(unit.word for unit in touched), max(unit.word for unit in touched)
    start, end = min(unit.char_start for unit in touched), max(unit.char_end for unit in touched)
    said = turn.words[first : last + 1]
    known = [word.confidence for word in said if word.confidence is not None]
    return Evidence(
        turn_index=turn.index,
        role=turn.role,
        start_ms=said[0].start_ms,
        end_ms=said[-1].end_ms,
        char_start=start,
        char_end=end,
        quote=turn.text[start:end],
        confidence=sum(known) / len(known) if known else None,
    )
