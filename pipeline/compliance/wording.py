"""Bring written phrases and spoken words to one form, so that "we'll" meets "we will" and "um" is in nobody's way."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.numbers.written import spoken_tokens
from pipeline.text import fold

HESITATIONS = frozenset({"um", "uh", "uhm", "er", "erm", "hm", "hmm", "mm", "mhm", "ah", "eh"})
# Words that may stand anywhere without changing what is said. They are only taken out of a second reading of the same
# words, so that a phrase that needs one of them ("would you like") still finds it in the first.
_ASIDES = (("you", "know"), ("i", "mean"), ("kind", "of"), ("sort", "of"), ("of", "course"))
_ASIDE_WORDS = frozenset({"like", "just", "please", "actually", "basically", "also", "okay", "well", "so"})
_WHOLE = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "ok": "okay",
}
# as some write and some recognisers hear them
_WITHOUT_APOSTROPHE = "dont doesnt didnt isnt arent wasnt werent wouldnt couldnt shouldnt hasnt havent hadnt"
_WHOLE |= {word: f"{word.removesuffix('nt')} not" for word in _WITHOUT_APOSTROPHE.split()}
_WHOLE |= {"wont": "will not", "cant": "can not"}
_ENDINGS = (("n't", "not"), ("'ll", "will"), ("'re", "are"), ("'ve", "have"), ("'m", "am"), ("'d", "would"))
_BEFORE_IS_LIST = "what it that there here who where how when he she this everything"
_BEFORE_IS = frozenset(_BEFORE_IS_LIST.split())
_LONGEST_REPEAT = 3


def expand(word: str) -> tuple[str, ...]:
    """Return a word's comparable form, contractions written out: ``"We'll"`` gives ``("we", "will")``."""
    folded = fold(word)
    if folded in _WHOLE:
        return tuple(_WHOLE[folded].split())
    for ending, written_out in _ENDINGS:
        stem = folded.removesuffix(ending)
        if stem and stem != folded:
            return (stem, written_out)
    stem = folded.removesuffix("'s")
    if stem in _BEFORE_IS and stem != folded:
        return (stem, "is")
    return (folded,)


def spoken_words(sentence: str) -> list[str]:
    """Return the comparable forms of a written sentence's words."""
    return [part for token in spoken_tokens(sentence) for part in expand(token.folded)]


def without_hesitations(words: Sequence[str]) -> list[int]:
    """Return the indexes of the words that are not just a hesitation."""
    return [i for i, word in enumerate(words) if word not in HESITATIONS]


def without_asides(words: Sequence[str]) -> list[int]:
    """Return the indexes of the words that remain without hesitations, asides and immediate repeats."""
    kept: list[int] = []
    i = 0
    while i < len(words):
        if words[i] in HESITATIONS or words[i] in _ASIDE_WORDS:
            i += 1
        elif tuple(words[i : i + 2]) in _ASIDES:
            i += 2
        else:
            kept.append(i)
            i += 1
            # "this call, this call is recorded": the first saying goes, the second stays
            for length in range(_LONGEST_REPEAT, 0, -1):
                if len(kept) < 2 * length or words[kept[-1]] != words[kept[-1 - length]]:  # nearly always
                    continue
                last, before = kept[-length:], kept[-2 * length : -length]
                if [words[k] for k in last] == [words[k] for k in before]:
                    del kept[-2 * length : -length]
                    break
    return kept
