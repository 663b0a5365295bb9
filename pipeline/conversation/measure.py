"""The shape of a call in numbers. Every field is defined in `docs/measures.md`."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import ConversationSettings
from pipeline.conversation.edges import drawn_to_sound
from pipeline.conversation.loudness import loudness_of, raised_voice_ms, raised_voices
from pipeline.conversation.opening_and_close import LANGUAGE, first_greeting_ms, wrap_up_ms
from pipeline.conversation.overtalk import find_overtalks, interruptions, overtalk_ms
from pipeline.conversation.parties import (
    longest_monologue_ms,
    party_of,
    response_time_ms,
    words_per_minute,
    words_per_minute_change,
)
from pipeline.conversation.questions import count_questions
from pipeline.conversation.silence import DEAD_AIR, HOLD, find_gaps
from pipeline.conversation.sound import FINE_FRAME_MS, FRAME_MS, coarser, fine_levels_dbfs
from pipeline.conversation.speech import SpokenWord, joined, spoken_words, stretches_of, total_ms
from pipeline.records import Measures, Role, Span, Transcript
from pipeline.sound import CallAudio

MOST_UNKNOWN_SHARE = 0.1  # of the words: with more of them by nobody knows whom, no party's figures are complete


def measure(transcript: Transcript, audio: CallAudio | None, settings: ConversationSettings) -> Measures:
    """Return the measures of a call, from the times of its words and from its sound.

    Args:
        transcript: Words with times; figures by role are None where the roles are not known.
        audio: The call's sound: it tells where words end, how loud they are, and hold music from silence. None where
            there is none.
        settings: From when a silence, an overlap, a hold or a loud voice counts.
    """
    fine = fine_levels_dbfs(audio) if audio is not None else ()
    levels = tuple(coarser(of_channel, FRAME_MS // FINE_FRAME_MS) for of_channel in fine)
    words = drawn_to_sound(spoken_words(transcript), fine)
    agent, customer = party_of(words, Role.AGENT), party_of(words, Role.CUSTOMER)
    known, english = _roles_are_known(words), transcript.language.partition("-")[0] == LANGUAGE
    gaps = find_gaps(transcript, words, levels, settings)
    dead_air = [gap.end_ms - gap.start_ms for gap in gaps if gap.kind == DEAD_AIR]
    holds = [gap.end_ms - gap.start_ms for gap in gaps if gap.kind == HOLD]
    overtalks = find_overtalks(agent, customer, settings.overtalk_ms) if known and _apart(words) else None
    raised = {
        party.role: raised_voices(party, words, levels, settings.raised_voice_db) if known else None
        for party in (agent, customer)
    }
    speech_ms = total_ms(joined(span for role in Role for span in stretches_of(words, role)))
    talk_ms = total_ms(joined((*agent.stretches, *customer.stretches)))
    conversation = Span(
        start_ms=words[0].start_ms if words else 0, end_ms=max((word.end_ms for word in words), default=0)
    )
    return Measures(
        duration_ms=transcript.duration_ms,
        speech_ms=speech_ms,
        silence_share=_share(transcript.duration_ms - speech_ms, transcript.duration_ms),
        agent_talk_ms=agent.talk_ms if known else None,
        customer_talk_ms=customer.talk_ms if known else None,
        agent_talk_share=_share(agent.talk_ms, agent.talk_ms + customer.talk_ms) if known else None,
        agent_listening_share=_share(talk_ms - agent.talk_ms, talk_ms) if known else None,
        customer_listening_share=_share(talk_ms - customer.talk_ms, talk_ms) if known else None,
        agent_words_per_minute=words_per_minute(agent.words) if known else None,
        customer_words_per_minute=words_per_minute(customer.words) if known else None,
        agent_words_per_minute_change=words_per_minute_change(agent, conversation) if known else None,
        customer_words_per_minute_change=words_per_minute_change(customer, conversation) if known else None,
        agent_longest_monologue_ms=longest_monologue_ms(words, Role.AGENT, settings.dead_air_ms) if known else None,
        customer_longest_monologue_ms=(
            longest_monologue_ms(words, Role.CUSTOMER, settings.dead_air_ms) if known else None
        ),
        agent_response_time_ms=response_time_ms(agent, customer, gaps) if known else None,
        customer_response_time_ms=response_time_ms(customer, agent, gaps) if known else None,
        agent_first_word_ms=agent.words[0].start_ms if known and agent.words else None,
        agent_first_greeting_ms=first_greeting_ms(agent) if known and english else None,
        wrap_up_ms=wrap_up_ms(words, customer, transcript.duration_ms) if known and english else None,
        agent_questions=_questions(transcript, Role.AGENT) if known else None,
        customer_questions=_questions(transcript, Role.CUSTOMER) if known else None,
        agent_interruptions=interruptions(overtalks, Role.AGENT),
        customer_interruptions=interruptions(overtalks, Role.CUSTOMER),
        overtalk_ms=overtalk_ms(overtalks),
        agent_overtalk_ms=overtalk_ms(overtalks, Role.AGENT),
        customer_overtalk_ms=overtalk_ms(overtalks, Role.CUSTOMER),
        agent_raised_voice_ms=raised_voice_ms(raised[Role.AGENT]),
        customer_raised_voice_ms=raised_voice_ms(raised[Role.CUSTOMER]),
        dead_air_count=len(dead_air),
        dead_air_ms=sum(dead_air),
        longest_dead_air_ms=max(dead_air, default=0),
        hold_count=len(holds),
        hold_ms=sum(holds),
        longest_hold_ms=max(holds, default=0),
        gaps=gaps,
        overtalks=overtalks or (),
        raised_voices=tuple(
            sorted((voice for of in raised.values() for voice in of or ()), key=lambda voice: voice.start_ms)
        ),
        loudness=loudness_of(levels, words),
        limits=_limits(words, known=known, english=english, has_sound=bool(levels)),
    )


def _roles_are_known(words: Sequence[SpokenWord]) -> bool:
    unknown = sum(word.role is Role.UNKNOWN for word in words)
    parties = sum(word.role in (Role.AGENT, Role.CUSTOMER) for word in words)
    return parties > 0 and unknown <= MOST_UNKNOWN_SHARE * (unknown + parties)


def _apart(words: Sequence[SpokenWord]) -> bool:
    """Tell whether each party has a channel of its own: in one channel a recogniser hears one voice at a time."""
    agent, customer = ({word.channel for word in words if word.role is role} for role in (Role.AGENT, Role.CUSTOMER))
    return bool(agent and customer) and not agent & customer


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None


def _questions(transcript: Transcript, role: Role) -> int:
    return sum(count_questions(turn.text) for turn in transcript.turns if turn.role is role)


def _limits(words: Sequence[SpokenWord], *, known: bool, english: bool, has_sound: bool) -> tuple[str, ...]:
    """Return why figures are unknown, or told by less than they could be."""
    heard = {word.role for word in words} & {Role.AGENT, Role.CUSTOMER}
    reasons = {
        "no_words": not words,
        "roles_unknown": bool(words) and not known,
        "one_party": known and len(heard) == 1,
        "one_channel": known and len(heard) == 2 and not _apart(words),
        "no_sound": not has_sound,
        "other_language": bool(words) and not english,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)
