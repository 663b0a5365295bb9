"""Put known names right where the recogniser came near them, and keep what it wrote in `Word.heard`.

A name may be heard as one word less or more than it has ("harborbank", "co bought internet"). What is replaced must be
like the name in letters and in sound (Metaphone, NYSIIS). Words that mean something themselves are protected: an
ordinary English word that was heard well gives way only inside a longer name whose other words are there, and only
where it sounds the same ("harbor bank", never "card" for "Carde").
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.records import Word
from pipeline.records.language import covered
from pipeline.text import fold, tokens
from pipeline.transcribe.common_words import is_common
from pipeline.transcribe.vocabulary import Term, Terms

METHOD = "near-misses-1"
FUZZY_LANGUAGES = ("en",)  # what the phonetic keys and the list of ordinary words are for

MAX_PAUSE_MS = 1000  # nobody pauses longer inside a name
MIN_LETTERS = 5  # of a name that may be found by likeness: shorter ones are like too much
SURE = 0.6  # a word at least this confident was probably said; one without confidence counts as sure
MIN_WHOLE = 75  # per cent: letters of all words against all of the name
MIN_SAME_SOUND_LETTERS = 0.75  # of an ordinary word that sounds the same
MIN_ALIKE_SURE, MIN_ALIKE = (
    0.85,
    0.75,
)  # mean of letters and sound: of a strange word heard well, and of any heard badly
MIN_JOINED = 8  # letters of a name of one word that may take the place of several ordinary words ("net saver")

_EDGES = re.compile(r"^(?P<before>[\W_]*)(?P<core>.*?)(?P<own>['’]s)?(?P<after>[\W_]*)$", re.DOTALL)
_JOINING = "-‐‑'’"  # recognisers write "co" "-bought"
_CHUNK = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """One way in which a term is said: its words as they are compared. ``authored``: only word for word."""

    term: Term
    words: tuple[str, ...]
    authored: bool

    @property
    def letters(self) -> str:
        return "".join(self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heard:
    """Words with what is compared of each, and whether something parts it from the next one."""

    words: Sequence[Word]
    cores: tuple[tuple[str, ...], ...]
    parted: tuple[bool, ...]

    def letters(self, start: int, end: int) -> str:
        return "".join(itertools.chain.from_iterable(self.cores[start:end]))

    def windows(self, longest: int) -> Iterator[tuple[int, int]]:
        """Yield every run of up to ``longest`` words that could be one name: no pause and no punctuation in it."""
        for start in range(len(self.words)):
            for end in range(start + 1, min(start + longest, len(self.words)) + 1):
                if not self.cores[end - 1]:
                    break
                yield start, end
                if self.parted[end - 1]:
                    break


@dataclass(frozen=True, kw_only=True, slots=True)
class _Match:
    """Words ``[start, end)`` stand for a term. ``written``: they are the term already."""

    start: int
    end: int
    term: Term
    score: float
    written: bool = False


def correct(words: Sequence[Word], terms: Terms, *, language: str = FUZZY_LANGUAGES[0]) -> tuple[Word, ...]:
    """Return one party's words with near misses of known names put right.

    Punctuation around a name and a possessive ending stay. Where several words become one, ``heard`` is what they were,
    joined by spaces, and the confidence their mean; where one becomes several, its time is shared out by letters and
    the first carries all that was heard, the others an empty text: ``heard``, joined where it is given, is always
    what the recogniser wrote. Correcting twice changes nothing.

    Args:
        words: Of one channel or party, in order of time.
        terms: What holds for the call.
        language: Of the call; outside English only what ``sounds_like`` lists is replaced.
    """
    if not terms.terms or not words:
        return tuple(words)
    heard = _Heard(
        words=words,
        cores=tuple(_core(word.text) for word in words),
        parted=(*(_parted(one, other) for one, other in itertools.pairwise(words)), True),
    )
    matches = _matches(heard, _ways(terms), fuzzy=covered(language, FUZZY_LANGUAGES))
    found = sorted(matches, key=lambda match: (-match.score, match.start, match.end))
    taken: dict[int, _Match] = {}
    for match in found:
        if not any(i in taken for i in range(match.start, match.end)):
            taken.update(dict.fromkeys(range(match.start, match.end), match))
    corrected: list[Word] = []
    for i, word in enumerate(words):
        here = taken.get(i)
        if here is None or here.written:
            corrected.append(word)
        elif here.start == i:
            corrected += _replaced(words[here.start : here.end], here.term)
    return tuple(corrected)


def _ways(terms: Terms) -> tuple[_Way, ...]:
    ways = []
    for term in terms.terms:
        ways.append(_Way(term=term, words=_core(term.text), authored=False))
        ways += [_Way(term=term, words=_core(text), authored=True) for text in term.sounds_like]
    return tuple(ways)


def _core(text: str) -> tuple[str, ...]:
    """Return the comparable words of a text, without a possessive ending."""
    return tuple(token.folded.removesuffix("'s") for token in tokens(text))


def _matches(heard: _Heard, ways: Sequence[_Way], *, fuzzy: bool) -> Iterator[_Match]:
    exact: dict[tuple[str, ...], _Way] = {way.words: way for way in reversed(ways)}
    for start, end in heard.windows(max(len(way.words) for way in ways)):
        way = exact.get(tuple(itertools.chain.from_iterable(heard.cores[start:end])))
        if way is not None:  # above every likeness; the longer the name, the surer
            written = not way.authored and all(len(core) == 1 for core in heard.cores[start:end])
            yield _Match(start=start, end=end, term=way.term, score=2 + end - start, written=written)
    if fuzzy:
        by_length: dict[int, list[_Way]] = {}
        for way in ways:
            if not way.authored and way.letters.isascii() and way.letters.isalpha() and len(way.letters) >= MIN_LETTERS:
                by_length.setdefault(len(way.words), []).append(way)
        for length, group in by_length.items():
            yield from _alike(heard, group, length)


def _parted(one: Word, other: Word) -> bool:
    before, after = _edges(one.text), _edges(other.text)
    between = before["after"] + before["own"] + after["before"]
    return bool(between.strip(_JOINING)) or other.start_ms - one.end_ms > MAX_PAUSE_MS


def _edges(text: str) -> Mapping[str, str]:
    found = _EDGES.match(text)
    assert found
    return {name: value or "" for name, value in found.groupdict().items()}


def _alike(heard: _Heard, ways: Sequence[_Way], length: int) -> Iterator[_Match]:
    """Yield windows of one word less to one more than a name has whose letters are like it."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415

    windows = [
        (start, end, letters)
        for start, end in heard.windows(length + 1)
        if end - start >= length - 1 and (letters := heard.letters(start, end)).isalpha()
    ]
    names = [way.letters for way in ways]
    for first in range(0, len(windows), _CHUNK):  # a long call and many names: bounded memory
        chunk = windows[first : first + _CHUNK]
        scores = process.cdist([letters for *_, letters in chunk], names, scorer=fuzz.ratio, score_cutoff=MIN_WHOLE)
        for row, column in zip(*scores.nonzero(), strict=True):
            (start, end, letters), way = chunk[row], ways[column]
            if letters == way.letters + "s":  # several of it: nothing was misheard
                yield _Match(start=start, end=end, term=way.term, score=1.0, written=True)
            elif _plausible(heard, start, end, way):
                yield _Match(start=start, end=end, term=way.term, score=float(scores[row, column]) / 100)


def _plausible(heard: _Heard, start: int, end: int, way: _Way) -> bool:
    """Tell whether every word that differs from the name may be a mishearing of its counterpart."""
    counterparts = _counterparts([heard.letters(i, i + 1) for i in range(start, end)], way.words)
    for (a, b), (first, last) in counterparts:
        said = [heard.letters(start + i, start + i + 1) for i in range(a, b)]
        name = "".join(way.words[first:last])
        if "".join(said) == name and (b - a == 1 or len(way.words) > 1 or len(name) >= MIN_JOINED):
            continue
        confidence = _mean(heard.words[start + a : start + b])
        sure = confidence is None or confidence >= SURE
        if not _mishearing(said, name, sure=sure, in_longer_name=len(counterparts) > 1):
            return False
    return True


def _mishearing(said: Sequence[str], name: str, *, sure: bool, in_longer_name: bool) -> bool:
    from rapidfuzz import fuzz  # noqa: PLC0415

    joined = "".join(said)
    letters = fuzz.ratio(joined, name) / 100
    pairs = list(zip(_sounds(joined), _sounds(name), strict=True))
    same = pairs[0][0] == pairs[0][1]
    sound = max(fuzz.ratio(one, other) for one, other in pairs) / 100
    ordinary = all(is_common(word) for word in said)
    if ordinary and (not in_longer_name or (not sure and len(joined) < MIN_LETTERS)):
        return False
    if ordinary and sure:
        return same and letters >= MIN_SAME_SOUND_LETTERS
    return (letters + sound) / 2 >= (MIN_ALIKE_SURE if sure else MIN_ALIKE)


@functools.lru_cache(maxsize=4096)
def _sounds(letters: str) -> tuple[str, str]:
    """Return two phonetic keys: Metaphone, which goes by the rules of spelling, and NYSIIS, made for names."""
    from jellyfish import metaphone, nysiis  # noqa: PLC0415

    return str(metaphone(letters)), str(nysiis(letters))


def _counterparts(said: Sequence[str], name: Sequence[str]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return which of the words said stand for which of the name's, so that the pairs are as alike as can be.

    Where the numbers differ, words of the longer side that follow one another share a counterpart.
    """
    from rapidfuzz import fuzz  # noqa: PLC0415

    few, many = sorted((said, name), key=len)
    best: tuple[float, list[tuple[int, int]]] = (-1.0, [])
    for cuts in itertools.combinations(range(1, len(many)), len(few) - 1):
        groups = list(itertools.pairwise((0, *cuts, len(many))))
        likeness = sum(fuzz.ratio(word, "".join(many[a:b])) for word, (a, b) in zip(few, groups, strict=True))
        best = max(best, (likeness, groups), key=lambda each: each[0])
    singles = [(i, i + 1) for i in range(len(few))]
    return list(zip(singles, best[1], strict=True) if few is said else zip(best[1], singles, strict=True))


def _replaced(words: Sequence[Word], term: Term) -> list[Word]:
    """Return the term in the place of the words, with their punctuation, times and confidence."""
    first, last = _edges(words[0].text), _edges(words[-1].text)
    texts = term.text.split()
    if first["core"][:1].isupper():
        texts[0] = texts[0][:1].upper() + texts[0][1:]
    cores = [fold("".join(char for char in word.text if char.isalnum())) for word in words]
    counterparts = _counterparts(cores, [fold(text) for text in texts])
    texts[0] = first["before"] + texts[0]
    texts[-1] = texts[-1] + last["own"] + last["after"]
    replaced: list[Word] = []
    for (start, end), (a, b) in counterparts:
        replaced += _written(words[start:end], texts[a:b])
    return replaced


def _written(words: Sequence[Word], texts: Sequence[str]) -> Iterator[Word]:
    """Yield texts in the time of words, of which there are several only where there is one text."""
    heard = " ".join(word.text for word in words)
    start_ms, end_ms = words[0].start_ms, words[-1].end_ms
    if len(texts) == 1 and texts[0] == heard:
        yield words[0]
        return
    total, done = sum(map(len, texts)), 0
    for i, text in enumerate(texts):
        begins = start_ms + (end_ms - start_ms) * done // total
        done += len(text)
        ends = start_ms + (end_ms - start_ms) * done // total
        said = "" if i else heard
        yield replace(words[0], text=text, start_ms=begins, end_ms=ends, confidence=_mean(words), heard=said)


def _mean(words: Sequence[Word]) -> float | None:
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else None
