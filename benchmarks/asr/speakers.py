"""Who is said to have said it: roles and parties on stereo, leaking, mixed and doubled channels. Earmark only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import add

from benchmarks.asr.material import Call
from benchmarks.asr.measures import SpeakerCount, count_speakers, doubled, normalized
from benchmarks.asr.report import percent, table
from benchmarks.asr.worker import Answer

FOUND_BELOW = 1.5
"""A recording that is the same twice is heard twice as long as nobody notices: about 2 words for each one said."""

HEAD = (
    "calls",
    "words",
    "right role",
    "without overlap",
    "right party, roles aside",
    "roles right / unknown / wrong",
    "heard on both channels",
    "heard per word said",
)
EXPLAINED = """A word counts for whoever really speaks at its middle (the reference segments, 250 ms of collar); where
both speak at once, either is right, and "without overlap" leaves those words out. A call's roles are unknown where
most of its words have none, else right or wrong by most of the others. "Heard on both channels" are words of one
channel that stand on the other one too at the same time, by their text and within 300 ms: leaked, or said by both."""


def row(name: str, calls: Sequence[Call], answers: Sequence[Answer]) -> list[str]:
    """Return a line of the table: one condition."""
    counts = [count_speakers(answer.words, call.segments) for call, answer in zip(calls, answers, strict=True)]
    verdicts = Counter(count.verdict for count in counts)
    whole = reduce(add, counts, SpeakerCount())
    words = sum(len(answer.words) for answer in answers)
    said = sum(len(normalized(text).split()) for call in calls for text in call.said)
    twins = sum(doubled(answer.words) for answer in answers)
    return [
        name,
        str(len(calls)),
        str(whole.words),
        percent(_share(whole.right, whole.words)),
        percent(_share(whole.alone_right, whole.alone_words)),
        percent(_share(whole.separated, whole.words)),
        f"{verdicts['right']} / {verdicts['unknown']} / {verdicts['wrong']}",
        percent(_share(twins, words)),
        f"{words / said:.2f}" if said else "–",
    ]


def found_twice(calls: Sequence[Call], answers: Sequence[Answer]) -> int:
    """Return in how many recordings that hold the same twice this was noticed: their words come once."""
    found = 0
    for call, answer in zip(calls, answers, strict=True):
        said = sum(len(normalized(text).split()) for text in call.said)
        found += 0 < len(answer.words) < FOUND_BELOW * said
    return found


def report(rows: Sequence[Sequence[str]], *, twice: int, of_twice: int) -> str:
    """Return the table and what its columns mean."""
    found = f"Duplicated mono found: {twice} of {of_twice}." if of_twice else ""
    return "\n\n".join(part for part in (table(["recordings", *HEAD], rows), found, EXPLAINED) if part)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
