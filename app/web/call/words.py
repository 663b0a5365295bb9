"""A call's transcript as it is shown: turns cut where a quote begins or ends, so that the quotes can be marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pipeline.privacy.masks import IS_MASK
from pipeline.records import CallScore, CallSentiment, Evidence, Expectation, Finding, Status, Transcript
from pipeline.score.wording import signed

_RANK = ("bad", "unsure", "nearest", "signal", "good", "noted")
_WEIGHED = frozenset({"sentiment", "measure"})  # answered by a figure: these words weigh in it, and prove nothing alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Some words of a turn.

    Attributes:
        kind: What they prove: ``good``, ``bad``, ``unsure``, ``nearest``, ``signal``, ``noted``; None: nothing.
        told: Which question or rule, in words.
        href: The question.
        masked: Whether they stand for personal data.
    """

    text: str
    kind: str | None = None
    told: str = ""
    href: str | None = None
    masked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnView:
    """What somebody said; ``mood`` is how it sounds from -5 to +5, where it was read."""

    index: int
    role: str
    start_ms: int
    end_ms: int
    pieces: tuple[Piece, ...]
    mood: str


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    kind: str
    told: str
    href: str | None


def turns_of(
    transcript: Transcript | None,
    score: CallScore | None,
    findings: Iterable[Finding],
    sentiment: CallSentiment | None,
    questions_of_rules: Mapping[str, str],
) -> tuple[TurnView, ...]:
    """Return a transcript's turns with what they prove marked in them."""
    if transcript is None:
        return ()
    marks: dict[int, list[_Mark]] = defaultdict(list)
    for result in score.results if score else ():
        href = f"#criterion-{result.criterion_id}"
        kind = {Status.PASS: "good", Status.FAIL: "bad"}.get(result.status, "unsure")
        kind = "noted" if result.kind in _WEIGHED else kind
        for quote in result.evidence:
            marks[quote.turn_index].append(_mark(quote, kind, result.title, href))
        if result.nearest_miss:
            quote = result.nearest_miss.evidence
            marks[quote.turn_index].append(_mark(quote, "nearest", f"closest to: {result.title}", href))
    for finding in findings:
        if finding.rule_id in questions_of_rules:
            continue  # its question has marked it
        kind = "bad" if finding.violated else "signal" if finding.expected is Expectation.SIGNAL else "good"
        for quote in finding.evidence:
            marks[quote.turn_index].append(_mark(quote, kind, finding.title, None))
    moods = _moods(sentiment)
    return tuple(
        TurnView(
            index=turn.index,
            role=turn.role.value,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            pieces=tuple(_pieces(turn.text, marks.get(turn.index, []))),
            mood=moods.get(turn.index, ""),
        )
        for turn in transcript.turns
    )


def _mark(quote: Evidence, kind: str, told: str, href: str | None) -> _Mark:
    return _Mark(quote.char_start, quote.char_end, kind, told, href)


def _pieces(text: str, marks: list[_Mark]) -> Iterable[Piece]:
    masks = [found.span() for found in IS_MASK.finditer(text)]
    edges = {0, len(text), *(edge for span in masks for edge in span)}
    edges |= {min(edge, len(text)) for mark in marks for edge in (mark.start, mark.end)}
    places = sorted(edges)
    for start, end in pairwise(places):
        covering = sorted(
            (mark for mark in marks if mark.start <= start and end <= mark.end),
            key=lambda mark: (_RANK.index(mark.kind), mark.href is None),
        )
        masked = any(first <= start and end <= last for first, last in masks)
        words = text[start:end]
        yield Piece(
            text=words.strip("[]").replace("_", " ") if masked else words,
            kind=covering[0].kind if covering else None,
            told="; ".join(dict.fromkeys(mark.told for mark in covering)),
            href=next((mark.href for mark in covering if mark.href), None),
            masked=masked,
        )


def _moods(sentiment: CallSentiment | None) -> dict[int, str]:
    """Return how each turn sounds; of a turn that was read in parts, the part furthest from neutral."""
    scores: dict[int, list[float]] = defaultdict(list)
    for reading in sentiment.readings if sentiment else ():
        for index in reading.turn_indexes or (reading.turn_index,):
            scores[index].append(reading.score)
    return {index: signed(max(of, key=abs)) for index, of in scores.items()}
