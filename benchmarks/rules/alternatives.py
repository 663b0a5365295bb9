"""What people would use instead of Earmark.

They get what a product built in an afternoon would get: each of the agent's turns in lower case, without punctuation,
by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.rules.material import SURE, Disclosure, Judge, Segment
from pipeline.encoder import Encoder, load_encoder
from pipeline.records import Role

FUZZY_SCORE = 83
COSINE = 0.64
DIMENSIONS = 384  # of the encoder's last layer
FEWEST_WORDS = 3  # of a turn that the fuzzy methods look at: one word is part of every sentence that has it


def exact(disclosures: Sequence[Disclosure]) -> Judge:
    """Return a search for a wording inside a turn."""
    wordings = _plain_wordings(disclosures)
    return _by_turn(
        lambda text: {rule for rule, each in wordings.items() if any(f" {w} " in f" {text} " for w in each)}
    )


def phrase_matcher(disclosures: Sequence[Disclosure]) -> Judge:
    """Return spaCy's PhraseMatcher on lower case."""
    import spacy  # noqa: PLC0415 - only this method needs it
    from spacy.matcher import PhraseMatcher  # noqa: PLC0415

    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    for rule, wordings in _plain_wordings(disclosures).items():
        matcher.add(rule, [nlp.make_doc(wording) for wording in wordings])
    return _by_turn(lambda text: {nlp.vocab.strings[match] for match, _, _ in matcher(nlp.make_doc(text))})


def partial_ratio(disclosures: Sequence[Disclosure]) -> Judge:
    """Return rapidfuzz's partial ratio of a wording and a turn that is at least half as long."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - only this method and the next need it

    wordings = _plain_wordings(disclosures)

    def judge(text: str) -> set[str]:
        return {
            rule
            for rule, each in wordings.items()
            if any(
                2 * len(text) >= len(wording) and fuzz.partial_ratio(wording, text, score_cutoff=FUZZY_SCORE)
                for wording in each
            )
        }

    return _by_turn(judge)


def token_window(disclosures: Sequence[Disclosure]) -> Judge:
    """Return rapidfuzz's token set ratio of a wording and every window of as many words."""
    from rapidfuzz import fuzz  # noqa: PLC0415

    wordings = _plain_wordings(disclosures)

    def judge(text: str) -> set[str]:
        words = text.split()
        if len(words) < FEWEST_WORDS:
            return set()
        return {
            rule
            for rule, each in wordings.items()
            if any(
                fuzz.token_set_ratio(wording, window, score_cutoff=FUZZY_SCORE)
                for wording in each
                for window in _windows(words, len(wording.split()))
            )
        }

    return _by_turn(judge)


def cosine(disclosures: Sequence[Disclosure]) -> Judge:
    """Return nearness of a whole turn to a wording by all-MiniLM-L6-v2, with no other condition."""
    encoder = load_encoder()
    rules = [disclosure.id for disclosure in disclosures for _ in disclosure.wordings]
    vectors = _embedded(encoder, [wording for disclosure in disclosures for wording in disclosure.wordings])

    def judge(segments: Sequence[Segment]) -> dict[str, str]:
        texts = [segment.text for segment in segments if segment.role is Role.AGENT]
        near = _embedded(encoder, texts) @ vectors.T
        return {rules[k]: SURE for k in np.flatnonzero((near >= COSINE).any(axis=0))}

    return judge


def _embedded(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    last = encoder(texts)[:, -DIMENSIONS:] if texts else np.zeros((0, DIMENSIONS), dtype=np.float32)
    unit: NDArray[np.float32] = last / np.maximum(np.linalg.norm(last, axis=1, keepdims=True), 1e-9)
    return unit


def _by_turn(judge: Callable[[str], set[str]]) -> Judge:
    def judged(segments: Sequence[Segment]) -> dict[str, str]:
        return {
            rule: SURE for segment in segments if segment.role is Role.AGENT for rule in judge(_plain(segment.text))
        }

    return judged


def _plain_wordings(disclosures: Sequence[Disclosure]) -> dict[str, list[str]]:
    return {disclosure.id: [_plain(wording) for wording in disclosure.wordings] for disclosure in disclosures}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def _windows(words: Sequence[str], length: int) -> list[str]:
    return [" ".join(words[start : start + length]) for start in range(max(1, len(words) - length + 1))]
