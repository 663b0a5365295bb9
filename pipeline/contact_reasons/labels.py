"""Readable labels of groups: the words and pairs of words that set a group apart from the others."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set

from pipeline.compliance.stems import FUNCTION_WORDS, stem
from pipeline.privacy.masks import IS_MASK
from pipeline.text import tokens

LEAST_CALLS = 3  # what fewer calls say is not shown: it might be about one person
PHRASES = 3
KEPT_PHRASES = 8

# Said about everything, so that they name nothing.
_PLAIN_WORDS = (
    "hello hi hey good morning afternoon evening yes yeah yep okay ok right sure well oh um uh er ah just really "
    "thanks thank you're i'm i'd i've i'll it's that's there's don't doesn't didn't can't won't isn't wasn't "
    "haven't hasn't he's she's we're we've we'd they're what's want wants wanted like need needs know get gets "
    "got getting go going gone come comes came tell told say says said call calls called calling help ask asked "
    "asking think thought thing things something anything someone somebody anybody nobody nothing everything one "
    "two three time times today yesterday tomorrow day days week weeks month months year years last next now "
    "still already again ever never always only also even much many more most very too than then when where what "
    "why who which how because about into out up down off over after before since until while back another other "
    "same own such don without through around let make made makes take took put give gave see saw look looking "
    "find found keep keeps try tried trying do doing done first second few lot little bit maybe either neither "
    "nor both each every some none yet ago wondering else else's whole zero four five six seven eight nine ten "
    "eleven twelve twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
)
_PLAIN = frozenset(_PLAIN_WORDS.split())


def shared_counts(openings: Sequence[str], hidden: Set[str] = frozenset()) -> Counter[str]:
    """Return in how many openings each word and each pair of neighbouring words is said.

    Masks, words with digits and hidden words are left out, whatever stands beside them; plain words count in no term.

    Args:
        openings: What was said, redacted.
        hidden: Words that must not be shown, folded: the names of agents.
    """
    counts: Counter[str] = Counter()
    for opening in openings:
        said: set[str] = set()
        for run in _runs(opening, hidden):
            known = [None if _is_plain(word) else word for word in run]
            said.update(word for word in known if word)
            said.update(f"{one} {two}" for one, two in itertools.pairwise(known) if one and two)
        counts.update(said)
    return counts


def label_groups(counts: Sequence[Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Return by group the terms that set it apart, the strongest first, at most `KEPT_PHRASES`.

    The weight of term t in group c is ``tf(t, c) * ln(1 + A / f(t))``, with f(t) its count over all groups and A the
    mean count of terms of a group: c-TF-IDF (Grootendorst 2022, BERTopic, arXiv 2203.05794, section 3.3). A term is
    counted once per call, so that one caller who repeats a word does not name the group. A term that shares a stem
    with a stronger one is left out.

    Args:
        counts: By group, in how many of its calls each term is said (`shared_counts`).
    """
    overall: Counter[str] = Counter()
    for group in counts:
        overall.update(group)
    mean = sum(overall.values()) / max(1, len(counts))
    return [_strongest(group, overall, mean) for group in counts]


def label_of(phrases: Sequence[str]) -> str:
    """Return the label that stands for a group until somebody names it."""
    return " · ".join(phrases[:PHRASES]) or "similar calls"


def _strongest(group: Mapping[str, int], overall: Mapping[str, int], mean: float) -> tuple[str, ...]:
    weights = {
        term: count * math.log(1 + mean / overall[term]) for term, count in group.items() if count >= LEAST_CALLS
    }
    # A pair says more than one of its words, where most calls that say the word say the pair.
    chosen: list[str] = []
    stems: set[str] = set()
    for term in sorted(weights, key=lambda term: (-weights[term], term)):
        longer = next((pair for pair in weights if _holds(pair, term) and 2 * group[pair] >= group[term]), term)
        of_term = {stem(word) for word in longer.split()}
        if of_term & stems:
            continue
        stems |= of_term
        chosen.append(longer)
        if len(chosen) == KEPT_PHRASES:
            break
    return tuple(chosen)


def _holds(pair: str, word: str) -> bool:
    return " " in pair and " " not in word and word in pair.split()


def _runs(opening: str, hidden: Collection[str]) -> list[list[str]]:
    """Return what stands side by side once masks, digits and hidden words are taken out."""
    runs: list[list[str]] = [[]]
    for written in opening.split():
        words = [] if IS_MASK.search(written) else [token.folded for token in tokens(written)]
        for word in words or [""]:
            if not word or any(char.isdigit() for char in word) or word.removesuffix("'s") in hidden:
                runs.append([])
            else:
                runs[-1].append(word)
        if written[-1:] in ".,;:?!":
            runs.append([])
    return runs


def _is_plain(word: str) -> bool:
    return len(word) < 3 or word in FUNCTION_WORDS or word in _PLAIN
