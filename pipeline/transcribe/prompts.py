"""Recorded announcements: words that the telephone system says on somebody's line.

Such a prompt lies on the agent's channel, or in front of both in a mono recording, and would make the agent say things
that a machine said. Wording alone cannot tell: agents read notices aloud too. So wording makes a stretch of talk
suspect, and its voice decides: a prompt sounds unlike everybody who speaks later. Where voices are too alike to decide,
a line that opens with words which no person uses opens with a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span, Word
from pipeline.text import tokens
from pipeline.transcribe.diarize import likeliest_path, sure_apart, two_clusters, word_log_odds
from pipeline.transcribe.voices import Voiceprints

METHOD = "prompts-1"
TALK_PAUSE_MS = 2000
BEFORE_MS, AFTER_MS = 12_000, 6_000
"""How far a prompt may reach before its first and after its last telling words, where no long pause ends it sooner."""
SURE, DOUBTFUL = 0.5, 0.1
LEAST_HEARD_MS = 800
PLAIN_ODDS = 12.0
"""Log odds per unit of cosine: stretches of one voice scatter by about 0.1 around its centre."""

_KEY = r"(?:\d+|zero|one|two|three|four|five|six|seven|eight|nine|pound|star|hash)"
_PRESS = rf"(?:press|dial|enter|push)(?: the)?(?: number)? {_KEY}\b"
ONLY_MACHINES = re.compile(
    "|".join(
        [
            rf"\bfor [\w ]{{1,40}} {_PRESS}|\b{_PRESS} (?:for|to|if)\b|\bto [\w ]{{1,40}} {_PRESS}",
            r"\b(?:followed by|press|hit) (?:the )?(?:pound|hash|star)\b",
            r"\byour call is (?:very )?important to us\b",
            r"\ball (?:of )?(?:our |the )?(?:agents|representatives|operators|advisors|lines|consultants|specialists)"
            r"(?: are| is)? (?:currently |still |now |all )*(?:busy|assisting|helping|serving|on other calls|engaged)",
            r"\b(?:menu )?options have (?:recently )?changed\b|\bplease listen carefully\b",
            r"\byou are (?:caller )?number \w+|\bestimated (?:wait|hold)|\bcalls? ahead of you\b|\bcallers waiting\b",
            r"\b(?:wait|hold|stay on the line) (?:for|and) (?:the|your|our) (?:next|call)\b",
            r"\bnext available (?:agent|representative|operator|advisor)\b",
            r"\b(?:at|after) the (?:tone|beep)\b|\bleave (?:a|your) (?:brief )?message\b",
            r"\b(?:you have|you've) reached (?:the )?(?:voice ?mail|mailbox)|\bis not available to take your call\b",
            r"\b(?:person|number|subscriber|extension) you (?:are|have) (?:trying to|called|dialed|dialled|calling)\b",
            r"\bcall will be answered (?:in|by|shortly)|\bwill be with you (?:shortly|as soon)\b",
            r"\bplease (?:enter|key in) (?:your|the)\b|\b(?:starting|beginning) with the area code\b",
            r"\bpara espa(?:n|ñ)ol\b",
        ]
    )
)
"""Hardly ever said by a person on a call."""
NOTICES = re.compile(
    "|".join(
        [
            r"\bcalls? (?:is|are|may be|will be|is being|are being|might be) (?:being )?(?:recorded|monitored)\b",
            r"\bplease (?:continue to )?(?:hold|wait|stay on the line|remain on the line)\b",
            r"\bthank you for (?:holding|waiting|your patience)\b|\bwelcome to\b",
        ]
    )
)
"""Said by machines and by agents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Talk:
    """A stretch of talk ``first..last`` (half-open word numbers) with the words in it that sound like a prompt's."""

    first: int
    last: int
    cued: frozenset[int]
    only_machines: bool


def may_hold_prompts(words: Sequence[Word]) -> bool:
    """Tell whether the wording gives reason to listen to the voices of this channel."""
    return bool(_suspects(words))


def suspect_spans(words: Sequence[Word]) -> tuple[Span, ...]:
    """Return where prompts may be, by their wording."""
    return tuple(_span(words, range(talk.first, talk.last)) for talk in _suspects(words))


def find_prompts(words: Sequence[Word], prints: Voiceprints, *, parties: int) -> tuple[bool, ...]:
    """Tell for each word of one channel whether the telephone system says it.

    Args:
        words: Words of one channel, in order of start.
        prints: How the voices in that channel sound.
        parties: How many people may speak on the channel: 1, or 2 for a mono recording.
    """
    is_prompt = [False] * len(words)
    suspects = _suspects(words)
    if not suspects:
        return tuple(is_prompt)
    others = _centres(prints.outside(suspect_spans(words)), parties)
    for talk in suspects:
        for number in _machine_words(words, talk, prints, others):
            is_prompt[number] = True
    return tuple(is_prompt)


def _machine_words(
    words: Sequence[Word], talk: _Talk, prints: Voiceprints, others: NDArray[np.float64] | None
) -> Sequence[int]:
    """Return the words of a suspect stretch of talk that a machine says."""
    whole = range(talk.first, talk.last)
    if others is None:  # nobody else to compare with: only wording that no person uses is enough
        return whole if talk.only_machines else ()
    runs = _runs(sorted(talk.cued))
    cued = [_span(words, run) for run in runs]
    heard = [
        i for i, span in enumerate(prints.spans) if sum(_common_ms(span, run) for run in cued) * 2 > span.length_ms
    ]
    heard_ms = sum(prints.spans[i].length_ms for i in heard)
    by_wording = runs[0] if talk.first == 0 and runs[0].start == 0 and _only_machines(words, runs[0]) else ()
    if heard_ms < LEAST_HEARD_MS:
        return by_wording
    weights = np.array([prints.spans[i].length_ms for i in heard], dtype=np.float64)
    machine = _direction((prints.embeddings[heard] * weights[:, None]).sum(axis=0))
    apart = sure_apart(float((others @ machine).max()), heard_ms)
    if apart < (DOUBTFUL if talk.only_machines else SURE):
        return by_wording
    nearest = (prints.embeddings @ others.T).max(axis=1)
    odds = word_log_odds(words[talk.first : talk.last], prints, PLAIN_ODDS * (prints.embeddings @ machine - nearest))
    path = likeliest_path(words[talk.first : talk.last], odds)
    return [number for number, machine_says in zip(whole, path, strict=True) if machine_says]


def _only_machines(words: Sequence[Word], numbers: range) -> bool:
    text = " ".join(token.folded for number in numbers for token in tokens(words[number].text))
    return ONLY_MACHINES.search(text) is not None


def _suspects(words: Sequence[Word]) -> list[_Talk]:
    suspects: list[_Talk] = []
    for first, last in _talks(words):
        folded = [(number, token.folded) for number in range(first, last) for token in tokens(words[number].text)]
        text = " ".join(word for _, word in folded)
        matches = [*ONLY_MACHINES.finditer(text), *NOTICES.finditer(text)]
        if not matches:
            continue
        begins = np.cumsum([0, *(len(word) + 1 for _, word in folded)])[: len(folded)]
        cued = {
            number
            for match in matches
            for (number, _), begin in zip(folded, begins, strict=True)
            if match.start() <= begin < match.end()
        }
        strong = ONLY_MACHINES.search(text) is not None
        sentences = _whole_sentences(words, cued)
        from_ms = words[min(sentences)].start_ms - BEFORE_MS
        until_ms = words[max(sentences)].end_ms + AFTER_MS
        reach = [number for number in range(first, last) if from_ms <= words[number].start_ms < until_ms]
        suspects.append(_Talk(first=min(reach), last=max(reach) + 1, cued=frozenset(sentences), only_machines=strong))
    return suspects


def _talks(words: Sequence[Word]) -> list[tuple[int, int]]:
    starts = [i for i in range(len(words)) if i == 0 or words[i].start_ms - words[i - 1].end_ms > TALK_PAUSE_MS]
    return list(pairwise([*starts, len(words)]))


def _whole_sentences(words: Sequence[Word], cued: set[int]) -> set[int]:
    """Widen each cue to the sentence it is in."""
    widened: set[int] = set()
    for number in cued:
        first, last = number, number
        while first > 0 and first - 1 not in widened and not words[first - 1].text.endswith((".", "?", "!")):
            if words[first].start_ms - words[first - 1].end_ms > TALK_PAUSE_MS:
                break
            first -= 1
        while last + 1 < len(words) and not words[last].text.endswith((".", "?", "!")):
            if words[last + 1].start_ms - words[last].end_ms > TALK_PAUSE_MS:
                break
            last += 1
        widened.update(range(first, last + 1))
    return widened


def _centres(prints: Voiceprints, parties: int) -> NDArray[np.float64] | None:
    """Return the direction of each voice outside the suspect talk, ``[1 or 2, 256]``; None where too little is said."""
    weights = np.array([span.length_ms for span in prints.spans], dtype=np.float64)
    if weights.sum() < LEAST_HEARD_MS:
        return None
    of_stretch = np.zeros(len(weights), dtype=np.int64)
    if parties > 1 and len(weights) > 1:
        of_stretch = two_clusters(prints.embeddings, weights)
    voices = [party for party in (0, 1) if (of_stretch == party).any()]
    return np.stack(
        [_direction((prints.embeddings * (weights * (of_stretch == party))[:, None]).sum(axis=0)) for party in voices]
    )


def _direction(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float64)


def _runs(numbers: Sequence[int]) -> list[range]:
    runs: list[range] = []
    for number in numbers:
        if runs and runs[-1].stop == number:
            runs[-1] = range(runs[-1].start, number + 1)
        else:
            runs.append(range(number, number + 1))
    return runs


def _span(words: Sequence[Word], numbers: range) -> Span:
    return Span(start_ms=words[numbers[0]].start_ms, end_ms=max(words[i].end_ms for i in numbers))


def _common_ms(first: Span, second: Span) -> int:
    return max(0, min(first.end_ms, second.end_ms) - max(first.start_ms, second.start_ms))
