"""How many questions somebody asks, with or without the recogniser's question marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.text import tokens

_SENTENCE = re.compile(r"[^.?!]+[.?!]*")
_PRONOUNS = frozenset({"i", "you", "he", "she", "we", "they"})
_SUBJECTS = _PRONOUNS | {
    *("it", "there", "this", "that", "these", "those", "anyone", "anybody", "everything", "everyone"),
    *("the", "my", "your", "our", "his", "her", "their"),
}
_HAVE_DO = frozenset({"have", "has", "had", "do", "does", "did"})
_AUXILIARIES = _HAVE_DO | {
    *("can", "could", "would", "will", "shall", "should", "may", "might"),
    *("am", "are", "is", "was", "were"),
}
_ASKING = frozenset({"what", "when", "where", "which", "who", "whose", "why", "how"})
_ALONE = frozenset({"about", "come", "not"})  # "how about", "how come", "why not"
_CONTRACTED = {"s": "is", "re": "are", "d": "would", "ll": "will", "ve": "have"}
_OPENERS = frozenset(
    {
        *("ah", "alright", "also", "and", "but", "good", "great", "hello", "hey", "hi", "now", "oh", "ok", "okay"),
        *("perfect", "right", "so", "sure", "thanks", "then", "uh", "um", "well", "yeah", "yes"),
    }
)


def count_questions(text: str) -> int:
    """Return the number of sentences that end in a question mark or are built like a question.

    Built like one: after words such as "okay, so", an auxiliary before its subject ("could you", "is there"), or a
    question word with an auxiliary behind it ("what is", "how much would", "which card would").
    """
    found = 0
    for sentence in _SENTENCE.findall(text):
        words = [token.folded for token in tokens(sentence)]
        found += bool(words) and (sentence.endswith("?") or _built_like_a_question(words))
    return found


def _built_like_a_question(words: Sequence[str]) -> bool:
    opening = next((i for i, word in enumerate(words) if word not in _OPENERS), len(words))
    rest = [part for word in words[opening:] for part in _parts(word)]
    if len(rest) < 2:
        return False
    first, second = rest[0], rest[1]
    if first in _ASKING:
        return second in _ALONE or _asks(first, rest[1:6])
    if first in {"have", "had", "do"}:  # "have the card ready" and "do that for me" are no questions
        return second in _PRONOUNS
    return first in _AUXILIARIES and second in _SUBJECTS


def _asks(question_word: str, following: Sequence[str]) -> bool:
    """Tell "what is your name" and "how many would" from "what I can do is" and "when you get it"."""
    if question_word == "which" and following[0] in _AUXILIARIES:  # "which is why I called"
        return False
    for i, word in enumerate(following):
        if word in _AUXILIARIES:
            # "when can you", "how much is that": only what is asked about may stand in between
            return i == 0 or question_word in {"what", "which", "how", "whose"}
        if word in _SUBJECTS:
            return False
    return False


def _parts(word: str) -> tuple[str, ...]:
    """Return a contraction as its words: ``what's`` is what is, ``can't`` is can."""
    if word.endswith("n't"):
        return ({"can't": "can", "won't": "will", "shan't": "shall"}.get(word, word.removesuffix("n't")),)
    stem, _, ending = word.partition("'")
    return (stem, _CONTRACTED[ending]) if ending in _CONTRACTED else (word,)
