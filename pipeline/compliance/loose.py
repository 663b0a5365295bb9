"""Find phrases in spite of recognition errors: windows of words whose letters are nearly those of the phrase."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MIN_PAIR_SIMILARITY = 0.75
MIN_FEW_SIMILARITY = 0.7
_LONG_PHRASE_WORDS = 8
_FUNCTION_WORDS = (
    "a an the is are am be been being was were will would shall should may might can could do does did have has had i "
    "you he she it we they me him her us them my your his its our their this that these those of to in on at by for "
    "from with and or but if as so any all there here"
)
_EMPTY = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class LoosePhrase:
    """The words of one way to say a rule's phrase. ``negative``: they themselves deny something."""

    rule: str
    words: tuple[str, ...]
    negative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LooseMatch:
    """Words ``[start, end)`` of a reading are like a phrase.

    Attributes:
        similarity: 1 - normalised insertions and deletions of letters (rapidfuzz ``ratio``), 0..1.
    """

    reading: int
    phrase: LoosePhrase
    start: int
    end: int
    similarity: float


def find_loose(
    readings: Sequence[Sequence[str]], phrases: Sequence[LoosePhrase], cutoff: float
) -> Iterator[LooseMatch]:
    """Yield every window of words that is at least ``cutoff`` (0..1) similar to a phrase.

    Windows are up to one word shorter or longer than the phrase, two from eight words on, because a recogniser splits
    and joins words ("maybe", "very fire").
    """
    from rapidfuzz import fuzz, process  # noqa: PLC0415

    by_length: Mapping[int, list[LoosePhrase]] = defaultdict(list)
    for phrase in phrases:
        by_length[len(phrase.words)].append(phrase)
    for length, group in sorted(by_length.items()):
        slack = 2 if length >= _LONG_PHRASE_WORDS else 1
        windows = [
            (i, start, start + size)
            for i, words in enumerate(readings)
            for size in range(length - slack, length + slack + 1)
            for start in range(len(words) - size + 1)
        ]
        if not windows:
            continue
        scores = process.cdist(
            [" ".join(readings[i][start:end]) for i, start, end in windows],
            [" ".join(phrase.words) for phrase in group],
            scorer=fuzz.ratio,
            score_cutoff=cutoff * 100,
        )
        for row, column in zip(*scores.nonzero(), strict=True):
            (i, start, end), phrase = windows[row], group[column]
            similarity = float(scores[row, column]) / 100
            yield LooseMatch(reading=i, phrase=phrase, start=start, end=end, similarity=similarity)


def carried_share(phrase: Sequence[str], said: Sequence[str], word_similarity: float) -> float:
    """Return the share 0..1 of a phrase's carrying words that have a counterpart, one word or two run together.

    Letters alone mislead: "thank you for holding" is 0.86 "thank you for calling", but only half of what it carries.
    Two words run together must be `MIN_PAIR_SIMILARITY` alike, or any two would do; and where only two words carry the
    phrase each must be `MIN_FEW_SIMILARITY` alike, because one misheard is half of it ("choosing", "holding").
    """
    from rapidfuzz import fuzz  # noqa: PLC0415

    carrying = [word for word in phrase if word not in _EMPTY]
    if len(carrying) < 2:
        carrying = list(phrase)  # "what can i do for you" is carried by all its words
    elif len(carrying) == 2:
        word_similarity = max(word_similarity, MIN_FEW_SIMILARITY)
    heard = [(word, word_similarity) for word in said]
    heard += [(first + second, MIN_PAIR_SIMILARITY) for first, second in itertools.pairwise(said)]
    there = sum(any(fuzz.ratio(word, other) >= least * 100 for other, least in heard) for word in carrying)
    return there / len(carrying)


def other_number(phrase: Sequence[str], said: Sequence[str]) -> bool:
    """Tell whether one number is asked for and another one said, which is no recognition error of a few letters.

    A number of the phrase that is only missing may have been misheard ("for" for "four") and is left to similarity.
    """
    asked, heard = (Counter(word for word in words if word[0].isdecimal()) for words in (phrase, said))
    return bool(asked - heard) and bool(heard - asked)
