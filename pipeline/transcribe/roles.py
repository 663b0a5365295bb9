"""Who is the agent: told by the recording, told by the settings, or decided from what is said.

Phone systems put the agent on either channel, and an agent scored for the customer's words is the loudest complaint
about tools like this one. So the decision rests on cues that can be read below, comes with a confidence, and is
"unknown" when that is low.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config import TranscribeSettings
from pipeline.records import Recording, Role, Word
from pipeline.text import tokens

METHOD = "roles-2"
AGENT_CHANNEL = "agent_channel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """Who each party is, and how sure that is (0..1); None where there was nothing to decide on."""

    by_party: tuple[Role, ...]
    confidence: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cue:
    """Words that one party is likelier to say. ``weight`` > 0 speaks for the agent, < 0 for the customer.

    The weight is in natural log odds, set by hand from what each phrase is for and not fitted: 1 is "almost three times
    as likely from the agent". A cue counts once per party. ``opening`` restricts it to the party's first words.
    """

    pattern: str
    weight: float
    opening: bool = False


OPENING_WORDS = 40
FIRST_WEIGHT = 0.3
"""Too little to decide alone: the lowest `min_role_confidence` that ships asks for 0.41."""
ADDRESS_WEIGHT, ADDRESS_LIMIT = 0.7, 1.2
"""Agents speak of "your account", customers of "my account": weight of the log of that ratio, and its limit."""
QUESTION_WEIGHT = 0.8
LONE_DOUBT = 1.0
"""Where only one party speaks, nobody says the opposite: one slight phrase names nobody."""
CONTRADICTED = 2.5
"""Where one voice, or the only party that speaks, says so much of both sides' phrases, it is more than one person."""
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
    Cue(pattern=r"\b(?:you owe|you have been selected|this offer|our offers?|shall i|i can offer you)\b", weight=1.2),
    Cue(
        pattern=r"\b(?:i'm|i am|i'll|i will|let me) (?:connect|transfer|put|forward)(?:ing)? you\b"
        r"|\bstay on the line\b",
        weight=1.5,
    ),
    Cue(pattern=r"\b(?:i'm|i am|we're|we are) (?:very |so )?sorry (?:to hear|for (?:the|your|any))", weight=1.2),
    Cue(pattern=r"\b(?:give me (?:a|one|just a) (?:second|moment|minute)|take your time)\b", weight=0.8),
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
    Cue(
        pattern=r"\b(?:your letter|i got your|you sent me|you (?:people|guys)|i'm not interested|i am not interested"
        r"|how much (?:is it|is that|does it|would it)|i can(?:'t| not|not) (?:pay|afford)|i can pay)\b",
        weight=-1.2,
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


def decide_roles(
    parties: Sequence[Sequence[Word]],
    *,
    recording: Recording,
    settings: TranscribeSettings,
    separation: float | None = None,
) -> Roles:
    """Return who is who.

    The recording's own ``agent_channel`` ("0" or "1") wins over the settings, and they over what is said. Both speak
    of channels, so they count only where each party has one.

    Args:
        parties: Words by party, two at most; those of recorded prompts left out. More parties stay unknown.
        recording: Its metadata may name the agent's channel.
        settings: ``channel_roles`` and ``min_role_confidence``.
        separation: How sure it is that the parties are rightly told apart (0..1); None where each has its own channel.
    """
    if separation is None and len(parties) == 2:
        told = told_agent_channel(recording, settings)
        if told is not None:
            return _with_agent(told, of=2, confidence=1.0)
    if not 1 <= len(parties) <= 2 or (len(parties) == 1 and separation is None):
        return Roles(by_party=(Role.UNKNOWN,) * len(parties), confidence=None)
    if (separation is not None or sum(map(bool, parties)) == 1) and any(map(_says_both, parties)):
        return Roles(by_party=(Role.UNKNOWN,) * len(parties), confidence=0.5)
    difference = _difference(parties) + _first_to_speak(parties, recording)
    decided = 1 / (1 + math.exp(-abs(difference)))
    apart = 1.0 if separation is None else max(0.0, 2 * separation - 1)  # even odds tell nothing
    confidence = 0.5 + (decided - 0.5) * apart
    if confidence < settings.min_role_confidence:
        return Roles(by_party=(Role.UNKNOWN,) * len(parties), confidence=confidence)
    return _with_agent(0 if difference > 0 else 1, of=len(parties), confidence=confidence)


def told_agent_channel(recording: Recording, settings: TranscribeSettings) -> int | None:
    """Return the agent's channel as the recording or else the settings tell it; None where neither does."""
    told = {"0": 0, "1": 1}.get(recording.metadata.get(AGENT_CHANNEL, "").strip())
    if told is None and settings.channel_roles != "auto":
        told = 0 if settings.channel_roles == "agent-first" else 1
    return told


def _difference(parties: Sequence[Sequence[Word]]) -> float:
    """Return the log odds that the first party is the agent.

    Evidence is shortened as far as it contradicts itself: two parties who both speak like agents are perhaps two
    agents. The manner of speaking supports what is said, and decides nothing alone.
    """
    evidence = [agent_evidence(party) for party in parties]
    shares = sum(abs(of_party) for of_party in evidence)
    if not shares:
        return 0.0
    between = evidence[0] - sum(evidence[1:])
    if sum(map(bool, parties)) == 1:
        return math.copysign(max(0.0, abs(between) - LONE_DOUBT), between)
    cues = between * abs(between) / shares
    return cues + manner(parties[0]) - manner(parties[1])


def _says_both(words: Sequence[Word]) -> bool:
    return min(_cue_sums(words)) >= CONTRADICTED


def agent_evidence(words: Sequence[Word]) -> float:
    """Return the log odds that these words are an agent's rather than a customer's: the sum of the cues in them."""
    agents, customers = _cue_sums(words)
    return agents - customers


def manner(words: Sequence[Word]) -> float:
    """Return what the way of speaking adds: who asks, and whose account, bill and name are spoken of."""
    folded = [token.folded for word in words for token in tokens(word.text)]
    if not folded:
        return 0.0
    count = Counter(folded)
    theirs = count["your"] + count["yours"] + 0.5 * count["you"]
    own = count["my"] + count["mine"] + 0.5 * sum(count[form] for form in ("i", "i'm", "i've", "i'd"))
    address = ADDRESS_WEIGHT * math.log((theirs + 1) / (own + 1))
    sentences = max(1, sum(word.text.endswith((".", "?", "!")) for word in words))
    questions = sum(word.text.endswith("?") for word in words)
    return max(-ADDRESS_LIMIT, min(ADDRESS_LIMIT, address)) + QUESTION_WEIGHT * questions / (sentences + 2)


def _cue_sums(words: Sequence[Word]) -> tuple[float, float]:
    """Return the weights of the agents' and of the customers' cues in these words, both positive."""
    folded = [token.folded for word in words for token in tokens(word.text)]
    text, opening = " ".join(folded), " ".join(folded[:OPENING_WORDS])
    found = [cue.weight for cue in CUES if re.search(cue.pattern, opening if cue.opening else text)]
    return sum(weight for weight in found if weight > 0), -sum(weight for weight in found if weight < 0)


def _first_to_speak(parties: Sequence[Sequence[Word]], recording: Recording) -> float:
    """Return the evidence that the first party is the agent from who speaks first: whoever is called says hello."""
    sign = {"inbound": 1, "outbound": -1}.get(recording.direction or "", 0)
    if not sign or len(parties) != 2 or not parties[0] or not parties[1]:
        return 0.0
    return sign * (FIRST_WEIGHT if parties[0][0].start_ms < parties[1][0].start_ms else -FIRST_WEIGHT)


def _with_agent(party: int, *, of: int, confidence: float) -> Roles:
    """Return roles with the agent in one place and the customer in the other; there may be only one place."""
    by_party = tuple(Role.AGENT if place == party else Role.CUSTOMER for place in range(of))
    return Roles(by_party=by_party, confidence=confidence)
