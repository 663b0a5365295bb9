"""One call from audio to transcript: recognise each channel, tell the roles, make turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.canonical import fingerprint
from pipeline.config import TranscribeSettings
from pipeline.errors import EngineError
from pipeline.records import Recording, Role, Transcript, Turn
from pipeline.transcribe import roles as roles_of
from pipeline.transcribe import turns as turns_of
from pipeline.transcribe.engine import Engine, Recognition


def transcribe_call(
    recording: Recording, channels: NDArray[np.float32], *, engine: Engine, settings: TranscribeSettings
) -> Transcript:
    """Return who said what and when.

    Args:
        recording: The call.
        channels: Shape ``[channels, n]``, 16 kHz, -1..+1; one channel for mono and for mono stored twice.
        engine: What recognises the words.
        settings: How roles are told and turns are cut.

    Raises:
        ModelError: The engine's weights are missing or are not the ones they should be.
        EngineError: This recording could not be recognised.
    """
    if channels.ndim != 2:
        raise EngineError(f"call {recording.call_id}: audio must have the shape [channels, samples]")
    recognition = engine.recognise(recording, channels)
    roles = roles_of.decide_roles(recognition.channels, recording=recording, settings=settings)
    if recognition.turns is None:
        turns = turns_of.make_turns(
            recognition.channels,
            roles=roles.by_channel,
            role_confidence=roles.confidence,
            max_pause_ms=settings.max_pause_in_turn_ms,
        )
    else:
        turns = _with_roles(recognition, roles)
    return Transcript(
        call_id=recording.call_id,
        language=recognition.language,
        duration_ms=max([recording.duration_ms, *(turn.end_ms for turn in turns)]),
        turns=turns,
        made_by=engine.made_by(recording),
    )


def turn_settings_fingerprint(settings: TranscribeSettings) -> str:
    """Return the hash of what makes turns and roles out of words: the part that an engine's ``made_by`` leaves out."""
    return fingerprint(
        "turn-settings-1",
        {
            "methods": [roles_of.METHOD, turns_of.METHOD],
            "channel_roles": settings.channel_roles,
            "min_role_confidence": settings.min_role_confidence,
            "max_pause_in_turn_ms": settings.max_pause_in_turn_ms,
        },
    )


def _with_roles(recognition: Recognition, roles: roles_of.Roles) -> tuple[Turn, ...]:
    """Return known turns; where none of them names a role, those that were decided from the words."""
    turns = recognition.turns or ()
    if any(turn.role is not Role.UNKNOWN for turn in turns):
        return turns
    return tuple(replace(turn, role=roles.by_channel[turn.channel], role_confidence=roles.confidence) for turn in turns)
