"""Turns on a timeline: when everything is said, and the channels that come out of it."""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speaker.script import Script, ScriptTurn, Speaker
from speaker.sound import SPEECH_LEVEL_DB, at_level, hold_music, line_noise, telephone_band
from speaker.voices import SAMPLE_RATE_HZ, Samples, Synthesiser, Voice

_LEAD_IN_MS = 500
_LEAD_OUT_MS = 700
_NATURAL_PAUSE_MS = (220, 620)


@dataclass(frozen=True, kw_only=True)
class SpokenTurn:
    """What was mixed, and where. Times are milliseconds from the start, half-open.

    Attributes:
        channel: The channel it is on; None where both channels hold the same.
    """

    kind: Literal["speech", "hold_music", "silence"]
    role: Speaker
    channel: int | None
    start_ms: int
    end_ms: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Mix:
    """A finished call: int16 samples of shape [channels, samples] at 8 kHz, and the turns in it."""

    pcm: np.ndarray[tuple[int, int], np.dtype[np.int16]]
    turns: tuple[SpokenTurn, ...]

    @property
    def duration_ms(self) -> int:
        """Length of the call."""
        return round(self.pcm.shape[1] * 1000 / SAMPLE_RATE_HZ)


def mix(script: Script, voices: dict[str, Voice], synthesiser: Synthesiser) -> Mix:
    """The call as the script wants it; the same script gives the same call every time."""
    random = np.random.default_rng(zlib.crc32(script.name.encode()))
    placed: list[tuple[SpokenTurn, Samples]] = []
    cursor_ms = _LEAD_IN_MS
    for turn in script.turns:
        audio = _sound_of(turn, script, voices, synthesiser)
        pause_ms = int(random.integers(*_NATURAL_PAUSE_MS)) if turn.pause_ms is None else turn.pause_ms
        if turn.silence_s or (turn.pause_ms is None and not placed):
            pause_ms = 0
        start_ms = cursor_ms + (-turn.overlap_ms if turn.overlap_ms else pause_ms)
        end_ms = start_ms + round(len(audio) * 1000 / SAMPLE_RATE_HZ)
        placed.append((_spoken(turn, script, start_ms, end_ms), audio))
        cursor_ms = max(cursor_ms, end_ms)
    length = (cursor_ms + _LEAD_OUT_MS) * SAMPLE_RATE_HZ // 1000
    lines = np.zeros((2, length), np.float32)
    for spoken, audio in placed:
        start = spoken.start_ms * SAMPLE_RATE_HZ // 1000
        line = _line(spoken.role, script)
        lines[line, start : start + len(audio)] += audio
    lines += np.stack([line_noise(length, script.noise_db, random) for _ in range(2)])
    return Mix(pcm=_to_pcm(_channels(lines, script)), turns=tuple(spoken for spoken, _ in placed))


def _sound_of(turn: ScriptTurn, script: Script, voices: dict[str, Voice], synthesiser: Synthesiser) -> Samples:
    if turn.hold_music_s:
        return hold_music(int(turn.hold_music_s * SAMPLE_RATE_HZ))
    if turn.silence_s:
        return np.zeros(int(turn.silence_s * SAMPLE_RATE_HZ), np.float32)
    voice = voices[script.voices[turn.speaker]]
    speech = telephone_band(synthesiser.speak(turn.say or turn.words, voice, turn.speed))
    return at_level(speech, SPEECH_LEVEL_DB + voice.loudness_db + turn.loudness_db)


def _line(role: Speaker, script: Script) -> int:
    """The channel of a stereo call: the customer has one, the agent and the telephone system the other."""
    return 1 - script.agent_channel if role == "customer" else script.agent_channel


def _spoken(turn: ScriptTurn, script: Script, start_ms: int, end_ms: int) -> SpokenTurn:
    channel = {"stereo": _line(turn.speaker, script), "mono": 0, "mono-twice": None}[script.layout]
    kind: Literal["speech", "hold_music", "silence"] = "speech"
    if turn.hold_music_s:
        kind = "hold_music"
    elif turn.silence_s:
        kind = "silence"
    return SpokenTurn(
        kind=kind, role=turn.speaker, channel=channel, start_ms=start_ms, end_ms=end_ms, words=turn.words.strip()
    )


def _channels(lines: Samples, script: Script) -> Samples:
    if script.layout == "stereo":
        return lines
    together = lines.sum(axis=0, keepdims=True)
    return together if script.layout == "mono" else np.repeat(together, 2, axis=0)


def _to_pcm(channels: Samples) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    scaled = np.round(np.clip(channels, -0.99, 0.99) * 32767).astype(np.int16)
    return scaled.reshape(channels.shape[0], channels.shape[1])
