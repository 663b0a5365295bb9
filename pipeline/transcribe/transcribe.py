"""One call from audio to transcript: recognise each channel, tell the roles, make turns."""

from __future__ import annotations

from dataclasses import replace

from pipeline.canonical import fingerprint
from pipeline.config import TranscribeSettings
from pipeline.records import Recording, Role, Span, Transcript, Turn
from pipeline.sound import CallAudio
from pipeline.transcribe import diarize, near_misses, prompts, voices
from pipeline.transcribe import roles as roles_of
from pipeline.transcribe import turns as turns_of
from pipeline.transcribe.engine import Engine, Recognition
from pipeline.transcribe.speakers import who_speaks
from pipeline.transcribe.vocabulary import NO_TERMS, Terms


def transcribe_call(
    recording: Recording,
    audio: CallAudio,
    *,
    engine: Engine,
    settings: TranscribeSettings,
    terms: Terms = NO_TERMS,
) -> Transcript:
    """Return who said what and when.

    Args:
        recording: The call.
        audio: Its sound; one channel for mono and for mono stored twice.
        engine: What recognises the words.
        settings: How roles are told and turns are cut.
        terms: Names and products that may be said; near misses of them are put right.

    Raises:
        ModelError: The engine's weights are missing or are not the ones they should be.
        EngineError: This recording could not be recognised.
    """
    recognition = engine.recognise(recording, audio, prompt=terms.prompt() if settings.tell_vocabulary else None)
    recognition = _with_names(recognition, terms)
    overlaps: tuple[Span, ...] = ()
    if recognition.turns is None:
        speakers = who_speaks(recognition.channels, audio=audio, recording=recording, settings=settings)
        overlaps = speakers.overlaps
        turns = turns_of.make_turns(
            speakers.parties,
            roles=speakers.roles,
            role_confidence=speakers.role_confidence,
            max_pause_ms=settings.max_pause_in_turn_ms,
            channel_of=speakers.channel_of,
        )
    else:
        roles = roles_of.decide_roles(recognition.channels, recording=recording, settings=settings)
        turns = _with_roles(recognition, roles)
    return Transcript(
        call_id=recording.call_id,
        language=recognition.language,
        language_confidence=recognition.language_confidence,
        dropped=recognition.dropped,
        duration_ms=max([recording.duration_ms, *(turn.end_ms for turn in turns)]),
        turns=turns,
        made_by=engine.made_by(recording),
        overlaps=overlaps,
    )


def turn_settings_fingerprint(settings: TranscribeSettings, terms: Terms = NO_TERMS) -> str:
    """Return the hash of what makes turns and roles out of words: the part that an engine's ``made_by`` leaves out."""
    names = {}
    if terms.terms:
        names = {"vocabulary": [near_misses.METHOD, terms.fingerprint], "told": settings.tell_vocabulary}
    return fingerprint(
        "turn-settings-1",
        {
            "methods": [voices.METHOD, diarize.METHOD, prompts.METHOD, roles_of.METHOD, turns_of.METHOD],
            "channel_roles": settings.channel_roles,
            "min_role_confidence": settings.min_role_confidence,
            "max_pause_in_turn_ms": settings.max_pause_in_turn_ms,
            **names,
        },
    )


def _with_names(recognition: Recognition, terms: Terms) -> Recognition:
    """Return what was heard with near misses of known names put right, in turns that are known already too."""
    language = recognition.language
    turns = recognition.turns and tuple(
        replace(turn, words=near_misses.correct(turn.words, terms, language=language)) for turn in recognition.turns
    )
    channels = tuple(near_misses.correct(words, terms, language=language) for words in recognition.channels)
    return replace(recognition, channels=channels, turns=turns)


def _with_roles(recognition: Recognition, roles: roles_of.Roles) -> tuple[Turn, ...]:
    """Return known turns; where none of them names a role, those that were decided from the words."""
    turns = recognition.turns or ()
    if any(turn.role is not Role.UNKNOWN for turn in turns):
        return turns
    return tuple(replace(turn, role=roles.by_party[turn.channel], role_confidence=roles.confidence) for turn in turns)
