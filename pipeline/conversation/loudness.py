"""How loud each channel is, second by second, and where a party is clearly louder than it usually is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.conversation.parties import Party
from pipeline.conversation.sound import FRAME_MS, Levels, coarser
from pipeline.conversation.speech import SpokenWord, joined
from pipeline.records import ChannelLoudness, RaisedVoice, Role

LOUDNESS_ZERO_DBFS = -100
LEAST_FRAMES = 150  # 15 s of a voice before its usual level is known
WINDOW = 20  # frames, 2 s of speech: a laugh or a stressed word is shorter, and the middle of them outlives a click
PAUSE_FRAMES = 8  # a window does not reach over a pause that ends speech
BACKGROUND_FRAMES = 20  # 2 s on both sides: a lorry passes in a few more
ABOVE_BACKGROUND_DB = 10.0  # a voice this little over the sound around it is raised by that sound, or is no voice


def loudness_of(levels: Sequence[Levels], words: Sequence[SpokenWord]) -> tuple[ChannelLoudness, ...]:
    """Return the loudness of every channel in each second, the last one cut short where the call ends in it.

    Args:
        levels: Levels of every channel per 100 ms, dBFS.
        words: To tell who speaks on a channel.
    """
    found = []
    for channel, of_channel in enumerate(levels):
        padded = np.concatenate([of_channel, np.repeat(of_channel[-1:], -len(of_channel) % 10)])
        seconds = np.clip(np.round(coarser(padded, 10) - LOUDNESS_ZERO_DBFS), 0, 100)
        roles = {word.role for word in words if word.channel == channel} - {Role.SYSTEM}
        role = roles.pop() if len(roles) == 1 else Role.UNKNOWN
        found.append(ChannelLoudness(channel=channel, role=role, per_second=tuple(int(level) for level in seconds)))
    return tuple(found)


def raised_voices(
    party: Party, words: Sequence[SpokenWord], levels: Sequence[Levels], raised_db: float
) -> tuple[RaisedVoice, ...] | None:
    """Return the stretches of at least 2 s of speech in which a party is louder than usual, in order of time.

    Usual is the median level of the 100 ms frames in its words. A stretch is raised where the median of 2 s of speech
    lies ``raised_db`` above that and 10 dB above what is heard around it while nobody speaks.

    Args:
        party: Whose voice.
        words: Of all parties.
        levels: Levels of every channel per 100 ms, dBFS.
        raised_db: How far above the usual level a voice is raised.

    Returns:
        None where the party speaks for less than 15 s, so that its usual level is not known.
    """
    channel = _channel(party)
    if channel is None or channel >= len(levels):
        return None
    of_channel = levels[channel]
    speaking = _frames(party.words, channel, len(of_channel), whole=True)
    speaking &= ~_frames([word for word in words if word.role is not party.role], channel, len(of_channel))
    if np.count_nonzero(speaking) < LEAST_FRAMES:
        return None
    usual = float(np.median(of_channel[speaking]))
    silent = ~np.logical_or.reduce([_frames(words, other, len(of_channel)) for other in range(len(levels))])
    at = np.flatnonzero(speaking)
    found = []
    for stretch in np.split(at, np.flatnonzero(np.diff(at) > PAUSE_FRAMES) + 1):
        for start, end in _runs(_loud(of_channel[stretch], usual + raised_db)):
            peaks = start + np.flatnonzero(of_channel[stretch[start:end]] >= usual + raised_db)
            raised = stretch[peaks[0] : peaks[-1] + 1]  # a window's edges may lie before and after it
            middle = float(np.median(of_channel[raised]))
            if middle >= _background(of_channel, silent, raised) + ABOVE_BACKGROUND_DB:
                found.append(
                    RaisedVoice(
                        role=party.role,
                        start_ms=int(raised[0]) * FRAME_MS,
                        end_ms=(int(raised[-1]) + 1) * FRAME_MS,
                        above_usual_db=round(middle - usual, 1),
                    )
                )
    return tuple(found)


def raised_voice_ms(raised: Sequence[RaisedVoice] | None) -> int | None:
    """Return the summed length of raised voice; None where it is not known."""
    return None if raised is None else sum(stretch.end_ms - stretch.start_ms for stretch in raised)


def _channel(party: Party) -> int | None:
    """Return the channel on which a party says most of its words; None where it says nothing."""
    channels = Counter(word.channel for word in party.words)
    return channels.most_common(1)[0][0] if channels else None


def _frames(words: Sequence[SpokenWord], channel: int, count: int, *, whole: bool = False) -> NDArray[np.bool_]:
    """Tell for each frame whether words on a channel are in it; ``whole`` leaves those out that words only graze."""
    frames = np.zeros(count, dtype=np.bool_)
    for word in joined(word for word in words if word.channel == channel):
        first, end = word.start_ms // FRAME_MS, -(-word.end_ms // FRAME_MS)
        if whole:
            first, end = -(-word.start_ms // FRAME_MS), word.end_ms // FRAME_MS
        frames[first : max(first, end)] = True
    return frames


def _loud(levels: Levels, least: float) -> NDArray[np.bool_]:
    """Tell which frames of one stretch of speech lie in a window whose middle level is high."""
    loud = np.zeros(len(levels), dtype=np.bool_)
    if len(levels) >= WINDOW:
        middles = np.median(np.lib.stride_tricks.sliding_window_view(levels, WINDOW), axis=1)
        for first in np.flatnonzero(middles >= least):
            loud[first : first + WINDOW] = True
    return loud


def _runs(true: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where stretches of True begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _background(levels: Levels, silent: NDArray[np.bool_], raised: NDArray[np.int64]) -> float:
    """Return the middle level around a stretch while nobody speaks; -120 dBFS where somebody always does."""
    around = slice(max(0, int(raised[0]) - BACKGROUND_FRAMES), int(raised[-1]) + 1 + BACKGROUND_FRAMES)
    quiet = levels[around][silent[around]]
    return float(np.median(quiet)) if quiet.size else -120.0
