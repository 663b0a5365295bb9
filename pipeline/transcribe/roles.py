"""Who is the agent: told by the recording, told by the settings, or decided from what is said.

Phone systems put the agent on either channel, and an agent scored for the customer's words is the loudest complaint
about tools like this one. So the decision rests on cues that can be read below, comes with a confidence, and is
"unknown" when that is low.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config import TranscribeSettings
from pipeline.records import Recording, Role, Word
from pipeline.text import tokens
from pipeline.transcribe.cues import cue_sums

METHOD = "roles-3"
AGENT_CHANNEL = "agent_channel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """Who each party is, and how sure that is (0..1); None where there was nothing to decide on."""

    by_party: tuple[Role, ...]
    confidence: float | None


FIRST_WEIGHT = 0.3
"""Too little to decide alone: the lowest `min_role_confidence` that ships asks for 0.41."""
ADDRESS_WEIGHT, ADDRESS_LIMIT = 0.7, 1.2
"""Agents speak of "your account", customers of "my account": weight of the log of that ratio, and its limit."""
QUESTION_WEIGHT = 0.8
LONE_DOUBT = 1.0
"""Where only one party speaks, nobody says the opposite: one slight phrase names nobody."""
LONE_RARITY = 20.0
"""So many calls have two parties for one of which a single voice is recorded: two alike are likelier than one."""
CONTRADICTED = 2.5
"""Where one voice, or the only party that speaks, says so much of both sides' phrases, it is more than one person."""


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
    if separation is not None and len(parties) == 1:
        separation = separation / (separation + (1 - separation) * LONE_RARITY)
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
    return min(cue_sums(words)) >= CONTRADICTED


def agent_evidence(words: Sequence[Word]) -> float:
    """Return the log odds that these words are an agent's rather than a customer's: the sum of the cues in them."""
    agents, customers = cue_sums(words)
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
