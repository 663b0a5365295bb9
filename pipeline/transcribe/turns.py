"""Words of all channels made into turns, in order of their start.

A party's words belong together until it pauses for long, or until it pauses and the other party takes the floor. Two
things do not take the floor, because they would shred the story that they encourage: an acknowledgement ("mm-hmm",
"okay") of up to a second, unless it answers a question; and speech of the other party's that merely overlaps.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.records import Role, Turn, Word
from pipeline.text import tokens

METHOD = "turns-2"
FLOOR_PAUSE_MS = 300
"""A shorter pause is no room for somebody else: recognised word times are good to about a fifth of a second."""
BACKCHANNEL_MS = 1000
ACKNOWLEDGEMENTS = frozenset(
    {
        *("ah", "aha", "hm", "hmm", "huh", "mhm", "mm", "mmhmm", "oh", "uh", "uhhuh", "um", "wow"),
        *("alright", "all", "right", "correct", "exactly", "good", "great", "perfect", "sure", "understood"),
        *("ok", "okay", "yeah", "yep", "yes", "yup", "got", "gotcha", "it", "i", "see"),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spoken:
    """The middle of a word that somebody else says, and whether the words around it only acknowledge."""

    at_ms: int
    acknowledges: bool


def make_turns(
    channels: Sequence[Sequence[Word]],
    *,
    roles: Sequence[Role],
    role_confidence: float | None,
    max_pause_ms: int,
    channel_of: Sequence[int] | None = None,
) -> tuple[Turn, ...]:
    """Return every word exactly once, in turns that do not overlap on one channel, or of one party.

    Args:
        channels: Words by channel, in order of start; or by party, where several share a channel.
        roles: Who speaks on each channel.
        role_confidence: How sure that is (0..1), or None where it is not known.
        max_pause_ms: A longer pause of one speaker starts a new turn.
        channel_of: For words by party, the channel that each of them is on; None where each has its own.
    """
    spoken = [_spoken(words) for words in channels]
    grouped: list[tuple[int, list[Word]]] = []
    for channel, words in enumerate(channels):
        others = sorted(
            (word for other, of_other in enumerate(spoken) if other != channel for word in of_other),
            key=lambda word: word.at_ms,
        )
        grouped.extend((channel, group) for group in _split(words, others, max_pause_ms))
    grouped.sort(key=lambda item: (item[1][0].start_ms, item[0]))
    return tuple(
        Turn(
            index=index,
            channel=channel if channel_of is None else channel_of[channel],
            role=roles[channel],
            role_confidence=role_confidence,
            start_ms=group[0].start_ms,
            end_ms=max(word.end_ms for word in group),
            words=tuple(group),
        )
        for index, (channel, group) in enumerate(grouped)
    )


def _split(words: Sequence[Word], others: Sequence[_Spoken], max_pause_ms: int) -> list[list[Word]]:
    groups: list[list[Word]] = []
    heard_until_ms = 0
    for word in words:
        pause_ms = word.start_ms - heard_until_ms
        if not groups or pause_ms > max_pause_ms or _floor_taken(groups[-1][-1], heard_until_ms, word, others):
            groups.append([])
        groups[-1].append(word)
        heard_until_ms = max(heard_until_ms, word.end_ms)
    return groups


def _floor_taken(before: Word, pause_start_ms: int, after: Word, others: Sequence[_Spoken]) -> bool:
    """Tell whether somebody else speaks up in the pause between two words of one party."""
    if after.start_ms - pause_start_ms < FLOOR_PAUSE_MS:
        return False
    first = bisect_left(others, pause_start_ms, key=lambda word: word.at_ms)
    until = bisect_left(others, after.start_ms, key=lambda word: word.at_ms)
    asked = before.text.endswith("?")
    return any(asked or not word.acknowledges for word in others[first:until])


def _spoken(words: Sequence[Word]) -> list[_Spoken]:
    return [
        _Spoken(at_ms=(word.start_ms + word.end_ms) // 2, acknowledges=_acknowledges(run))
        for run in _runs(words)
        for word in run
    ]


def _runs(words: Iterable[Word]) -> list[list[Word]]:
    """Group words that are said in one breath."""
    runs: list[list[Word]] = []
    for word in words:
        if not runs or word.start_ms - runs[-1][-1].end_ms >= FLOOR_PAUSE_MS:
            runs.append([])
        runs[-1].append(word)
    return runs


def _acknowledges(run: Sequence[Word]) -> bool:
    short = max(word.end_ms for word in run) - run[0].start_ms <= BACKCHANNEL_MS
    return short and all(token.folded in ACKNOWLEDGEMENTS for word in run for token in tokens(word.text))
