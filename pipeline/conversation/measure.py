"""The shape of a call in numbers. Every field is defined in `docs/measures.md`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config import ConversationSettings
from pipeline.conversation.questions import count_questions
from pipeline.conversation.silence import DEAD_AIR, HOLD, find_gaps
from pipeline.conversation.speech import (
    PAUSE_IN_SPEECH_MS,
    SpokenWord,
    joined,
    overlap,
    spoken_words,
    stretches_of,
    total_ms,
)
from pipeline.records import Gap, Measures, Overtalk, Role, Span, Transcript
from pipeline.sound import CallAudio

MOST_UNKNOWN_SHARE = 0.1  # of the words: with more of them by nobody knows whom, no party's figures are complete
LEAST_TALK_FOR_PACE_MS = 5000  # "yes" in 200 ms is not 300 words per minute
LISTENED_PAUSE_MS = 1000  # a speaker who pauses this briefly goes on, whatever the listener says meanwhile


def measure(transcript: Transcript, audio: CallAudio | None, settings: ConversationSettings) -> Measures:
    """Return the measures of a call, from the times of its words and from its sound.

    Args:
        transcript: Words with times; figures by role are None where the roles are not known.
        audio: The call's sound, to tell hold music from silence, or None where there is none.
        settings: From when a silence, an overlap or a hold counts.
    """
    words = spoken_words(transcript)
    speech_ms = total_ms(joined(span for role in Role for span in stretches_of(words, role)))
    gaps = find_gaps(transcript, words, audio, settings)
    dead_air = [gap.end_ms - gap.start_ms for gap in gaps if gap.kind == DEAD_AIR]
    holds = [gap.end_ms - gap.start_ms for gap in gaps if gap.kind == HOLD]
    agent, customer = _party(words, Role.AGENT), _party(words, Role.CUSTOMER)
    known = _roles_are_known(words)
    overtalks = _overtalks(agent, customer, settings.overtalk_ms) if known and _apart(transcript) else None
    silence_ms = transcript.duration_ms - speech_ms
    return Measures(
        duration_ms=transcript.duration_ms,
        speech_ms=speech_ms,
        silence_share=round(silence_ms / transcript.duration_ms, 4) if transcript.duration_ms > 0 else None,
        agent_talk_ms=agent.talk_ms if known else None,
        customer_talk_ms=customer.talk_ms if known else None,
        agent_talk_share=_share(agent.talk_ms, customer.talk_ms) if known else None,
        agent_words_per_minute=_words_per_minute(agent) if known else None,
        customer_words_per_minute=_words_per_minute(customer) if known else None,
        agent_longest_monologue_ms=_longest_monologue_ms(words, settings.dead_air_ms) if known else None,
        agent_response_time_ms=_response_time_ms(agent, customer, gaps) if known else None,
        agent_first_word_ms=agent.words[0].start_ms if known and agent.words else None,
        agent_questions=_questions(transcript) if known else None,
        agent_interruptions=_interruptions(overtalks, Role.AGENT),
        customer_interruptions=_interruptions(overtalks, Role.CUSTOMER),
        overtalk_ms=None if overtalks is None else sum(over.end_ms - over.start_ms for over in overtalks),
        dead_air_count=len(dead_air),
        dead_air_ms=sum(dead_air),
        longest_dead_air_ms=max(dead_air, default=0),
        hold_count=len(holds),
        hold_ms=sum(holds),
        longest_hold_ms=max(holds, default=0),
        gaps=gaps,
        overtalks=overtalks or (),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Party:
    """One role's words in order of their start, and the stretches they make."""

    role: Role
    words: tuple[SpokenWord, ...]
    stretches: tuple[Span, ...]

    @property
    def talk_ms(self) -> int:
        return total_ms(self.stretches)


def _party(words: Sequence[SpokenWord], role: Role) -> _Party:
    return _Party(
        role=role, words=tuple(word for word in words if word.role is role), stretches=stretches_of(words, role)
    )


def _roles_are_known(words: Sequence[SpokenWord]) -> bool:
    unknown = sum(word.role is Role.UNKNOWN for word in words)
    parties = sum(word.role in (Role.AGENT, Role.CUSTOMER) for word in words)
    return parties > 0 and unknown <= MOST_UNKNOWN_SHARE * (unknown + parties)


def _apart(transcript: Transcript) -> bool:
    """Tell whether each party has a channel of its own: in one channel a recogniser hears one voice at a time."""
    agent, customer = (
        {turn.channel for turn in transcript.turns if turn.role is role and turn.words}
        for role in (Role.AGENT, Role.CUSTOMER)
    )
    return bool(agent and customer) and not agent & customer


def _share(agent_ms: int, customer_ms: int) -> float | None:
    return round(agent_ms / (agent_ms + customer_ms), 4) if agent_ms + customer_ms > 0 else None


def _words_per_minute(party: _Party) -> float | None:
    """Return words over talk time, both without masked personal data, where one word stands for many."""
    counted = [word for word in party.words if word.folded and not word.masked]
    talk_ms = total_ms(joined(counted, PAUSE_IN_SPEECH_MS))
    return round(len(counted) * 60_000 / talk_ms, 1) if talk_ms >= LEAST_TALK_FOR_PACE_MS else None


def _longest_monologue_ms(words: Sequence[SpokenWord], longest_pause_ms: int) -> int:
    """Return the agent's longest stretch of speech that nobody else breaks.

    What others say while the agent goes on (pausing for no more than a second) does not break it, a word of theirs in
    a longer pause does, and so does a pause that would be dead air.
    """
    others = joined(word for word in words if word.role is not Role.AGENT)
    runs: list[Span] = []
    for stretch in joined((word for word in words if word.role is Role.AGENT), LISTENED_PAUSE_MS):
        pause = Span(start_ms=runs[-1].end_ms, end_ms=stretch.start_ms) if runs else None
        if pause and pause.length_ms <= longest_pause_ms and not any(overlap(other, pause) for other in others):
            runs.append(Span(start_ms=runs.pop().start_ms, end_ms=stretch.end_ms))
        else:
            runs.append(stretch)
    return max((run.length_ms for run in runs), default=0)


def _response_time_ms(agent: _Party, customer: _Party, gaps: Sequence[Gap]) -> int | None:
    """Return the median time from the customer's last word to the agent's next, where the customer spoke last.

    An agent who begins while the customer still speaks does not respond but overlaps; a hold is no thinking time.
    """
    responses = []
    holds = [Span(start_ms=gap.start_ms, end_ms=gap.end_ms) for gap in gaps if gap.kind == HOLD]
    agent_until_ms = -1
    for stretch in agent.stretches:
        before = [other.end_ms for other in customer.stretches if other.start_ms < stretch.start_ms]
        customer_until_ms = max(before, default=-1)
        if agent_until_ms < customer_until_ms <= stretch.start_ms:
            waited = Span(start_ms=customer_until_ms, end_ms=stretch.start_ms)
            if not any(overlap(waited, hold) for hold in holds):
                responses.append(waited.length_ms)
        agent_until_ms = stretch.end_ms
    return round(statistics.median(responses)) if responses else None


def _questions(transcript: Transcript) -> int:
    return sum(count_questions(turn.text) for turn in transcript.turns if turn.role is Role.AGENT)


def _overtalks(agent: _Party, customer: _Party, overtalk_ms: int) -> tuple[Overtalk, ...]:
    """Return every stretch longer than ``overtalk_ms`` in which both speak; who began second interrupts."""
    found = []
    for ours in agent.stretches:
        for theirs in customer.stretches:
            both = overlap(ours, theirs)
            if both and both.length_ms > overtalk_ms:
                second = Role.AGENT if ours.start_ms > theirs.start_ms else Role.CUSTOMER
                interrupter = Role.UNKNOWN if ours.start_ms == theirs.start_ms else second
                found.append(Overtalk(interrupter=interrupter, start_ms=both.start_ms, end_ms=both.end_ms))
    return tuple(sorted(found, key=lambda over: (over.start_ms, over.end_ms)))


def _interruptions(overtalks: Sequence[Overtalk] | None, role: Role) -> int | None:
    return None if overtalks is None else sum(over.interrupter is role for over in overtalks)
