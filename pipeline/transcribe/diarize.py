"""Two parties told apart by their voices in one channel: a mono recording, or a prompt on an agent's line.

Voices are clustered into two, and the words are then given to them by the likeliest path: how each stretch sounds
against how likely it is that the speaker changes between two words, which is seldom inside a sentence and often after a
question. Where the two clusters are hardly further apart than one voice is from itself, there is one party - unless
what is said falls apart in the same two: an agent's phrases in one, a customer's in the other. Where voices leave it
open, clusters are sought once more from those phrases.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.importing import importing
from pipeline.records import Span, Word
from pipeline.transcribe.cues import CueSaid, two_sides_log_odds
from pipeline.transcribe.voices import Voiceprints

METHOD = "diarize-2"

ANCHOR_MS = 1000
"""Shorter stretches sound too uncertain to found a voice on; they only follow the voices found."""
SAME_VOICE_COSINE = 0.82
"""Halves of one voice are mostly closer than this (0.84 to 0.97), two voices are not (0.5 to 0.77)."""
COSINE_SCALE = 0.02
FEW_STRETCHES_COSINE = 0.08
"""A voice that n stretches tell of must be this much over n further away: one odd stretch is no second speaker."""
STRETCH_MS = 1600
LEAST_OF_A_VOICE_MS = 2000
"""Less clear speech than this does not make a second voice."""
DOUBTFUL = 0.75
"""Voices that are less sure to be two are compared again, beginning with those of each side's phrases."""
LOG_ODDS_LIMIT = 8.0
SPREAD_FLOOR = 0.06
ROUNDS = 4
OVERLAP_MS = 600
MIXED_SHARE, MIXED_GAIN = 0.3, 0.03

PAUSE_MS, LONG_PAUSE_MS = 200, 700


@dataclass(frozen=True, kw_only=True, slots=True)
class Parties:
    """Who says each word.

    Attributes:
        of_word: Number of the party, for each word; party 0 speaks first. One number for all where there is one voice.
        count: 0 where nothing is said, else 1 or 2.
        confidence: How sure it is that there are so many voices, and with two that they are apart (0..1).
        overlaps: Stretches in which both speak at once, in order.
    """

    of_word: tuple[int, ...]
    count: int
    confidence: float
    overlaps: tuple[Span, ...] = ()


def split_parties(words: Sequence[Word], prints: Voiceprints, *, said: Sequence[CueSaid] = ()) -> Parties:
    """Tell which of two parties says each word.

    Args:
        words: Words of one channel, in order of start.
        prints: How the voices in that channel sound; stretches of prompts and music left out.
        said: The agents' and customers' phrases in the words.
    """
    if not words:
        return Parties(of_word=(), count=0, confidence=0.0)
    durations_ms = np.array([span.length_ms for span in prints.spans], dtype=np.float64)
    anchors = durations_ms >= ANCHOR_MS
    if anchors.sum() < 2:
        anchors = durations_ms > 0
    if anchors.sum() < 2:
        return Parties(of_word=(0,) * len(words), count=1, confidence=0.5)
    weights = np.where(anchors, durations_ms, 0.0)
    split = _settled(words, prints, two_clusters(prints.embeddings, weights), weights)
    confidence = split.sure_by_voice
    if confidence < DOUBTFUL:
        by_words = clusters_by_words(words, prints, said)
        other = split if by_words is None else _settled(words, prints, by_words, weights)
        if other.sure_by_voice > confidence:  # begun with what is said, which must not speak for it twice
            split, confidence = other, other.sure_by_voice
        else:
            confidence = _surer(confidence, two_sides_log_odds(said, split.of_word))
    if confidence < 0.5 or len(set(split.of_word)) < 2:
        return Parties(of_word=(0,) * len(words), count=1, confidence=1 - min(confidence, 0.5))
    of_word = tuple(int(party != split.of_word[0]) for party in split.of_word)
    overlaps = _overlaps(prints, split.of_stretch, weights)
    return Parties(of_word=of_word, count=2, confidence=confidence, overlaps=overlaps)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Split:
    """Words and stretches of speech shared out to 0 and 1, and how sure their voices are two (0..1)."""

    of_word: Sequence[int]
    of_stretch: NDArray[np.int64]
    sure_by_voice: float


def _settled(
    words: Sequence[Word], prints: Voiceprints, of_stretch: NDArray[np.int64], weights: NDArray[np.float64]
) -> _Split:
    """Let words and stretches follow each other until they agree."""
    path: list[int] = []
    for _ in range(ROUNDS):
        log_odds = _log_odds(prints.embeddings, of_stretch, weights)
        path = likeliest_path(words, word_log_odds(words, prints, log_odds))
        settled = _party_of_stretches(words, path, prints, log_odds)
        if (settled == of_stretch).all():
            break
        of_stretch = settled
    sure = _sure_of_two(prints.embeddings, of_stretch, weights)
    return _Split(of_word=path, of_stretch=of_stretch, sure_by_voice=sure)


def _surer(probability: float, log_odds: float) -> float:
    odds = math.exp(log_odds) * probability / max(1 - probability, 1e-9)
    return odds / (1 + odds)


def clusters_by_words(words: Sequence[Word], prints: Voiceprints, said: Sequence[CueSaid]) -> NDArray[np.int64] | None:
    """Put each stretch to the nearer of two voices: that of the agents' phrases, that of the customers'."""
    weight_of_word = np.zeros(len(words))
    for heard in said:
        weight_of_word[list(heard.words)] += heard.cue.weight / len(heard.words)
    shares = np.array([_shares(words, span) @ weight_of_word for span in prints.spans])
    voices = np.stack([np.maximum(sign * shares, 0) @ prints.embeddings for sign in (1, -1)])
    lengths = np.linalg.norm(voices, axis=1, keepdims=True)
    if not lengths.all():
        return None
    return np.asarray((prints.embeddings @ (voices / lengths).T).argmax(axis=1), dtype=np.int64)


def _shares(words: Sequence[Word], span: Span) -> NDArray[np.float64]:
    """Return which share of each word lies in a stretch."""
    return np.array(
        [
            max(0, min(span.end_ms, word.end_ms) - max(span.start_ms, word.start_ms))
            / max(1, word.end_ms - word.start_ms)
            for word in words
        ]
    )


def two_clusters(embeddings: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Cluster by k-means on the sphere; stretches without weight go to the nearer centre.

    Compared on telephone calls mixed to mono with Ward's and average linkage and with spectral clustering: it was the
    only one that told all of them apart.
    """
    with importing:
        from sklearn.cluster import KMeans  # noqa: PLC0415 - only mono recordings should pay for loading it

    chosen = weights > 0
    fitted = KMeans(2, n_init=10, random_state=0).fit(embeddings[chosen], sample_weight=weights[chosen])
    centres = fitted.cluster_centers_ / np.linalg.norm(fitted.cluster_centers_, axis=1, keepdims=True)
    return np.asarray((embeddings @ centres.T).argmax(axis=1), dtype=np.int64)


def _centres(
    embeddings: NDArray[np.float32], of_stretch: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the direction of each party's voice, ``[2, 256]``; zeros for a party without weight."""
    sums = np.stack([(embeddings * (weights * (of_stretch == party))[:, None]).sum(axis=0) for party in (0, 1)])
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), dtype=np.float64)


def _log_odds(
    embeddings: NDArray[np.float32], of_stretch: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the natural log odds that a stretch is party 1's: two normal distributions along the line between them."""
    centres = _centres(embeddings, of_stretch, weights)
    along = embeddings @ (centres[1] - centres[0])
    chosen = [(weights > 0) & (of_stretch == party) for party in (0, 1)]
    if not (chosen[0].any() and chosen[1].any()):
        return np.zeros(len(embeddings))
    means = [float(along[of].mean()) for of in chosen]
    residuals = np.concatenate([along[of] - mean for of, mean in zip(chosen, means, strict=True)])
    variance = max(float(residuals.var()), SPREAD_FLOOR**2)
    odds = (along - sum(means) / 2) * (means[1] - means[0]) / variance
    return np.asarray(np.clip(odds, -LOG_ODDS_LIMIT, LOG_ODDS_LIMIT), dtype=np.float64)


def word_log_odds(words: Sequence[Word], prints: Voiceprints, log_odds: NDArray[np.float64]) -> list[float]:
    """Spread each stretch's log odds evenly over its time; where stretches lie over each other, take their mean."""
    starts = [span.start_ms for span in prints.spans]
    longest_ms = max(span.length_ms for span in prints.spans)
    odds: list[float] = []
    for word in words:
        covered_ms, weighted = 0, 0.0
        for i in range(bisect_left(starts, word.start_ms - longest_ms), bisect_left(starts, word.end_ms)):
            span = prints.spans[i]
            common_ms = min(span.end_ms, word.end_ms) - max(span.start_ms, word.start_ms)
            if common_ms > 0:
                covered_ms += common_ms
                weighted += common_ms * float(log_odds[i]) / span.length_ms
        spoken_ms = min(word.end_ms - word.start_ms, covered_ms)
        odds.append(weighted / covered_ms * spoken_ms if covered_ms else 0.0)
    return odds


def likeliest_path(words: Sequence[Word], odds: Sequence[float]) -> list[int]:
    """Return the party of each word by Viterbi's algorithm."""
    best = [0.0, odds[0]]
    came_from: list[tuple[int, int]] = []
    for before, word, odd in zip(words, words[1:], odds[1:], strict=False):
        change = change_probability(before, word)
        stay, leave = math.log(1 - change), math.log(change)
        origin = (
            0 if best[0] + stay >= best[1] + leave else 1,
            1 if best[1] + stay >= best[0] + leave else 0,
        )
        best = [best[origin[to]] + (stay if origin[to] == to else leave) + (odd if to else 0.0) for to in (0, 1)]
        came_from.append(origin)
    path = [int(best[1] > best[0])]
    for origin in reversed(came_from):
        path.append(origin[path[-1]])
    return path[::-1]


def change_probability(before: Word, after: Word) -> float:
    """Return how likely it is that another party speaks after a word: by punctuation and pause, set by hand."""
    pause_ms = after.start_ms - before.end_ms
    step = int(pause_ms >= PAUSE_MS) + int(pause_ms >= LONG_PAUSE_MS)
    if before.text.endswith("?"):
        return (0.5, 0.8, 0.85)[step]
    if before.text.endswith((".", "!")):
        return (0.2, 0.35, 0.35)[step]
    return (0.003, 0.02, 0.15)[step]


def _party_of_stretches(
    words: Sequence[Word], path: Sequence[int], prints: Voiceprints, log_odds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return whose words take up more of each stretch; its sound decides where there are none."""
    starts = [word.start_ms for word in words]
    longest_ms = max(word.end_ms - word.start_ms for word in words)
    parties = (log_odds > 0).astype(np.int64)
    for index, span in enumerate(prints.spans):
        shares = [0, 0]
        for i in range(bisect_left(starts, span.start_ms - longest_ms), bisect_left(starts, span.end_ms)):
            shares[path[i]] += max(0, min(span.end_ms, words[i].end_ms) - max(span.start_ms, words[i].start_ms))
        if shares[0] != shares[1]:
            parties[index] = int(shares[1] > shares[0])
    return parties


def _sure_of_two(embeddings: NDArray[np.float32], of_stretch: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    """Return how sure it is (0..1) that the two clusters are two voices."""
    spoken_ms = min(float((weights * (of_stretch == party)).sum()) for party in (0, 1))
    if spoken_ms < LEAST_OF_A_VOICE_MS:
        return 0.0
    first, second = _centres(embeddings, of_stretch, weights)
    return sure_apart(float(first @ second), spoken_ms)


def sure_apart(cosine: float, spoken_ms: float) -> float:
    """Return how sure it is (0..1) that two voices are two, from how alike they are and how much the rarer one says."""
    margin = SAME_VOICE_COSINE - FEW_STRETCHES_COSINE * STRETCH_MS / spoken_ms - cosine
    return 1 / (1 + math.exp(-min(max(margin / COSINE_SCALE, -30.0), 30.0)))


def _overlaps(prints: Voiceprints, of_stretch: NDArray[np.int64], weights: NDArray[np.float64]) -> tuple[Span, ...]:
    """Return where a stretch sounds like a mix of both voices, clearly more than like either one."""
    first, second = _centres(prints.embeddings, of_stretch, weights)
    basis = np.stack([first, second])
    shares = np.linalg.solve(basis @ basis.T, basis @ prints.embeddings.T.astype(np.float64))
    explained = np.linalg.norm(basis.T @ np.maximum(shares, 0), axis=0)
    best_alone = np.maximum(prints.embeddings @ first, prints.embeddings @ second)
    mixed = (shares.min(axis=0) > MIXED_SHARE * shares.max(axis=0)) & (explained - best_alone > MIXED_GAIN)
    found: list[Span] = []
    for span, is_mixed in zip(prints.spans, mixed, strict=True):
        if not is_mixed or span.length_ms < OVERLAP_MS:
            continue
        if found and span.start_ms <= found[-1].end_ms:
            span = Span(start_ms=found.pop().start_ms, end_ms=span.end_ms)  # noqa: PLW2901
        found.append(span)
    return tuple(found)
