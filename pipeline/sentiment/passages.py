"""What is read at once: what one speaker says with nobody between, cut at sentence ends into passages.

A recogniser's turns are no good unit. A pause cuts "I have been waiting ... for three weeks" in two, neither of which
sounds like much; and in a turn of a minute one complaint drowns: of turns of 60 words with one negative sentence, the
default engine calls 65 % negative as a whole and 85 % when they are read 20 words at a time (`docs/sentiment.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.records import Role, Transcript, Turn, Word
from pipeline.text import tokens

PARTIES = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)  # an announcement's voice has no mood
FILLERS = frozenset({"ah", "eh", "er", "erm", "hm", "hmm", "huh", "mhm", "mm", "mmm", "oh", "uh", "uhm", "um"})
FAREWELL = frozenset({"bye", "byebye", "good", "goodbye"})  # said in anger as well, and read as friendly
JOIN_PAUSE_MS = 3000
"""After a longer pause, which would count as dead air, a speaker begins anew: the mood may be another."""
PASSAGE_WORDS = 20
SENTENCE_PASSAGES = 2
"""A sentence longer than so many passages is a recogniser that wrote no full stops; it is cut into equal parts."""

_MASKED = re.compile(r"\[\w+\]\W*")
_SENTENCE_END = re.compile(r"[.?!…][\"'”’)]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """Words of one speaker that are read together. ``text`` leaves masked personal data out."""

    role: Role
    turn_indexes: tuple[int, ...]
    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spoken:
    turn: Turn
    word: Word

    @property
    def masked(self) -> bool:
        return _MASKED.fullmatch(self.word.text) is not None


def passages(transcript: Transcript, min_characters: int, longest_words: int = PASSAGE_WORDS) -> tuple[Passage, ...]:
    """Return what is worth reading of a call, in order of time.

    Left out are announcements, and what holds less than ``min_characters``, or nothing but fillers or a farewell. A
    turn of fillers does not part what another speaker says before and after it. ``longest_words`` may be another in
    experiments only.
    """
    found = [
        _passage(words)
        for stretch in _stretches(transcript.turns)
        for words in _cut(stretch, min_characters, longest_words)
        if _worth_reading(words, min_characters)
    ]
    return tuple(sorted(found, key=lambda passage: (passage.start_ms, passage.turn_indexes)))


def _stretches(turns: Sequence[Turn]) -> list[list[_Spoken]]:
    """Join turns of one speaker between which nobody says anything."""
    stretches: list[list[_Spoken]] = []
    last: Turn | None = None
    for turn in turns:
        if turn.role in PARTIES and _is_filler(turn):
            continue
        joins = (
            last is not None
            and (turn.role, turn.channel) == (last.role, last.channel)
            and turn.start_ms - last.end_ms <= JOIN_PAUSE_MS
        )
        if turn.role in PARTIES:
            if not joins:
                stretches.append([])
            stretches[-1].extend(_Spoken(turn=turn, word=word) for word in turn.words)
        last = turn
    return stretches


def _is_filler(turn: Turn) -> bool:
    return all(token.folded in FILLERS for token in tokens(turn.text))


def _cut(words: Sequence[_Spoken], min_characters: int, longest_words: int) -> list[list[_Spoken]]:
    """Group sentences into passages of up to so many words; what says nothing by itself goes with its neighbour."""
    passages: list[list[_Spoken]] = []
    for sentence in _sentences(words, longest_words):
        fits = passages and len(passages[-1]) + len(sentence) <= longest_words
        alone = _worth_reading(sentence, min_characters) and passages and _worth_reading(passages[-1], min_characters)
        if passages and (fits or not alone):
            passages[-1].extend(sentence)
        else:
            passages.append(list(sentence))
    return passages


def _sentences(words: Sequence[_Spoken], longest_words: int) -> Iterator[Sequence[_Spoken]]:
    start = 0
    for i, spoken in enumerate(words):
        if _SENTENCE_END.search(spoken.word.text) or i + 1 == len(words):
            yield from _equal_parts(words[start : i + 1], longest_words)
            start = i + 1


def _equal_parts(sentence: Sequence[_Spoken], longest_words: int) -> Iterator[Sequence[_Spoken]]:
    count = 1 if len(sentence) <= SENTENCE_PASSAGES * longest_words else -(-len(sentence) // longest_words)
    edges = [len(sentence) * i // count for i in range(count + 1)]
    yield from (sentence[start:end] for start, end in pairwise(edges))


def _worth_reading(words: Sequence[_Spoken], min_characters: int) -> bool:
    text = _text(words)
    return len(text) >= min_characters and any(token.folded not in FILLERS | FAREWELL for token in tokens(text))


def _text(words: Sequence[_Spoken]) -> str:
    return " ".join(spoken.word.text for spoken in words if not spoken.masked)


def _passage(words: Sequence[_Spoken]) -> Passage:
    return Passage(
        role=words[0].turn.role,
        turn_indexes=tuple(dict.fromkeys(spoken.turn.index for spoken in words)),
        start_ms=words[0].word.start_ms,
        end_ms=max(spoken.word.end_ms for spoken in words),
        text=_text(words),
    )
