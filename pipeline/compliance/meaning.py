"""Find what a rule means in whatever words it is said, by nearness of sentence embeddings (all-MiniLM-L6-v2).

The pieces that are compared are sentences, their clauses, and windows of ten words where nothing divides them. An
embedding hardly sees a "not", so pieces that deny something only ever meet sentences that do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.compliance.negation import denied, has_negator
from pipeline.compliance.rule import MIN_MEANING_WORDS, Rule
from pipeline.compliance.speech import MASK, Stretch
from pipeline.compliance.wording import expand, without_hesitations
from pipeline.encoder import FILES, PACKAGE, Encoder, load_encoder
from pipeline.errors import ModelError
from pipeline.numbers.written import spoken_tokens
from pipeline.records import Role
from pipeline.weights import package_file

# Measured on the cases of `tests/cases/signals` and on ordinary service turns (docs/rules.md has the figures).
MEANT_SIMILARITY = 0.6
MAX_WORDS = 16  # a longer sentence dilutes what one of its parts says
WINDOW_WORDS, WINDOW_STEP = 10, 5
_DIMENSIONS = 384  # of the encoder's last layer, which comes last in its features


@dataclass(frozen=True, kw_only=True, slots=True)
class MeantMatch:
    """Words ``units[start:end]`` of a stretch mean a rule's sentence.

    Attributes:
        similarity: Cosine of the two embeddings.
        sentence: Of the rule's sentences the nearest, as written.
    """

    rule: str
    stretch: int
    start: int
    end: int
    similarity: float
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    stretch: int
    start: int
    end: int
    text: str
    denies: bool


class MeaningReader:
    """Embeds texts; loads the encoder when first asked and remembers the rules' sentences, never a call's."""

    def __init__(self, load: Callable[[], Encoder] = load_encoder) -> None:
        """Remember how to load the encoder; nothing is loaded yet."""
        self._load = load
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._sentences: dict[tuple[str, ...], NDArray[np.float32]] = {}

    def prepare(self, rules: Sequence[Rule] = ()) -> None:
        """Load the encoder now, and embed the sentences of rules.

        Raises:
            ModelError: A model file is not the one it should be.
        """
        for rule in rules:
            for sentences in (rule.meaning, rule.not_meaning):
                self.sentences(sentences)
        self.embed(())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors [texts, 384], so that a product of two is their cosine."""
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            encoder = self._encoder
        if not texts:
            return np.zeros((0, _DIMENSIONS), dtype=np.float32)
        vectors = encoder(texts)[:, -_DIMENSIONS:]
        unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return unit

    def sentences(self, sentences: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the vectors of a rule's sentences, which are embedded once."""
        if sentences not in self._sentences:
            self._sentences[sentences] = self.embed([" ".join(_bare(sentence)) for sentence in sentences])
        return self._sentences[sentences]


def meaning_reader() -> MeaningReader | None:
    """Return a reader, or None where the encoder's package is not installed. Imports no machine learning library."""
    try:
        for relative in FILES:
            package_file(PACKAGE, relative)
    except ModelError:
        return None
    return MeaningReader()


def find_meant(stretches: Sequence[Stretch], rules: Sequence[Rule], reader: MeaningReader) -> Iterator[MeantMatch]:
    """Yield every piece of the call that means a sentence of a rule: of pieces that overlap, only the nearest.

    A piece counts where its cosine with one of ``meaning`` reaches the rule's threshold and exceeds that with each of
    ``not_meaning``. All pieces are embedded at once, those of the speakers whose words one of the rules counts.
    """
    heard = [k for k, each in enumerate(stretches) if any(_concerns(rule, each.role) for rule in rules)]
    pieces = [piece for k in heard for piece in _pieces(k, stretches[k])]
    texts = list(dict.fromkeys(piece.text for piece in pieces))
    if not texts:
        return
    vectors = reader.embed(texts)
    row_of = {text: row for row, text in enumerate(texts)}
    rows = np.array([row_of[piece.text] for piece in pieces])
    for rule in rules:
        near = (vectors @ reader.sentences(rule.meaning).T)[rows]
        if rule.negatable:
            denying = np.array([has_negator(_words(sentence)) for sentence in rule.meaning])
            near[np.array([piece.denies for piece in pieces])[:, None] != denying[None, :]] = -1
        nearest, best = near.argmax(axis=1), near.max(axis=1)
        if rule.not_meaning:
            contrary = (vectors @ reader.sentences(rule.not_meaning).T).max(axis=1)[rows]
            best = np.where(contrary >= best, -1, best)
        threshold = MEANT_SIMILARITY if rule.meaning_similarity is None else rule.meaning_similarity
        taken: list[_Piece] = []
        for i in np.argsort(-best, kind="stable"):
            piece = pieces[i]
            if best[i] < threshold:
                break
            if _concerns(rule, stretches[piece.stretch].role) and not any(_overlap(piece, other) for other in taken):
                taken.append(piece)
                yield MeantMatch(
                    rule=rule.id,
                    stretch=piece.stretch,
                    start=piece.start,
                    end=piece.end,
                    similarity=round(min(1.0, float(best[i])), 3),  # what is beside a text changes its last bits
                    sentence=rule.meaning[nearest[i]],
                )


def _concerns(rule: Rule, role: Role) -> bool:
    return rule.counts(role) or role is Role.UNKNOWN


def _overlap(one: _Piece, other: _Piece) -> bool:
    return one.stretch == other.stretch and one.start < other.end and other.start < one.end


def _words(sentence: str) -> list[str]:
    return [part for token in spoken_tokens(sentence) for part in expand(token.folded)]


def _bare(sentence: str) -> list[str]:
    words = _words(sentence)
    return [words[i] for i in without_hesitations(words)]


def _pieces(k: int, stretch: Stretch) -> Iterator[_Piece]:
    """Yield the comparable pieces of a stretch, without hesitations and masked data."""
    units = stretch.units
    words = [unit.folded for unit in units]
    clause_ends = [unit.ends_clause for unit in units]
    kept = [i for i in without_hesitations(words) if not MASK.match(words[i])]
    sentences = _divided(kept, [unit.ends_sentence for unit in units])
    spans: dict[tuple[int, ...], None] = {}
    for sentence in sentences:
        clauses = _divided(sentence, clause_ends)
        for part in (*([sentence] if len(sentence) <= MAX_WORDS else []), *clauses):
            if len(part) <= MAX_WORDS:
                spans[tuple(part)] = None
            else:
                for start in range(0, len(part) - WINDOW_WORDS + WINDOW_STEP, WINDOW_STEP):
                    spans[tuple(part[start : start + WINDOW_WORDS])] = None
    for span in spans:
        if len(span) >= MIN_MEANING_WORDS:
            start, end = span[0], span[-1] + 1
            yield _Piece(
                stretch=k,
                start=start,
                end=end,
                text=" ".join(words[i] for i in span),
                denies=denied(words, clause_ends, start, end),
            )


def _divided(kept: Sequence[int], ends: Sequence[bool]) -> list[list[int]]:
    """Return the kept indexes in groups, divided where one ends, even if the word that ends it was left out."""
    groups: list[list[int]] = []
    last: int | None = None
    for i in kept:
        if last is None or any(ends[last:i]):
            groups.append([])
        groups[-1].append(i)
        last = i
    return groups
