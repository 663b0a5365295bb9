"""Words drawn out to where the voice falls silent: a recogniser often ends the last word before a pause too early.

Whether a pause is longer than a limit decides whether it counts at all, so a word that ends a third of a second early
turns a breath into silence. Only pauses are looked into: where word follows word, the recognised times stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.conversation.sound import FINE_FRAME_MS, Levels
from pipeline.conversation.speech import SpokenWord

PAUSE_MS = 200  # a shorter one counts nowhere
MOST_MS = 600  # further from a word than this its voice is not followed: the sound may be music, or a missed word
CLOSURE_MS = 120  # silence this short is the closure of a "p" or "t"
ABOVE_FLOOR_DB = 10.0
BELOW_VOICE_DB = 30.0  # soft sounds such as the "s" at an end lie 20 to 30 dB under the vowels of the same voice


def drawn_to_sound(words: Sequence[SpokenWord], levels: Sequence[Levels]) -> tuple[SpokenWord, ...]:
    """Return the words with edges at pauses moved outwards to where the sound on their channel ends.

    Sound is what lies 10 dB over the channel's noise floor (the level that a tenth of its frames stay below) and no
    more than 30 dB under the middle level of its words. An edge moves 600 ms at most, never over another word of the
    channel, and never while somebody else speaks: what sounds there may be leak. Masked words keep their times, so that
    a silence beside them is known to touch personal data.

    Args:
        words: In order of start, of all channels.
        levels: Levels of every channel per 20 ms.
    """
    moved: list[SpokenWord] = []
    for channel in sorted({word.channel for word in words}):
        own = [word for word in words if word.channel == channel]
        others = [word for word in words if word.channel != channel]
        of_channel = levels[channel] if channel < len(levels) else np.zeros(0)
        moved += _drawn(own, _own_sound(own, others, of_channel)) if of_channel.size else own
    return tuple(sorted(moved, key=lambda word: (word.start_ms, word.end_ms)))


def _own_sound(own: Sequence[SpokenWord], others: Sequence[SpokenWord], levels: Levels) -> NDArray[np.bool_]:
    """Tell for each frame whether this channel's voice sounds there, as far as nobody else speaks."""
    voice = levels[_frames_of(own, len(levels))]
    if not voice.size:
        return np.zeros(len(levels), dtype=np.bool_)
    least = max(float(np.percentile(levels, 10)) + ABOVE_FLOOR_DB, float(np.median(voice)) - BELOW_VOICE_DB)
    sounds: NDArray[np.bool_] = (levels > least) & ~_frames_of(others, len(levels))
    return sounds


def _frames_of(words: Sequence[SpokenWord], count: int) -> NDArray[np.bool_]:
    frames = np.zeros(count, dtype=np.bool_)
    for word in words:
        frames[word.start_ms // FINE_FRAME_MS : -(-word.end_ms // FINE_FRAME_MS)] = True
    return frames


def _drawn(words: Sequence[SpokenWord], sounds: NDArray[np.bool_]) -> list[SpokenWord]:
    """Return one channel's words; in a pause, the word before it is drawn out first."""
    drawn: list[SpokenWord] = []
    heard_until_ms = 0
    for i, word in enumerate(words):
        start_ms, end_ms = word.start_ms, word.end_ms
        if not word.masked:
            if start_ms - heard_until_ms >= PAUSE_MS:
                start_ms -= _followed_ms(sounds[: start_ms // FINE_FRAME_MS][::-1], start_ms - heard_until_ms)
            following_ms = words[i + 1].start_ms if i + 1 < len(words) else len(sounds) * FINE_FRAME_MS
            if following_ms - max(end_ms, heard_until_ms) >= PAUSE_MS:
                end_ms += _followed_ms(sounds[-(-end_ms // FINE_FRAME_MS) :], following_ms - end_ms)
        drawn.append(replace(word, start_ms=start_ms, end_ms=end_ms))
        heard_until_ms = max(heard_until_ms, end_ms)
    return drawn


def _followed_ms(sounds: NDArray[np.bool_], most_ms: int) -> int:
    """Return how long the sound goes on from the first frame, over closures, at most so far."""
    until, quiet = 0, 0
    for frame, sounding in enumerate(sounds[: min(MOST_MS, most_ms) // FINE_FRAME_MS], start=1):
        quiet = 0 if sounding else quiet + FINE_FRAME_MS
        if quiet > CLOSURE_MS:
            break
        until = frame if sounding else until
    return until * FINE_FRAME_MS
