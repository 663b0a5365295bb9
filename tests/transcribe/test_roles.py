"""Who is the agent."""

from __future__ import annotations

import math

import pytest

from pipeline.config import TranscribeSettings
from pipeline.records import Role, Word
from pipeline.transcribe.roles import CUES, agent_evidence, decide_roles
from tests.factories import recording, words

AGENT, CUSTOMER, UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN

CALLS = {
    "inbound bank": (
        "Thank you for calling Harbour Bank, this is Maria. How can I help you today?",
        "Hi, I'd like to check my account balance please.",
    ),
    "both give a name": (
        "Hello, this is Northwind Energy. My name is Tom. May I have your account number?",
        "My name is Ruth. I have a question, my bill is too high.",
    ),
    "collections": (
        "Am I speaking with Mr Hale? This is an attempt to collect a debt.",
        "Hello? Speaking. Who is this?",
    ),
    "sales": (
        "Good morning, I'm calling from Brightline Mobile. Do you have a minute?",
        "Hello? How did you get my number?",
    ),
    "repair": (
        "Could you spell that for me please? Is there anything else I can help you with?",
        "I lost the key of my car and I need to get it fixed.",
    ),
    "curt agent": (
        "What do you need?",
        "I have been a customer for six years. I want to speak to your manager.",
    ),
}


def decide(first: str, second: str, *, changes: dict[str, object] | None = None, **settings: object):  # type: ignore[no-untyped-def]
    channels = (words(first) if first else (), words(second, start_ms=500) if second else ())
    return decide_roles(
        channels,
        recording=recording(**{"direction": None, **(changes or {})}),
        settings=TranscribeSettings.model_validate(settings),
    )


@pytest.mark.parametrize("name", CALLS)
def test_roles_are_told_from_what_is_said_on_either_channel(name: str) -> None:
    agent, customer = CALLS[name]
    straight, swapped = decide(agent, customer), decide(customer, agent)
    assert straight.by_channel == (AGENT, CUSTOMER)
    assert swapped.by_channel == (CUSTOMER, AGENT)
    assert straight.confidence == pytest.approx(swapped.confidence)
    assert straight.confidence > 0.7


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("Hello?", "Hello?"),
        ("the weather is nice", "yes it is"),
        ("How can I help you?", "How can I help you?"),  # both transferred agents
    ],
)
def test_roles_without_evidence_are_unknown_with_even_odds(first: str, second: str) -> None:
    roles = decide(first, second)
    assert roles.by_channel == (UNKNOWN, UNKNOWN)
    assert roles.confidence == 0.5


def test_roles_below_the_wanted_confidence_are_unknown_and_keep_it() -> None:
    slight = ("Have a great day.", "Bye.")
    assert decide(*slight).by_channel == (UNKNOWN, UNKNOWN)
    lenient = decide(*slight, min_role_confidence=0.55)
    assert lenient.by_channel == (AGENT, CUSTOMER)
    assert lenient.confidence == decide(*slight).confidence == pytest.approx(1 / (1 + math.exp(-0.4)))


def test_whoever_speaks_first_tips_the_scale_but_does_not_decide() -> None:
    slight = ("Have a great day.", "Bye.")
    assert decide(*slight, changes={"direction": "inbound"}).by_channel == (AGENT, CUSTOMER)
    assert decide(*slight, changes={"direction": "outbound"}).by_channel == (UNKNOWN, UNKNOWN)
    assert decide("Hello", "Hello", changes={"direction": "inbound"}).by_channel == (UNKNOWN, UNKNOWN)


def test_settings_win_over_words_and_metadata_over_settings() -> None:
    agent, customer = CALLS["inbound bank"]
    told = decide(agent, customer, channel_roles="customer-first")
    assert (told.by_channel, told.confidence) == ((CUSTOMER, AGENT), 1.0)
    assert decide(agent, customer, channel_roles="agent-first").by_channel == (AGENT, CUSTOMER)
    recorded = decide(agent, customer, changes={"metadata": {"agent_channel": "0"}}, channel_roles="customer-first")
    assert recorded.by_channel == (AGENT, CUSTOMER)
    assert decide(agent, customer, changes={"metadata": {"agent_channel": "1"}}).by_channel == (CUSTOMER, AGENT)
    assert decide(agent, customer, changes={"metadata": {"agent_channel": "left"}}).by_channel == (AGENT, CUSTOMER)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_roles_of_other_than_two_channels_are_unknown_without_confidence(count: int) -> None:
    channels: list[tuple[Word, ...]] = [words("How can I help you?")] * count
    roles = decide_roles(channels, recording=recording(), settings=TranscribeSettings())
    assert roles.by_channel == (UNKNOWN,) * count
    assert roles.confidence is None


def test_evidence_counts_a_cue_once() -> None:
    once, often = words("how can I help you"), words("how can I help you " * 9)
    assert agent_evidence(once) == agent_evidence(often) > 0


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("I would like to thank you", 0),  # an agent's courtesy is no customer's wish
        ("I would like to cancel", -1),
        ("This is Harper Valley National Bank", 1),
        ("this is my third call with you", 0),
        ("is this recorded", 0),
        ("this call is being recorded", 1),
        ("can you send me a new one", -1),
    ],
)
def test_cues_mean_what_they_say(text: str, sign: int) -> None:
    evidence = agent_evidence(words(text))
    assert (evidence > 0) - (evidence < 0) == sign


def test_cues_speak_for_somebody() -> None:
    assert all(cue.weight for cue in CUES)
