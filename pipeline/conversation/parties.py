"""What one party does: how long it talks and at what pace, how long without a break, and how soon it answers."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.conversation.silence import HOLD
from pipeline.conversation.speech import (
    PAUSE_IN_SPEECH_MS,
    SpokenWord,
    joined,
    overlap,
    stretches_of,
    total_ms,
)
from pipeline.records import Gap, Role, Span

LEAST_TALK_FOR_PACE_MS = 5000  # "yes" in 200 ms is not 300 words per minute
LISTENED_PAUSE_MS = 1000  # a speaker who pauses this briefly goes on, whatever the listener says meanwhile


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """One role's words in order of their start, and the stretches they make."""

    role: Role
    words: tuple[SpokenWord, ...]
    stretches: tuple[Span, ...]

    @property
    def talk_ms(self) -> int:
        """Time in which the party speaks."""
        return total_ms(self.stretches)


def party_of(words: Sequence[SpokenWord], role: Role) -> Party:
    """Return what a role says."""
    return Party(
        role=role, words=tuple(word for word in words if word.role is role), stretches=stretches_of(words, role)
    )


def words_per_minute(words: Sequence[SpokenWord]) -> float | None:
    """Return words over talk time, both without masked personal data, where one word stands for many."""
    counted = [word for word in words if word.folded and not word.masked]
    talk_ms = total_ms(joined(counted, PAUSE_IN_SPEECH_MS))
    return round(len(counted) * 60_000 / talk_ms, 1) if talk_ms >= LEAST_TALK_FOR_PACE_MS else None


def words_per_minute_change(party: Party, conversation: Span) -> float | None:
    """Return a party's pace in the last third of the conversation minus its pace in the first third."""
    third_ms = conversation.length_ms / 3
    early = words_per_minute([word for word in party.words if word.end_ms <= conversation.start_ms + third_ms])
    late = words_per_minute([word for word in party.words if word.start_ms >= conversation.end_ms - third_ms])
    return None if early is None or late is None else round(late - early, 1)


def longest_monologue_ms(words: Sequence[SpokenWord], role: Role, longest_pause_ms: int) -> int:
    """Return the role's longest stretch of speech that nobody else breaks.

    What others say while the speaker goes on (pausing for no more than a second) does not break it, a word of theirs in
    a longer pause does, and so does a pause that would be dead air.
    """
    others = joined(word for word in words if word.role is not role)
    runs: list[Span] = []
    for stretch in joined((word for word in words if word.role is role), LISTENED_PAUSE_MS):
        pause = Span(start_ms=runs[-1].end_ms, end_ms=stretch.start_ms) if runs else None
        if pause and pause.length_ms <= longest_pause_ms and not any(overlap(other, pause) for other in others):
            runs.append(Span(start_ms=runs.pop().start_ms, end_ms=stretch.end_ms))
        else:
            runs.append(stretch)
    return max((run.length_ms for run in runs), default=0)


def response_time_ms(answering: Party, asking: Party, gaps: Sequence[Gap]) -> int | None:
    """Return the median time from one party's last word to the other's next, where the former spoke last.

    Who begins while the other still speaks does not respond but overlaps; a hold is no thinking time.
    """
    responses = []
    holds = [Span(start_ms=gap.start_ms, end_ms=gap.end_ms) for gap in gaps if gap.kind == HOLD]
    answered_until_ms = -1
    for stretch in answering.stretches:
        before = [other.end_ms for other in asking.stretches if other.start_ms < stretch.start_ms]
        asked_until_ms = max(before, default=-1)
        if answered_until_ms < asked_until_ms <= stretch.start_ms:
            waited = Span(start_ms=asked_until_ms, end_ms=stretch.start_ms)
            if not any(overlap(waited, hold) for hold in holds):
                responses.append(waited.length_ms)
        answered_until_ms = stretch.end_ms
    return round(statistics.median(responses)) if responses else None
