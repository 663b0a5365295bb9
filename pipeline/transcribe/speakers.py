"""Who says each word: parties by channel, or by voice where they share one; the telephone system; and their roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.config import TranscribeSettings
from pipeline.records import Recording, Role, Span, Word
from pipeline.sound import CallAudio
from pipeline.transcribe.cues import cues_said
from pipeline.transcribe.diarize import Parties, split_parties
from pipeline.transcribe.prompts import find_prompts, may_hold_prompts, suspect_spans
from pipeline.transcribe.roles import decide_roles, told_agent_channel
from pipeline.transcribe.voices import Voiceprints, voices_in

SPEECH_PAUSE_MS, PADDING_MS = 1000, 300
SURE_OF_A_THIRD = 0.75
COMPARED_MS = 40_000
"""So much of a person's speech is enough to compare a prompt's voice with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speakers:
    """Words by who says them.

    Attributes:
        parties: Words of each, in order of start; every word of the call is in one of them.
        channel_of: The channel that each is on.
        roles: Who each is.
        role_confidence: How sure that is (0..1), or None where there was nothing to decide on.
        overlaps: Stretches of one channel in which two speak at once.
    """

    parties: tuple[tuple[Word, ...], ...]
    channel_of: tuple[int, ...]
    roles: tuple[Role, ...]
    role_confidence: float | None
    overlaps: tuple[Span, ...] = ()


def who_speaks(
    channels: Sequence[Sequence[Word]], *, audio: CallAudio, recording: Recording, settings: TranscribeSettings
) -> Speakers:
    """Give every word to the agent, the customer, the telephone system or somebody unknown.

    The sound is read once more only where voices must be compared: for mono, for two channels of which one is silent
    (a mono recording may lie on one side of a stereo file), and where the wording suggests a recorded prompt.

    Args:
        channels: Words by channel.
        audio: The call's sound.
        recording: Its metadata may name the agent's channel.
        settings: How roles are told.

    Raises:
        ModelError: The voice encoder's file is missing or is not the one it should be.
    """
    spoken = [channel for channel, words in enumerate(channels) if words]
    if len(spoken) == 1 and (len(channels) == 1 or told_agent_channel(recording, settings) is None):
        return _on_one_line(channels, spoken[0], audio, recording, settings)
    people, machine = _without_prompts(channels, audio)
    roles = decide_roles(people, recording=recording, settings=settings)
    return _with_system(people, range(len(channels)), machine, roles.by_party, roles.confidence)


def _on_one_line(
    channels: Sequence[Sequence[Word]],
    channel: int,
    audio: CallAudio,
    recording: Recording,
    settings: TranscribeSettings,
) -> Speakers:
    """Tell by voice who speaks, where all words are on one channel."""
    words = tuple(channels[channel])
    prints = voices_in(audio, channel, speech_spans(words))
    is_prompt = find_prompts(words, prints, parties=2)
    machine = tuple(word for word, prompt in zip(words, is_prompt, strict=True) if prompt)
    said = tuple(word for word, prompt in zip(words, is_prompt, strict=True) if not prompt)
    prints = prints.outside(_exactly(machine))
    parties = split_parties(said, prints, said=cues_said(said))
    people = _of_parties(said, parties)
    stranger, conversation = _opening_voice(people)
    if stranger:  # two voices were found, and one of them may be two people
        later = split_parties(conversation, prints.outside(_exactly(stranger)), said=cues_said(conversation))
        if later.count == 2 and later.confidence >= SURE_OF_A_THIRD:
            people, parties = _of_parties(conversation, later), later
        else:
            stranger = ()
    roles = decide_roles(people, recording=recording, settings=settings, separation=parties.confidence)
    confidence = roles.confidence if people else None
    by_party = roles.by_party
    if stranger:
        people, by_party = (*people, stranger), (*by_party, Role.UNKNOWN)
    speakers = _with_system(people, (channel,) * len(people), ((channel, machine),), by_party, confidence)
    return replace(speakers, overlaps=parties.overlaps)


def _of_parties(words: Sequence[Word], parties: Parties) -> tuple[tuple[Word, ...], ...]:
    return tuple(
        tuple(word for word, of in zip(words, parties.of_word, strict=True) if of == party)
        for party in range(parties.count)
    )


def _opening_voice(people: Sequence[tuple[Word, ...]]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return the words of a voice that opens the call and never comes back, and all later ones; else nothing twice.

    Somebody who puts the call through, or an announcement in words that are not known as such.
    """
    if len(people) == 2 and people[0][-1].start_ms < people[1][0].start_ms:
        return people[0], people[1]
    return (), ()


def _exactly(words: Sequence[Word]) -> tuple[Span, ...]:
    return speech_spans(words, pause_ms=PADDING_MS, padding_ms=0)


def _without_prompts(
    channels: Sequence[Sequence[Word]], audio: CallAudio
) -> tuple[tuple[tuple[Word, ...], ...], tuple[tuple[int, tuple[Word, ...]], ...]]:
    """Return the channels without what the telephone system says, and what it says by channel."""
    people: list[tuple[Word, ...]] = []
    machine: list[tuple[int, tuple[Word, ...]]] = []
    for channel, words in enumerate(channels):
        is_prompt: Sequence[bool] = (False,) * len(words)
        if may_hold_prompts(words):
            is_prompt = find_prompts(words, _prints_to_compare(words, channel, audio), parties=1)
        people.append(tuple(word for word, prompt in zip(words, is_prompt, strict=True) if not prompt))
        machine.append((channel, tuple(word for word, prompt in zip(words, is_prompt, strict=True) if prompt)))
    return tuple(people), tuple(machine)


def _prints_to_compare(words: Sequence[Word], channel: int, audio: CallAudio) -> Voiceprints:
    """Return the voices of what may be prompts, and of enough else on that channel."""
    suspects = suspect_spans(words)
    chosen: list[Span] = []
    compared_ms = 0
    for span in speech_spans(words):
        suspect = any(span.start_ms < other.end_ms and other.start_ms < span.end_ms for other in suspects)
        if suspect or compared_ms < COMPARED_MS:
            chosen.append(span)
            compared_ms += 0 if suspect else span.length_ms
    return voices_in(audio, channel, chosen)


def speech_spans(
    words: Sequence[Word], *, pause_ms: int = SPEECH_PAUSE_MS, padding_ms: int = PADDING_MS
) -> tuple[Span, ...]:
    """Return where words are said: stretches without a long pause, padded, in order and not overlapping."""
    spans: list[Span] = []
    for word in words:
        start_ms, end_ms = max(0, word.start_ms - padding_ms), word.end_ms + padding_ms
        if spans and start_ms <= spans[-1].end_ms + pause_ms - 2 * padding_ms:
            spans[-1] = Span(start_ms=spans[-1].start_ms, end_ms=max(end_ms, spans[-1].end_ms))
        else:
            spans.append(Span(start_ms=start_ms, end_ms=end_ms))
    return tuple(spans)


def _with_system(
    people: Sequence[Sequence[Word]],
    channel_of: Sequence[int],
    machine: Sequence[tuple[int, tuple[Word, ...]]],
    roles: Sequence[Role],
    role_confidence: float | None,
) -> Speakers:
    prompts = [(channel, words) for channel, words in machine if words]
    return Speakers(
        parties=(*(tuple(words) for words in people), *(words for _, words in prompts)),
        channel_of=(*channel_of, *(channel for channel, _ in prompts)),
        roles=(*roles, *(Role.SYSTEM for _ in prompts)),
        role_confidence=role_confidence,
    )
