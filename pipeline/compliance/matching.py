"""Find what could count as a saying, and say of each hit whether it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.compliance.exact import find_exact
from pipeline.compliance.loose import (
    LooseMatch,
    LoosePhrase,
    carried_share,
    find_loose,
    misheard_article,
    opposite_word,
    other_number,
)
from pipeline.compliance.meaning import MeaningReader, find_meant
from pipeline.compliance.negation import denied, has_negator
from pipeline.compliance.pattern import variants
from pipeline.compliance.rule import Saying
from pipeline.compliance.speech import Stretch
from pipeline.compliance.window import WHOLE_CALL
from pipeline.compliance.wording import without_asides, without_hesitations
from pipeline.config import ComplianceSettings
from pipeline.numbers.form import normalise
from pipeline.records import Expectation, Role

# Similar words count as said where so many of the phrase's carrying words are there, nearly ("birth", heard as
# "earth"). As a near miss they are worth showing where most are there and each is hardly changed.
SAID_CARRIED_SHARE, SAID_WORD_SIMILARITY = 0.75, 0.58
NEAR_CARRIED_SHARE, NEAR_WORD_SIMILARITY = 0.6, 0.75
SIMILAR = "similar words"
DENIED = "said, but denied by a word such as 'not'"
EXCEPTED = "said, but with words that the rule excepts"
DENIALS = (DENIED, EXCEPTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Words ``units[start:end]`` of a stretch that say, nearly say or deny a phrase.

    Attributes:
        similarity: 1.0 word for word, else how alike the letters are, or the meanings.
        said: True where they count as said; else ``why_not`` says why they do not.
        like: The saying's sentence that they are near to by meaning; empty where the words themselves were found.
    """

    stretch: int
    start: int
    end: int
    similarity: float
    said: bool
    why_not: str = ""
    like: str = ""

    @property
    def as_said(self) -> str:
        """How sure it is: ``said``, or ``probably said`` where only the meaning is near."""
        return "probably said" if self.like else "said"

    def overlaps(self, other: Candidate) -> bool:
        """Tell whether two candidates share a word."""
        return self.stretch == other.stretch and self.start < other.end and other.start < self.end

    def inside(self, other: Candidate) -> bool:
        """Tell whether all words are words of a longer candidate."""
        shorter = self.end - self.start < other.end - other.start
        return shorter and self.stretch == other.stretch and other.start <= self.start and self.end <= other.end


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    """The words of a stretch with some left out and numbers in one form.

    Attributes:
        spans: For each word the half-open range of units of the stretch that it stands for.
    """

    stretch: int
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]

    def units(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open range of units that words ``[start, end)`` stand for."""
        return self.spans[start][0], self.spans[end - 1][1]


def find_candidates(
    stretches: Sequence[Stretch],
    sayings: Sequence[Saying],
    settings: ComplianceSettings,
    reader: MeaningReader | None = None,
    *,
    timed: Collection[str] = (),
) -> Mapping[str, tuple[Candidate, ...]]:
    """Return by saying everything that could count, whoever said it, in order of its place.

    All that is said word for word; by similarity only where nothing is said word for word, and of overlapping ones the
    best. By meaning only where the saying's speaker says none of its phrases; where there is no reader, not at all.

    Args:
        stretches: What was said.
        sayings: What is looked for.
        settings: From which similarity on words count.
        reader: Looks for meaning.
        timed: Ids of sayings of which every moment matters: they are looked for by meaning even where surely said.
    """
    found: dict[str, tuple[Candidate, ...]] = {}
    plain, bare = _readings(stretches)
    exact, exceptions = _exact(stretches, sayings, plain, bare)
    loose = _loose(stretches, sayings, bare, settings, exceptions)
    for saying in sayings:
        kept = _masks(stretches, saying.entity) if saying.entity else exact[saying.id]
        best_first = sorted(loose.get(saying.id, ()), key=lambda c: (not c.said, -c.similarity, c.end - c.start))
        kept = _denied_with_their_whole(kept + _apart(best_first, kept))
        found[saying.id] = tuple(sorted(kept, key=lambda c: (c.stretch, c.start, c.end)))
    unsaid = [
        saying
        for saying in sayings
        if saying.by_meaning and (saying.id in timed or not _surely_said(saying, found, stretches))
    ]
    if reader is not None and unsaid:
        for name, meant in _meant(stretches, unsaid, reader).items():
            undone = [c for c in found[name] if c.why_not in DENIALS] + exceptions[name]
            found[name] += tuple(c for c in meant if not any(c.overlaps(other) for other in undone))
    return found


def _surely_said(saying: Saying, found: Mapping[str, Sequence[Candidate]], stretches: Sequence[Stretch]) -> bool:
    """Tell whether meaning can add nothing; in a window, what is said outside it decides nothing."""
    said = [each for each in found[saying.id] if each.said and saying.counts(stretches[each.stretch].role)]
    return len(apart(said)) >= saying.at_least and saying.window == WHOLE_CALL


def apart(hits: Iterable[Candidate]) -> list[Candidate]:
    """Return the hits that share no word: what several phrases find in one place was said once."""
    return _apart(hits, ())


def _meant(
    stretches: Sequence[Stretch], sayings: Sequence[Saying], reader: MeaningReader
) -> Mapping[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for match in find_meant(stretches, sayings, reader):
        candidate = Candidate(
            stretch=match.stretch,
            start=match.start,
            end=match.end,
            similarity=match.similarity,
            said=True,
            like=match.sentence,
        )
        found[match.saying].append(candidate)
    return found


def _denied_with_their_whole(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Let a hit inside a longer one that is denied be denied too: "don't [verify [your date of birth]]"."""
    judged = []
    for candidate in candidates:
        wholes = [other for other in candidates if other.why_not in DENIALS and candidate.inside(other)]
        judged.append(replace(candidate, said=False, why_not=wholes[0].why_not) if wholes else candidate)
    return judged


def _apart(candidates: Iterable[Candidate], taken: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates, best first, that overlap neither what is taken nor a better one."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(candidate.overlaps(other) for other in (*taken, *kept)):
            kept.append(candidate)
    return kept


def _readings(stretches: Sequence[Stretch]) -> tuple[list[_Reading], list[_Reading]]:
    """Return each stretch without hesitations, and without asides and repeats too."""
    plain: list[_Reading] = []
    bare: list[_Reading] = []
    for k, stretch in enumerate(stretches):
        kept = without_hesitations([unit.folded for unit in stretch.units])
        units = [stretch.units[i] for i in kept]
        # numbers first: of "four one one two" no digit is a repeat, and in "fifty um five" nothing stands between
        said = normalise([unit.folded for unit in units], [unit.ends_clause for unit in units])
        spans = [(kept[word.start], kept[word.end - 1] + 1) for word in said]
        words = [word.text for word in said]
        plain.append(_Reading(stretch=k, spans=tuple(spans), words=tuple(words)))
        without = without_asides(words)
        bare.append(_Reading(stretch=k, spans=tuple(spans[i] for i in without), words=tuple(words[i] for i in without)))
    return plain, bare


def _exact(
    stretches: Sequence[Stretch], sayings: Sequence[Saying], plain: Sequence[_Reading], bare: Sequence[_Reading]
) -> tuple[Mapping[str, list[Candidate]], Mapping[str, list[Candidate]]]:
    """Return by saying what is said word for word, and where its exceptions are."""
    phrases = [
        (saying, phrase, is_unless)
        for saying in sayings
        for texts, is_unless in ((saying.phrases, False), (saying.unless, True))
        for phrase in texts
    ]
    readings = [*plain, *(reading for k, reading in enumerate(bare) if reading.spans != plain[k].spans)]
    by_phrase: dict[int, list[tuple[Candidate, bool]]] = defaultdict(list)
    for match in find_exact([reading.words for reading in readings], [text for _, text, _ in phrases]):
        reading = readings[match.reading]
        start, end = reading.units(match.start, match.end)
        candidate = Candidate(stretch=reading.stretch, start=start, end=end, similarity=1.0, said=True)
        by_phrase[match.phrase].append((candidate, match.negative))
    hits: dict[str, dict[Candidate, bool]] = defaultdict(dict)
    exceptions: dict[str, list[Candidate]] = defaultdict(list)
    for k, matches in sorted(by_phrase.items()):
        saying, _, is_unless = phrases[k]
        if is_unless:
            exceptions[saying.id] += dict.fromkeys(candidate for candidate, _ in matches)
            continue
        for candidate, negative in matches:  # one phrase that itself says "not" is enough
            hits[saying.id][candidate] = negative or hits[saying.id].get(candidate, False)
    judged = {
        saying.id: [
            _judged(c, negative, saying, stretches, exceptions[saying.id]) for c, negative in hits[saying.id].items()
        ]
        for saying in sayings
    }
    return judged, exceptions


def _loose(
    stretches: Sequence[Stretch],
    sayings: Sequence[Saying],
    bare: Sequence[_Reading],
    settings: ComplianceSettings,
    exceptions: Mapping[str, Sequence[Candidate]],
) -> Mapping[str, list[Candidate]]:
    """Return by saying what is said in similar letters, and in each stretch the nearest that is not similar enough."""
    by_id = {saying.id: saying for saying in sayings}
    said_from = {
        saying.id: settings.said_similarity if saying.min_similarity is None else saying.min_similarity
        for saying in sayings
    }
    found: dict[str, list[Candidate]] = defaultdict(list)
    nearest: dict[tuple[str, int], Candidate] = {}
    readings = [reading.words for reading in bare]
    for match in find_loose(readings, _loose_phrases(sayings, stretches, said_from, settings.near_miss_similarity)):
        saying, reading = by_id[match.phrase.saying], bare[match.reading]
        best = nearest.get((saying.id, reading.stretch))
        if match.similarity < said_from[saying.id] and best is not None and match.similarity <= best.similarity:
            continue
        words = reading.words[match.start : match.end]
        start, end = reading.units(match.start, match.end)
        candidate = Candidate(stretch=reading.stretch, start=start, end=end, similarity=match.similarity, said=True)
        is_similar = match.similarity >= said_from[saying.id] and not _says_the_opposite(match, words)
        if is_similar and carried_share(match.phrase.words, words, SAID_WORD_SIMILARITY) >= SAID_CARRIED_SHARE:
            negative = match.phrase.negative or misheard_article(match.phrase.words, words)
            found[saying.id].append(_judged(candidate, negative, saying, stretches, exceptions[saying.id]))
        elif (best is None or match.similarity > best.similarity) and (
            carried_share(match.phrase.words, words, NEAR_WORD_SIMILARITY) >= NEAR_CARRIED_SHARE
        ):
            nearest[saying.id, reading.stretch] = replace(candidate, said=False, why_not=SIMILAR)
    for (name, _), candidate in nearest.items():
        found[name].append(candidate)
    return found


def _says_the_opposite(match: LooseMatch, words: Sequence[str]) -> bool:
    """Tell what no likeness of letters makes up for: a "not" that is missing, another number, an opposite word."""
    missing_not = match.phrase.negative and not has_negator(words)
    return missing_not or other_number(match.phrase.words, words) or opposite_word(match.phrase.words, words)


def _loose_phrases(
    sayings: Sequence[Saying],
    stretches: Sequence[Stretch],
    said_from: Mapping[str, float],
    near_miss_similarity: float,
) -> list[LoosePhrase]:
    """Return what to look for by similarity, from which similarity on, and in whose words.

    Nobody is told of words that are merely similar to what must not be said: they are not looked for.
    """
    found: dict[LoosePhrase, None] = {}
    for saying in sayings:
        must_be_said = saying.expect is Expectation.PRESENT
        told_from = min(said_from[saying.id], near_miss_similarity) if must_be_said else said_from[saying.id]
        if said_from[saying.id] == 1 and not must_be_said:
            continue
        own = tuple(k for k, each in enumerate(stretches) if saying.counts(each.role) or each.role is Role.UNKNOWN)
        for way in (way for phrase in saying.phrases for way in variants(phrase)):
            for words in way.loose:
                phrase = LoosePhrase(
                    saying=saying.id,
                    words=words,
                    negative=way.negative,
                    said_from=said_from[saying.id],
                    told_from=told_from,
                    readings=own,
                )
                found[phrase] = None
    return list(found)


def _masks(stretches: Sequence[Stretch], entity: str) -> list[Candidate]:
    return [
        Candidate(stretch=k, start=i, end=i + 1, similarity=1.0, said=True)
        for k, stretch in enumerate(stretches)
        for i, unit in enumerate(stretch.units)
        if unit.folded == f"[{entity}]"
    ]


def _judged(
    candidate: Candidate, negative: bool, saying: Saying, stretches: Sequence[Stretch], exceptions: Sequence[Candidate]
) -> Candidate:
    """Return the candidate, not counted as said where it is denied or shares a word with an exception."""
    why_not = ""
    units = stretches[candidate.stretch].units
    if saying.negatable and not negative:
        words = [unit.folded for unit in units]
        if denied(words, [unit.ends_clause for unit in units], candidate.start, candidate.end):
            why_not = DENIED
    if any(candidate.overlaps(exception) for exception in exceptions):
        why_not = EXCEPTED
    return replace(candidate, said=False, why_not=why_not) if why_not else candidate
