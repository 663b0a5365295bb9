"""What of a call tells its reason: the first things that matter that the party says who wanted the call.

Whoever calls says soon why: the customer, or on outbound calls the agent. Greetings, names and answers to questions of
identity come first or in between and are left out. `make bench-reasons` measures the choice on the sample calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.compliance.stems import FUNCTION_WORDS
from pipeline.compliance.wording import spoken_words
from pipeline.privacy.masks import IS_MASK
from pipeline.records import Role, Transcript, Turn

RECIPE = "opening-1"  # change it when other words are taken from the same call
SENTENCES = 4
MOST_WORDS = 60  # what follows in a long tale blurs what it is about
WITHIN_MS = 120_000
_CONTENT_WORDS = (3, 2)  # so many tell something; where no sentence has them, so many do ("I lost my card.")

_SENTENCE_END = re.compile(r"[.?!…][\"'”’)]*$")
_COURTEOUS_WORDS = (
    "hello hi hey good morning afternoon evening day yes yeah yep no nope ok okay right sure well oh um uh er ah "
    "so just speaking thanks thank bye sorry welcome name mr mrs ms miss"
)
_COURTESIES = frozenset(_COURTEOUS_WORDS.split())
# What agents say at the beginning of every call, whatever it is about.
_ROUTINE_WORDS = (
    "recorded monitored quality training speaking date birth zip postcode code confirm verify security account "
    "number digits last four collector debt obtained purpose communication moment minute"
)
_ROUTINE = frozenset(_ROUTINE_WORDS.split())
_ROUTINE_SHARE = 0.5
_WHO = re.compile(
    r"\b(?:this is|my name is|i am|i'm)\b(?:\W+\w+){1,4}?\W+(?:from|with|of|at|on behalf)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The sentences in which a call's reason was told, without masks."""

    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(self.sentences)


def opening_of(transcript: Transcript, direction: str | None = None) -> Opening | None:
    """Return where a call's reason is told, or None where nothing was said that could tell it.

    Args:
        transcript: The redacted transcript; of another one nothing is read.
        direction: ``outbound`` where the agent called: then the agent says what for.
    """
    if not transcript.redacted:
        return None
    asked = _asking_role(transcript, direction)
    turns = [turn for turn in transcript.turns if turn.role is asked and turn.start_ms < WITHIN_MS]
    kept = (_telling(turns, least, agent=asked is Role.AGENT) for least in _CONTENT_WORDS)
    return next((Opening(sentences=found) for found in kept if found), None)


def _telling(turns: Sequence[Turn], least: int, *, agent: bool) -> tuple[str, ...]:
    """Return the first sentences that tell something, as far as they are read."""
    found: list[str] = []
    words = 0
    for sentence in _sentences(turns):
        if not _tells(sentence, least, agent=agent):
            continue
        kept = sentence[: MOST_WORDS - words]
        found.append(" ".join(kept))
        words += len(kept)
        if len(found) == SENTENCES or words >= MOST_WORDS:
            break
    return tuple(found)


def _asking_role(transcript: Transcript, direction: str | None) -> Role:
    roles = {turn.role for turn in transcript.turns if turn.words}
    wanted = Role.AGENT if direction == "outbound" else Role.CUSTOMER
    return wanted if wanted in roles or Role.UNKNOWN not in roles else Role.UNKNOWN


def _sentences(turns: Iterable[Turn]) -> Iterator[list[str]]:
    """Yield what is said sentence by sentence, without masks; a turn's end ends one."""
    for turn in turns:
        sentence: list[str] = []
        for word in turn.words:
            if not IS_MASK.match(word.text):
                sentence.append(word.text)
            if _SENTENCE_END.search(word.text):
                yield sentence
                sentence = []
        yield sentence


def _tells(sentence: list[str], least: int, *, agent: bool) -> bool:
    """Tell whether a sentence says something of its own, beyond courtesies and (of agents) the routine."""
    content = [
        word for word in spoken_words(" ".join(sentence)) if word not in FUNCTION_WORDS and word not in _COURTESIES
    ]
    if len(content) < least:
        return False
    if not agent:
        return True
    routine = sum(word in _ROUTINE for word in content) >= _ROUTINE_SHARE * len(content)
    return not routine and not _WHO.search(" ".join(sentence))  # else calls would be grouped by who made them
