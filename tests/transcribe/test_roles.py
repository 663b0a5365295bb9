"""Who is the agent."""

from __future__ import annotations

import math

import pytest

from pipeline.config import TranscribeSettings
from pipeline.records import Role, Word
from pipeline.transcribe.roles import agent_evidence, decide_roles, manner
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
    parties = (words(first) if first else (), words(second, start_ms=500) if second else ())
    return decide_roles(
        parties,
        recording=recording(**{"direction": None, **(changes or {})}),
        settings=TranscribeSettings.model_validate(settings),
    )


@pytest.mark.parametrize("name", CALLS)
def test_roles_are_told_from_what_is_said_on_either_channel(name: str) -> None:
    agent, customer = CALLS[name]
    straight, swapped = decide(agent, customer), decide(customer, agent)
    assert straight.by_party == (AGENT, CUSTOMER)
    assert swapped.by_party == (CUSTOMER, AGENT)
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
    assert roles.by_party == (UNKNOWN, UNKNOWN)
    assert roles.confidence == 0.5


def test_roles_below_the_wanted_confidence_are_unknown_and_keep_it() -> None:
    slight = ("Have a great day.", "Bye.")
    assert decide(*slight).by_party == (UNKNOWN, UNKNOWN)
    lenient = decide(*slight, min_role_confidence=0.55)
    assert lenient.by_party == (AGENT, CUSTOMER)
    assert lenient.confidence == decide(*slight).confidence == pytest.approx(1 / (1 + math.exp(-0.4)))


def test_two_who_speak_like_agents_are_less_sure_than_one() -> None:
    agent, customer = CALLS["inbound bank"]
    colleague = "This is Tom from support. Let me transfer you, bear with me."
    assert decide(agent, colleague).confidence < decide(agent, customer).confidence - 0.05


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Your bill is on your screen, do you see your balance?", "I see my bill and my balance."),
        ("Which one is yours? Which colour do you like?", "I think I like the blue one. I do."),
    ],
)
def test_manner_speaks_for_the_one_who_asks_and_says_your(first: str, second: str) -> None:
    assert manner(words(first)) > manner(words(second)) + 0.3


def mono(*parties: str, separation: float):  # type: ignore[no-untyped-def]
    spoken = [words(text, start_ms=i * 9000) for i, text in enumerate(parties)]
    told = recording(direction=None, metadata={"agent_channel": "1"})  # means a channel: of no use in mono
    settings = TranscribeSettings(channel_roles="customer-first")
    return decide_roles(spoken, recording=told, settings=settings, separation=separation)


@pytest.mark.parametrize("name", CALLS)
def test_parties_told_apart_by_voice_get_roles_no_surer_than_the_voices(name: str) -> None:
    agent, customer = CALLS[name]
    for separation in (0.99, 0.85):
        assert mono(agent, customer, separation=separation).by_party == (AGENT, CUSTOMER)
        assert mono(customer, agent, separation=separation).by_party == (CUSTOMER, AGENT)
        assert mono(agent, customer, separation=separation).confidence <= separation
    assert mono(agent, customer, separation=0.55).by_party == (UNKNOWN, UNKNOWN)


def test_a_voice_that_says_both_sides_phrases_is_two_people_and_nobody_is_named() -> None:
    both = " ".join(CALLS["repair"]) + " " + " ".join(CALLS["curt agent"]) + " Thank you for calling."
    assert mono(both, "Hello there.", separation=0.99).by_party == (UNKNOWN, UNKNOWN)
    assert mono(both, separation=0.99).by_party == (UNKNOWN,)
    assert decide(both, "").by_party == (UNKNOWN, UNKNOWN)  # mono on one side of a stereo file


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (
            "Good afternoon, I'm calling from Ridgeway on behalf of your bank. Thank you for your time.",
            AGENT,
        ),
        ("Hello? Who is this? I've been waiting and I want to speak to your manager.", CUSTOMER),
        ("Hello, hello? Can you hear me?", UNKNOWN),
    ],
)
def test_one_voice_alone_is_named_only_by_what_it_says(text: str, role: Role) -> None:
    assert mono(text, separation=0.98).by_party == (role,)
    assert mono(text, separation=0.5).by_party == (UNKNOWN,)


def test_a_lone_voice_on_a_line_of_two_is_named_only_if_it_is_clearly_one() -> None:
    text = CALLS["collections"][0]
    assert mono(text, separation=0.99).by_party == (AGENT,)
    assert mono(text, separation=0.95).by_party == (UNKNOWN,)  # two alike are likelier
    assert mono(text, "", separation=0.95).by_party == (AGENT, CUSTOMER)


def test_whoever_speaks_first_tips_the_scale_but_does_not_decide() -> None:
    slight = ("Have a great day.", "Bye.")
    assert decide(*slight, changes={"direction": "inbound"}).by_party == (AGENT, CUSTOMER)
    assert decide(*slight, changes={"direction": "outbound"}).by_party == (UNKNOWN, UNKNOWN)
    assert decide("Hello", "Hello", changes={"direction": "inbound"}).by_party == (UNKNOWN, UNKNOWN)


def test_settings_win_over_words_and_metadata_over_settings() -> None:
    agent, customer = CALLS["inbound bank"]
    told = decide(agent, customer, channel_roles="customer-first")
    assert (told.by_party, told.confidence) == ((CUSTOMER, AGENT), 1.0)
    assert decide(agent, customer, channel_roles="agent-first").by_party == (AGENT, CUSTOMER)
    recorded = decide(agent, customer, changes={"metadata": {"agent_channel": "0"}}, channel_roles="customer-first")
    assert recorded.by_party == (AGENT, CUSTOMER)
    assert decide(agent, customer, changes={"metadata": {"agent_channel": "1"}}).by_party == (CUSTOMER, AGENT)
    assert decide(agent, customer, changes={"metadata": {"agent_channel": "left"}}).by_party == (AGENT, CUSTOMER)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_roles_of_other_than_two_channels_are_unknown_without_confidence(count: int) -> None:
    channels: list[tuple[Word, ...]] = [words("How can I help you?")] * count
    roles = decide_roles(channels, recording=recording(), settings=TranscribeSettings())
    assert roles.by_party == (UNKNOWN,) * count
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
