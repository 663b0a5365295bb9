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

from pipeline.compliance.mood import asks, requests, swapped_possessives
from pipeline.compliance.negation import states_denial
from pipeline.compliance.rule import MIN_MEANING_WORDS, Saying
from pipeline.compliance.speech import MASK, Stretch
from pipeline.compliance.stems import rarest_shared, stem
from pipeline.compliance.wording import spoken_words, without_hesitations
from pipeline.encoder import FILES, PACKAGE, Encoder, load_encoder
from pipeline.errors import ModelError
from pipeline.records import Role
from pipeline.weights import package_file

# Measured on the packs' own cases and on ordinary service turns (docs/rules.md has the figures).
MEANT_SIMILARITY = 0.6
# Of plain wordings (see `_near_wordings`).
INNER_WEIGHT, LAST_WEIGHT, RAREST_WEIGHT, BIAS = 17.6, 9.9, 0.52, -23.0
INNER, LAST = 0, 1  # of the two layers that are compared
_LAYERS = (4, 6)  # of the encoder's seven outputs, the embeddings being 0
MEANING_LANGUAGES = {"en"}  # the sentence encoder's
MIN_RARITY = 3.5  # about that of "want" and "right"
MAX_WORDS = 16  # a longer sentence dilutes what one of its parts says
WINDOW_WORDS, WINDOW_STEP = 10, 5
_DIMENSIONS = 384  # of each layer


@dataclass(frozen=True, kw_only=True, slots=True)
class MeantMatch:
    """Words ``units[start:end]`` of a stretch mean a sentence of a saying.

    Attributes:
        similarity: Cosine of the two embeddings.
        sentence: Of the saying's sentences the nearest, as written.
    """

    saying: str
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
    ends_in_question: bool
    stems: frozenset[str]


def quick_encoder() -> Encoder:
    """Load the encoder with 8-bit products: cosines move by a hundredth, and a call is read in two thirds of the time.

    Raises:
        ModelError: A model file is missing or not the one it should be.
    """
    return load_encoder(eight_bits=True)


class MeaningReader:
    """Embeds texts; loads the encoder when first asked and remembers the rules' sentences, never a call's."""

    def __init__(self, load: Callable[[], Encoder] = quick_encoder) -> None:
        """Remember how to load the encoder; nothing is loaded yet."""
        self._load = load
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._sentences: dict[tuple[str, ...], NDArray[np.float32]] = {}

    def prepare(self, sayings: Sequence[Saying] = ()) -> None:
        """Load the encoder now, and embed the sentences of sayings.

        Raises:
            ModelError: A model file is not the one it should be.
        """
        for saying in sayings:
            for sentences in (saying.meaning or saying.wordings, saying.not_meaning):
                self.sentences(sentences)
        self.embed(())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors [texts, 2 layers, 384], so that a product of two is their cosine."""
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            encoder = self._encoder
        if not texts:
            return np.zeros((0, len(_LAYERS), _DIMENSIONS), dtype=np.float32)
        vectors = encoder(texts).reshape(len(texts), -1, _DIMENSIONS)[:, _LAYERS]
        unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-9)
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


def find_meant(stretches: Sequence[Stretch], sayings: Sequence[Saying], reader: MeaningReader) -> Iterator[MeantMatch]:
    """Yield every piece of the call that means a sentence of a saying: of pieces that overlap, only the nearest.

    A piece counts where its nearness to ``meaning``, or else to the plain wordings, is enough (see `_near_meaning`,
    `_near_wordings`). All pieces are embedded at once, those of the speakers whose words count and that could count.
    """
    pieces = [piece for k, stretch in enumerate(stretches) for piece in _pieces(k, stretch)]
    eligible = {
        saying.id: [i for i, piece in enumerate(pieces) if _could_mean(piece, saying, stretches[piece.stretch].role)]
        for saying in sayings
    }
    texts = list(dict.fromkeys(pieces[i].text for i in sorted({i for each in eligible.values() for i in each})))
    if not texts:
        return
    vectors = reader.embed(texts)
    row_of = {text: row for row, text in enumerate(texts)}
    for saying in sayings:
        chosen = [pieces[i] for i in eligible[saying.id]]
        if not chosen:
            continue
        said = vectors[[row_of[piece.text] for piece in chosen]]
        near = _cosines(said, chosen, saying, reader)
        similarity = near[:, LAST].max(axis=1)
        nearest = near[:, LAST].argmax(axis=1)
        enough = _near_meaning(similarity, saying) if saying.meaning else _near_wordings(near, chosen, saying)
        if saying.not_meaning:
            enough &= (said[:, LAST] @ reader.sentences(saying.not_meaning)[:, LAST].T).max(axis=1) < similarity
        taken: list[_Piece] = []
        for i in np.argsort(-similarity, kind="stable"):
            piece = chosen[i]
            if enough[i] and not any(_overlap(piece, other) for other in taken):
                taken.append(piece)
                yield MeantMatch(
                    saying=saying.id,
                    stretch=piece.stretch,
                    start=piece.start,
                    end=piece.end,
                    similarity=round(min(1.0, float(similarity[i])), 3),  # what is beside a text changes its last bits
                    sentence=(saying.meaning or saying.wordings)[nearest[i]],
                )


def _could_mean(piece: _Piece, saying: Saying, role: Role) -> bool:
    if not (saying.counts(role) or role is Role.UNKNOWN):
        return False
    if rarest_shared(piece.stems, saying.meaning or saying.wordings) < MIN_RARITY:
        return False  # shares no word that says much: hardly ever near, and reading it takes time
    return bool(saying.meaning) or not _is_another_matter(piece, saying.wordings)


def _is_another_matter(piece: _Piece, wordings: tuple[str, ...]) -> bool:
    """Tell whether a piece asks what the wordings state, or speaks of mine where they speak of yours."""
    words, written = piece.text.split(), [spoken_words(each) for each in wordings]
    if asks(words, piece.ends_in_question) and not any(asks(each, False) or requests(each) for each in written):
        return True
    return all(swapped_possessives(words, each) for each in written)


def _cosines(
    said: NDArray[np.float32], pieces: Sequence[_Piece], saying: Saying, reader: MeaningReader
) -> NDArray[np.float32]:
    """Return the cosines [pieces, layers, sentences]; -1 where one of the two denies and the other does not."""
    sentences = saying.meaning or saying.wordings
    near: NDArray[np.float32] = np.einsum("pld,sld->pls", said, reader.sentences(sentences))
    if saying.negatable:
        denying = np.array([_sentence_denies(sentence) for sentence in sentences])
        differ = np.array([piece.denies for piece in pieces])[:, None] != denying[None, :]
        near[np.broadcast_to(differ[:, None, :], near.shape)] = -1
    return near


def _near_meaning(similarity: NDArray[np.float32], saying: Saying) -> NDArray[np.bool_]:
    """Sentences that were written to be compared with: the nearest decides."""
    least = MEANT_SIMILARITY if saying.meaning_similarity is None else saying.meaning_similarity
    return similarity >= least


def _near_wordings(near: NDArray[np.float32], pieces: Sequence[_Piece], saying: Saying) -> NDArray[np.bool_]:
    """Wordings of a script: near in an inner layer and in the last, and the less so the rarer a word they share.

    A logistic rule; its weights were fitted on the wordings of `tests/cases/wordings/first.yaml` and three other rules,
    and each of those rules was judged by weights that had not seen it (docs/rules.md has the figures).
    """
    rarest = np.array([rarest_shared(piece.stems, saying.wordings) for piece in pieces])
    cosines = near.max(axis=2)
    score = INNER_WEIGHT * cosines[:, INNER] + LAST_WEIGHT * cosines[:, LAST] + RAREST_WEIGHT * rarest + BIAS
    enough: NDArray[np.bool_] = score >= 0
    if saying.meaning_similarity is not None:
        enough = cosines[:, LAST] >= saying.meaning_similarity
    return enough


def _overlap(one: _Piece, other: _Piece) -> bool:
    return one.stretch == other.stretch and one.start < other.end and other.start < one.end


def _sentence_denies(sentence: str) -> bool:
    words = spoken_words(sentence)
    return states_denial(words, [False] * len(words), 0, len(words))


def _bare(sentence: str) -> list[str]:
    words = spoken_words(sentence)
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
                denies=states_denial(words, clause_ends, start, end),
                ends_in_question=units[end - 1].asks,
                stems=frozenset(stem(words[i]) for i in span),
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
