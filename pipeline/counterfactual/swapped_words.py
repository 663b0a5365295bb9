"""Transcripts with other names, pronouns and forms of address in them: one word for one word, at the same times."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from pipeline.records import Transcript, Turn

NAME_MARK = "[person_name]"
"""What stands in a masked transcript where a name was said."""

Tags = Callable[[Sequence[str]], list[list[tuple[int, str]]]]
"""Gives for each text the Penn Treebank tag of each token, by the character at which it begins."""

_PAIRS = (
    ("he", "she"),
    ("himself", "herself"),
    ("mister", "missus"),
    ("sir", "ma'am"),
    ("gentleman", "lady"),
    ("gentlemen", "ladies"),
    ("mr", "mrs"),
)
_OTHER = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])} | {
    "him": "her",
    "hers": "his",
    "ms": "mr",
    "madam": "sir",
    "mam": "sir",
}
_WORD = re.compile(r"(?P<before>[^\w\[]*)(?P<core>\w+(?:['’]\w+)*)(?P<after>\W*)")
_OF_A_THING = re.compile(r"NN|JJ|CD|VB[GN]|RB")
"""Tags of words that go on what somebody owns: his *card*, his *old* card, his *second* card."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Swapped:
    """A transcript with other words in it, and how many."""

    transcript: Transcript
    words: int


def swap_gender(transcript: Transcript, tags: Tags) -> Swapped:
    """Return the transcript with he and she, him, his and her, Mr and Mrs, sir and ma'am in each other's place.

    Args:
        transcript: In English.
        tags: Tells "her" that is "him" (PRP) from "her" that is "his" (PRP$).
    """
    told = tags([turn.text for turn in transcript.turns])

    def swap(position: int, turn: Turn) -> list[str]:
        by_start, starts = dict(told[position]), _starts(turn)
        texts = [word.text for word in turn.words]
        return [_other(texts, k, by_start, starts) for k in range(len(texts))]

    return _changed(transcript, swap)


def put_names(transcript: Transcript, first_name: str) -> Swapped:
    """Return the transcript with a first name wherever a name was masked."""

    def name(_: int, turn: Turn) -> list[str]:
        texts = (word.text for word in turn.words)
        return [first_name + t.removeprefix(NAME_MARK) if t.startswith(NAME_MARK) else t for t in texts]

    return _changed(transcript, name)


def rename(
    transcript: Transcript,
    first_names: Collection[tuple[int, int]],
    surnames: Collection[tuple[int, int]],
    names: tuple[str, str],
) -> Swapped:
    """Return the transcript with a person's first name and surname put in the place of another's.

    Args:
        transcript: Any.
        first_names: (position of the turn, position of the word) of the first names.
        surnames: Likewise of surnames.
        names: The new first name and surname.
    """

    def named(position: int, turn: Turn) -> list[str]:
        texts = [word.text for word in turn.words]
        for places, new in ((first_names, names[0]), (surnames, names[1])):
            for place in (k for at, k in places if at == position):
                found = _WORD.fullmatch(texts[place])
                if found is not None:
                    ending = "'s" if re.search(r"['’]s$", found["core"]) else ""
                    texts[place] = found["before"] + _as_written(new, found["core"]) + ending + found["after"]
        return texts

    return _changed(transcript, named)


def _changed(transcript: Transcript, texts_of: Callable[[int, Turn], list[str]]) -> Swapped:
    turns, count = [], 0
    for position, turn in enumerate(transcript.turns):
        texts = texts_of(position, turn)
        words = tuple(
            word if word.text == text else replace(word, text=text)
            for word, text in zip(turn.words, texts, strict=True)
        )
        count += sum(new is not old for new, old in zip(words, turn.words, strict=True))
        turns.append(replace(turn, words=words))
    return Swapped(transcript=replace(transcript, turns=tuple(turns)), words=count)


def _other(texts: Sequence[str], k: int, tags: dict[int, str], starts: Sequence[int]) -> str:
    found = _WORD.fullmatch(texts[k])
    if found is None:
        return texts[k]
    core = found["core"].replace("’", "'")
    folded, _, ending = core.casefold().partition("'") if core.casefold() not in _OTHER else (core.casefold(), "", "")
    following = _WORD.fullmatch(texts[k + 1]) if k + 1 < len(texts) else None
    if folded == "her":
        new = "his" if tags.get(starts[k] + len(found["before"])) == "PRP$" else "him"
    elif folded == "his":
        at = starts[k + 1] + len(following["before"]) if following else -1
        owned = bool(following) and not found["after"] and bool(_OF_A_THING.match(tags.get(at, "")))
        new = "her" if owned else "hers"
    elif folded == "miss":
        called = core[0].isupper() and k + 1 < len(texts) and texts[k + 1][:1] in "[ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        new = "mr" if called else folded
    else:
        new = _OTHER.get(folded, folded)
    if new == folded:
        return texts[k]
    return found["before"] + _as_written(new, core) + (f"'{ending}" if ending else "") + found["after"]


def _as_written(new: str, old: str) -> str:
    """Return a word with the capitals of another."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new.lower()


def _starts(turn: Turn) -> list[int]:
    """Return at which character of the turn's text each word begins."""
    starts, at = [], 0
    for word in turn.words:
        starts.append(at)
        at += len(word.text) + 1
    return starts
