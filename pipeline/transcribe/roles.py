"""Who is the agent: told by the recording, told by the settings, or decided from what is said.

Phone systems put the agent on either channel, and an agent scored for the customer's words is the loudest complaint
about tools like this one. So the decision rests on cues that can be read below, comes with a confidence, and is
"unknown" when that is low.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config import TranscribeSettings
from pipeline.records import Recording, Role, Word
from pipeline.text import tokens

METHOD = "roles-1"
AGENT_CHANNEL = "agent_channel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """Who speaks on each channel, and how sure that is (0..1); None where there was nothing to decide on."""

    by_channel: tuple[Role, ...]
    confidence: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cue:
    """Words that one party is likelier to say. ``weight`` > 0 speaks for the agent, < 0 for the customer.

    The weight is in natural log odds, set by hand from what each phrase is for and not fitted: 1 is "almost three times
    as likely from the agent". A cue counts once per channel. ``opening`` restricts it to the channel's first words.
    """

    pattern: str
    weight: float
    opening: bool = False


OPENING_WORDS = 40
FIRST_WEIGHT = 0.3
"""Too little to decide alone: the lowest `min_role_confidence` that ships asks for 0.41."""
CUES = (
    # The agent opens: name, company, notice, offer.
    Cue(pattern=r"how (?:can|may|could) (?:i|we) (?:help|assist|be of)", weight=3.0),
    Cue(pattern=r"(?:thank you|thanks) for (?:calling|contacting|holding|waiting|being)", weight=2.5),
    Cue(pattern=r"\bcall (?:is|may be|will be|is being) (?:being )?(?:recorded|monitored)|\brecorded line", weight=2.5),
    Cue(
        pattern=r"\bthis is (?!(?:my|the|an?|our|your|not|it)\b)(?:\w+ ){1,4}"
        r"(?:bank|from|with|at|calling|speaking|support|services?|collections)\b",
        weight=1.5,
        opening=True,
    ),
    Cue(pattern=r"\b(?:i'm|i am|we're|we are) calling (?:you )?(?:from|on behalf|on a recorded)", weight=2.0),
    Cue(pattern=r"\b(?:am i speaking (?:with|to)|may i speak (?:with|to)|is this (?:mr|mrs|ms|miss)\b)", weight=2.0),
    Cue(pattern=r"\b(?:what do you need|what's the problem|what can i do for you)\b", weight=1.5, opening=True),
    Cue(pattern=r"\bthank you for your (?:time|patience|call)\b", weight=1.0),
    Cue(pattern=r"\battempt to collect|\bdebt collector|\bon behalf of\b", weight=2.0),
    # The agent asks for what it needs to know, and does things.
    Cue(
        pattern=r"\b(?:may i (?:have|get)|can (?:i|you) (?:please )?(?:have|get|confirm|verify|tell me|give me|repeat)"
        r"|could (?:i|you) (?:please )?(?:have|get|confirm|verify|tell me|give me|repeat)"
        r"|(?:please|need you to) (?:confirm|verify)|what is your|what's your|what is the)\b",
        weight=1.0,
    ),
    Cue(pattern=r"\b(?:date of birth|last four|security question|for verification|verify your)\b", weight=1.0),
    Cue(pattern=r"\bwould you like (?:to|me|for|it)\b|\bwhich (?:card|account|one) would you", weight=1.0),
    Cue(
        pattern=r"\b(?:i can help you with|(?:i'd|i'll) be happy to|happy to help|i can see (?:that|here|your))",
        weight=1.5,
    ),
    Cue(
        pattern=r"\b(?:bear with me|one moment|let me (?:check|look|pull|see|transfer|take a look|just check))\b",
        weight=1.0,
    ),
    Cue(pattern=r"\b(?:put|place|placing|putting) you on (?:a )?(?:brief |short )?hold\b", weight=1.5),
    Cue(pattern=r"\bi(?:'ve| have) (?:scheduled|reset|transferred|sent|processed|ordered|updated|noted)\b", weight=0.8),
    # The agent closes.
    Cue(pattern=r"\banything else (?:that )?(?:i|we) (?:can|could|may)|\bis there anything else", weight=2.5),
    Cue(
        pattern=r"\bhave a (?:great|good|nice|wonderful|lovely) (?:day|evening|afternoon|weekend|one|rest)", weight=0.4
    ),
    # The customer says what is wrong and whose it is.
    Cue(
        pattern=r"\bi(?:'d| would) like to (?!thank|confirm|verify|inform|remind|offer|ask you)"
        r"|\bi (?:want|wanted|need) to\b|\bi was wondering",
        weight=-0.8,
    ),
    Cue(
        pattern=r"\b(?:i lost|i've lost|i can't (?:log|get|find|seem)|i got (?:a|this|charged)|i was charged)\b",
        weight=-1.5,
    ),
    Cue(
        pattern=r"\bmy (?:\w+ )?(?:account|card|bill|order|payment|password|balance|car|phone|internet|policy|loan"
        r"|statement|appointment|refund|router|computer|subscription)\b",
        weight=-1.2,
    ),
    Cue(pattern=r"\bi(?:'ve| have) been (?:a (?:loyal )?customer|waiting|on hold|calling)\b", weight=-2.0),
    Cue(pattern=r"\bi'?(?: a)?m calling (?:about|because|to|in regards|regarding|for)\b", weight=-0.7),
    Cue(
        pattern=r"\bcan you (?:please )?(?:send|tell me (?:why|when|how)|help|fix|check|transfer me|reset)\b",
        weight=-1.0,
    ),
    Cue(pattern=r"\b(?:speak|talk) (?:to|with) (?:your|a|the) (?:manager|supervisor)|\bcancel my\b", weight=-2.0),
    Cue(pattern=r"\b(?:who is this|who's this|who's calling|who is calling|how did you get)\b", weight=-2.0),
    Cue(pattern=r"^(?:hello )?(?:yes )?(?:speaking|this is (?:he|she|him|her))\b", weight=-1.5, opening=True),
    Cue(pattern=r"\bthat(?:'s| is| was| will| would) (?:going to )?(?:be )?(?:all|it)\b", weight=-1.0),
    Cue(
        pattern=r"\bthank(?:s| you) (?:so much |very much )?for (?:your|the|all|all your) (?:help|assistance)\b",
        weight=-1.0,
    ),
)


def decide_roles(channels: Sequence[Sequence[Word]], *, recording: Recording, settings: TranscribeSettings) -> Roles:
    """Return who speaks on which channel.

    The recording's own ``agent_channel`` ("0" or "1") wins over the settings, and they over what is said.

    Args:
        channels: Words by channel. One channel (mono), or more than two, cannot be told apart here: unknown.
        recording: Its metadata may name the agent's channel.
        settings: ``channel_roles`` and ``min_role_confidence``.
    """
    if len(channels) != 2:
        return Roles(by_channel=(Role.UNKNOWN,) * len(channels), confidence=None)
    told = {"0": 0, "1": 1}.get(recording.metadata.get(AGENT_CHANNEL, "").strip())
    if told is None and settings.channel_roles != "auto":
        told = 0 if settings.channel_roles == "agent-first" else 1
    if told is not None:
        return _with_agent_on(told, confidence=1.0)
    difference = agent_evidence(channels[0]) - agent_evidence(channels[1]) + _first_to_speak(channels, recording)
    confidence = 1 / (1 + math.exp(-abs(difference)))
    if confidence < settings.min_role_confidence:
        return Roles(by_channel=(Role.UNKNOWN, Role.UNKNOWN), confidence=confidence)
    return _with_agent_on(0 if difference > 0 else 1, confidence=confidence)


def agent_evidence(words: Sequence[Word]) -> float:
    """Return the log odds that these words are an agent's rather than a customer's: the sum of the cues in them."""
    folded = [token.folded for word in words for token in tokens(word.text)]
    text, opening = " ".join(folded), " ".join(folded[:OPENING_WORDS])
    return sum(cue.weight for cue in CUES if re.search(cue.pattern, opening if cue.opening else text))


def _first_to_speak(channels: Sequence[Sequence[Word]], recording: Recording) -> float:
    """Return the evidence that channel 0 is the agent's from who speaks first: whoever is called says hello."""
    sign = {"inbound": 1, "outbound": -1}.get(recording.direction or "", 0)
    if not sign or not channels[0] or not channels[1]:
        return 0.0
    return sign * (FIRST_WEIGHT if channels[0][0].start_ms < channels[1][0].start_ms else -FIRST_WEIGHT)


def _with_agent_on(channel: int, *, confidence: float) -> Roles:
    by_channel = (Role.AGENT, Role.CUSTOMER) if channel == 0 else (Role.CUSTOMER, Role.AGENT)
    return Roles(by_channel=by_channel, confidence=confidence)
