"""Gaps in which nobody speaks: dead air, or a hold that was announced or sounds like one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.config import ConversationSettings
from pipeline.conversation.sound import Levels, sounding
from pipeline.conversation.speech import SpokenWord
from pipeline.records import Gap, Redaction, Role, Span, Transcript

DEAD_AIR = "dead_air"
HOLD = "hold"
ANNOUNCED = "announced"
MUSIC = "music"
ANNOUNCED_WITHIN_MS = 15_000  # "I'll put you on hold" - "sure" - "thank you" - silence

# On folded words with single spaces. "Thank you for holding" and "I was on hold for an hour" announce nothing.
_ANNOUNCEMENT = re.compile(
    r"\b(?:"
    r"(?:put|putting|place|placing|pop|popping|keep|leave) you (?:\w+ )?on (?:\w+ ){0,2}hold"
    r"|(?:please|kindly|to) hold\b"
    r"|hold (?:on\b(?! to)|the line|please|while|for (?:me|us|just|one|two|a|another|about))"
    r"|bear with (?:me|us)"
    r"|(?:one|just a|give me a|give me one|take a|be a|another) (?:quick |brief |short |few |couple |couple of )*"
    r"(?:moment|second|sec|minute)s?\b"
    r"|(?:be )?right back with you|i'll be right back|hang on\b(?! to)|stay on the line"
    r")"
)


def find_gaps(
    transcript: Transcript,
    words: Sequence[SpokenWord],
    levels: Sequence[Levels],
    settings: ConversationSettings,
) -> tuple[Gap, ...]:
    """Return dead air and holds in order of time, never overlapping, between the first word and the last.

    A gap longer than ``hold_ms`` is a hold where somebody other than the customer announced it in the 15 s before, or
    where sound goes on through it. Otherwise a gap longer than ``dead_air_ms`` is dead air, unless it touches a
    redaction: there the recording itself may have been paused.

    Args:
        transcript: For its redactions.
        words: All words in order of their start.
        levels: Levels of every channel per 100 ms; empty where there is no sound: then only announced holds are known.
        settings: From when a gap counts.
    """
    gaps = []
    for span, before, after in _silences(words):
        told_by: tuple[str, ...] = ()
        if span.length_ms > settings.hold_ms:
            music = any(sounding(of_channel, span) for of_channel in levels)
            told_by = (ANNOUNCED,) * _announced(words, span) + (MUSIC,) * music
        is_dead_air = span.length_ms > settings.dead_air_ms and not _touches(span, transcript.redactions)
        if told_by or is_dead_air:
            gaps.append(
                Gap(
                    kind=HOLD if told_by else DEAD_AIR,
                    start_ms=span.start_ms,
                    end_ms=span.end_ms,
                    before_turn_index=after.turn_index,
                    after_turn_index=before.turn_index,
                    after_role=before.role,
                    told_by=told_by,
                )
            )
    return tuple(gaps)


def _silences(words: Sequence[SpokenWord]) -> list[tuple[Span, SpokenWord, SpokenWord]]:
    """Return every stretch between words, with the word that was heard last before it and the one that ends it."""
    silences: list[tuple[Span, SpokenWord, SpokenWord]] = []
    if not words:
        return silences
    last = words[0]
    for word in words[1:]:
        if word.start_ms > last.end_ms:
            silences.append((Span(start_ms=last.end_ms, end_ms=word.start_ms), last, word))
        if last.end_ms <= word.end_ms:
            last = word
    return silences


def _announced(words: Sequence[SpokenWord], gap: Span) -> bool:
    before = [
        " ".join(word.folded)
        for word in words
        if word.role is not Role.CUSTOMER
        and word.folded
        and gap.start_ms - ANNOUNCED_WITHIN_MS <= word.start_ms < gap.start_ms
    ]
    return bool(_ANNOUNCEMENT.search(" ".join(before)))


def _touches(gap: Span, redactions: Sequence[Redaction]) -> bool:
    return any(redaction.start_ms <= gap.end_ms and gap.start_ms <= redaction.end_ms for redaction in redactions)
