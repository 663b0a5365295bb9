"""Find phrases in spite of recognition errors: windows of words whose letters are nearly those of the phrase."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MIN_PAIR_SIMILARITY = 0.75
MIN_FEW_SIMILARITY = 0.7
MIN_BEGINNING_SIMILARITY = 0.77  # "day" for "date", of which so few letters are the same
_SHORT_WORD = 4
_LONG_PHRASE_WORDS = 8
_FUNCTION_WORDS = (
    "a an the is are am be been being was were will would shall should may might can could do does did have has had i "
    "you he she it we they me him her us them my your his its our their this that these those of to in on at by for "
    "from with and or but if as so any all there here"
)
_UNITS_OF_TIME = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})
_EMPTY = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class LoosePhrase:
    """The words of one way to say a phrase.

    Attributes:
        saying: Id of what it belongs to.
        negative: True where the words themselves deny something.
        said_from: Similarity 0..1 from which it counts as said.
        told_from: Similarity from which it is told as a near miss; not more than ``said_from``.
        readings: Indexes of the readings in which it counts.
    """

    saying: str
    words: tuple[str, ...]
    negative: bool
    said_from: float
    told_from: float
    readings: tuple[int, ...]


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


def find_loose(readings: Sequence[Sequence[str]], phrases: Sequence[LoosePhrase]) -> Iterator[LooseMatch]:
    """Yield windows of words that are similar enough to a phrase, the most similar of one kind first.

    What is said may be up to one word shorter or longer than the phrase, two from eight words on, because a recogniser
    splits and joins words ("maybe", "very fire"). A near miss is only looked for among windows of the phrase's length.
    """
    alike: Mapping[tuple[int, float, float, tuple[int, ...]], list[LoosePhrase]] = defaultdict(list)
    for phrase in phrases:
        alike[len(phrase.words), phrase.said_from, phrase.told_from, phrase.readings].append(phrase)
    for (length, said_from, told_from, chosen), group in sorted(alike.items(), key=lambda item: item[0]):
        slack = 2 if length >= _LONG_PHRASE_WORDS else 1
        others = [size for size in range(length - slack, length + slack + 1) if size != length]
        for sizes, cutoff in (([length], told_from), (others, said_from)):
            windows = [
                (i, start, start + size)
                for i in chosen
                for size in sizes
                for start in range(len(readings[i]) - size + 1)
            ]
            yield from _similar(readings, windows, group, cutoff)


def _similar(
    readings: Sequence[Sequence[str]],
    windows: Sequence[tuple[int, int, int]],
    phrases: Sequence[LoosePhrase],
    cutoff: float,
) -> Iterator[LooseMatch]:
    from rapidfuzz import fuzz, process  # noqa: PLC0415

    if not windows:
        return
    scores = process.cdist(
        [" ".join(readings[i][start:end]) for i, start, end in windows],
        [" ".join(phrase.words) for phrase in phrases],
        scorer=fuzz.ratio,
        score_cutoff=cutoff * 100,
    )
    rows, columns = scores.nonzero()
    for k in (-scores[rows, columns]).argsort(kind="stable"):
        (i, start, end), phrase = windows[rows[k]], phrases[columns[k]]
        similarity = float(scores[rows[k], columns[k]]) / 100
        yield LooseMatch(reading=i, phrase=phrase, start=start, end=end, similarity=similarity)


def carried_share(phrase: Sequence[str], said: Sequence[str], word_similarity: float) -> float:
    """Return the share 0..1 of a phrase's carrying words that have a counterpart, one word or two run together.

    Letters alone mislead: "thank you for holding" is 0.86 "thank you for calling", but only half of what it carries.
    Two words run together must be `MIN_PAIR_SIMILARITY` alike, or any two would do; and where only two words carry the
    phrase each must be `MIN_FEW_SIMILARITY` alike, because one misheard is half of it ("choosing", "holding").
    """
    carrying = [word for word in phrase if word not in _EMPTY]
    if len(carrying) < 2:
        carrying = list(phrase)  # "what can i do for you" is carried by all its words
    elif len(carrying) == 2:
        word_similarity = max(word_similarity, MIN_FEW_SIMILARITY)
    exactly = set(said)
    pairs = [first + second for first, second in itertools.pairwise(said)]
    there = sum(word in exactly or _has_counterpart(word, said, pairs, word_similarity) for word in carrying)
    return there / len(carrying)


def _has_counterpart(word: str, said: Sequence[str], pairs: Sequence[str], least: float) -> bool:
    """Tell whether a word may be one of those that were heard: by its letters, or a short one by its beginning."""
    from rapidfuzz import distance, fuzz, process  # noqa: PLC0415

    if process.extractOne(word, said, scorer=fuzz.ratio, score_cutoff=least * 100) is not None:
        return True
    if process.extractOne(word, pairs, scorer=fuzz.ratio, score_cutoff=MIN_PAIR_SIMILARITY * 100) is not None:
        return True
    if len(word) > _SHORT_WORD:
        return False
    return (
        process.extractOne(word, said, scorer=distance.JaroWinkler.similarity, score_cutoff=MIN_BEGINNING_SIMILARITY)
        is not None
    )


def misheard_article(phrase: Sequence[str], said: Sequence[str]) -> bool:
    """Tell whether the only "not" is an article misheard: "this isn't attempt" for "this is an attempt".

    Who denies keeps the article ("this isn't an attempt").
    """
    written = set(zip(phrase, phrase[1:], phrase[2:], strict=False))
    nots = [i for i, word in enumerate(said) if word == "not"]
    return bool(nots) and all(
        0 < i < len(said) - 1 and any((said[i - 1], article, said[i + 1]) in written for article in ("a", "an"))
        for i in nots
    )


def opposite_word(phrase: Sequence[str], said: Sequence[str]) -> bool:
    """Tell whether one word is asked for and its opposite said: "included" for "excluded", "unpaid" for "paid".

    Not where it is only misheard: "unattempt" for "an attempt", "and happy" for "unhappy".
    """
    from rapidfuzz import fuzz  # noqa: PLC0415

    without_article = {word for before, word in itertools.pairwise(("", *phrase)) if before not in {"a", "an"}}
    asked, heard = without_article - set(said), set(said) - set(phrase)
    found = {word for word in asked for other in heard if _are_opposite(word, other) or _are_opposite(other, word)}
    pairs = [first + second for first, second in itertools.pairwise(said)]
    return any(all(fuzz.ratio(word, pair) < MIN_PAIR_SIMILARITY * 100 for pair in pairs) for word in found)


def _are_opposite(word: str, other: str) -> bool:
    if word.startswith("in") and other.startswith("ex"):
        return len(word) > _SHORT_WORD and word[2:] == other[2:]
    return len(word) >= _SHORT_WORD and any(other == prefix + word for prefix in ("un", "dis", "non"))


def other_number(phrase: Sequence[str], said: Sequence[str]) -> bool:
    """Tell whether one number or unit of time is asked for and another said, which is no error of a few letters.

    A number of the phrase that is only missing may have been misheard ("for" for "four") and is left to similarity.
    """
    asked, heard = (Counter(word for word in words if word[0].isdecimal()) for words in (phrase, said))
    units, other_units = ({word.rstrip("s") for word in words} & _UNITS_OF_TIME for words in (phrase, said))
    return bool(asked - heard and heard - asked) or bool(units - other_units and other_units - units)
