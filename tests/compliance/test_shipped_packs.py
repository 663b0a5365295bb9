"""What the shipped packs find, must not find, and must not be fooled by. One line per way that people say it."""

from __future__ import annotations

import pytest

from tests.compliance.rule_files import findings, shipped, shipped_with_needs
from tests.factories import transcript

SAID = {
    "recording-notice": [
        "This call is recorded for quality and training purposes.",
        "calls may be monitored or recorded",
        "all our calls are recorded",
        "you're on a recorded line",
        "we record all calls for training",
        "I have to tell you that this conversation will be recorded",
        "this car may be recorded for quality in training purposes",
    ],
    "greeting": [
        "Thank you for calling Harbour Bank, my name is Maria.",
        "thanks for calling Acme Energy this is Dana",
        "Good morning, this is Tom from Ridgeway Recovery.",
        "hello this is harper valley national bank my name is jennifer",
        "Cobalt Internet, Tom speaking.",
        "Brightline Mobile, you're speaking with Lena",
    ],
    "offer-help": ["how can I help you today", "How may I help?", "What can I do for you?", "how may we be of service"],
    "empathy": [
        "I'm so sorry to hear that",
        "I do understand",
        "that must be very frustrating",
        "I apologise for that",
    ],
    "hold-announced": ["may I put you on a brief hold", "would you please hold", "please stay on the line"],
    "recap": ["to recap, the card is blocked", "So, to summarise:", "let me read back what I have", "the next step is"],
    "anything-else": [
        "Is there anything else I can help you with?",
        "anything else today",
        "do you have other questions",
    ],
    "closing-thanks": ["Thank you for calling Harbour Bank", "thanks for your time", "have a great day"],
    "profanity": ["that is bullshit", "what the hell do you want", "you are such an idiot"],
    "identity-verification": [
        "can you verify your date of birth",
        "May I have your date of birth and your zip code, please?",
        "the last four digits of your social",
        "could you confirm your full name and address",
        "what is your mother's maiden name",
        "can you very fire date of birth",
    ],
    "account-detail": [
        "your balance is a hundred and thirty four dollars",
        "I can see the charge",
        "I have blocked your card",
    ],
    "mini-miranda": [
        "This is an attempt to collect a debt, and any information obtained will be used for that purpose.",
        "this is in a temp to collect a debt and any information obtained will be used for that purpose",
        "the purpose of this call is to collect a debt",
        "I am calling from a debt collection agency",
    ],
    "debt-collector-statement": ["this communication is from a debt collector", "we are a collection agency"],
    "debt-detail": [
        "and the six hundred dollars",
        "you still owe six hundred and fifty dollars",
        "it has a balance of $420",
        "your account is 60 days past due",
    ],
    "debt-threat": [
        "we will have you arrested",
        "we'll garnish your wages",
        "you could go to jail",
        "I will call your employer",
    ],
    "guarantee": ["guaranteed returns of eight percent", "I guarantee you will be approved", "there is no risk at all"],
    "false-urgency": ["this offer ends today", "it's your last chance", "today only", "you have to decide right now"],
    "price-disclosed": ["It costs ninety five dollars a month", "that's $15 per line", "the total is forty dollars"],
    "escalation-request": [
        "I want to speak to your supervisor",
        "can I talk with a manager please",
        "why can't I speak to a manager",
        "put me through to your manager",
    ],
    "repeat-contact": [
        "this is the third time I'm calling",
        "I have called three times already about this",
        "I keep calling about the same thing",
    ],
    "vulnerable-customer": ["my husband died in the spring", "I just lost my job", "I can't afford my rent"],
}
NOT_SAID = {
    "recording-notice": [
        "this call is not being recorded",
        "we do not record calls",
        "is this call being recorded",
        "the call quality is bad today",
        "I want a record of all my calls",
    ],
    "greeting": ["hello what do you need", "this is not good", "thank you for calling", "who am I speaking to"],
    "offer-help": ["I can help you with that", "what do you need", "is there anything else I can help you with"],
    "empathy": ["sorry, could you repeat that", "I'm sorry, I didn't catch that", "I don't understand"],
    "hold-announced": [
        "please place a hold on the card",
        "I have been on hold for an hour",
        "may I place you in the window seat",
    ],
    "recap": ["there is nothing else", "I can recommend it"],
    "anything-else": ["something else went wrong", "there is nothing else"],
    "closing-thanks": ["thank you for holding", "okay bye", "have a seat"],
    "profanity": ["hello", "a class of shells", "I will assess it", "the Scunthorpe office"],
    "identity-verification": [
        "you don't need to verify your date of birth",
        "what is your date of travel",
        "how are you",
    ],
    "account-detail": ["how can I help", "I will check the balance", "the weather is fine"],
    "mini-miranda": ["this is my second attempt to call you", "this is not an attempt to collect a debt"],
    "debt-collector-statement": ["we are not a debt collector", "a letter from your bank"],
    "debt-detail": ["this is an attempt to collect a debt", "how much would you like to pay"],
    "debt-threat": [
        "we will not garnish your wages",
        "nobody will have you arrested",
        "the rest of the house",
        "call your bank",
    ],
    "guarantee": [
        "I can't guarantee that it will be approved",
        "there is no guarantee of returns",
        "it has a money back guarantee",
        "we never guarantee savings",
    ],
    "false-urgency": ["take your time", "the offer does not end today", "it is not your last chance", "I called today"],
    "price-disclosed": [
        "it goes on your monthly bill",
        "all of that is in the welcome pack",
        "ninety five people a month",
    ],
    "escalation-request": ["I spoke to my wife", "I don't want to speak to a manager", "the bank manager was nice"],
    "repeat-contact": ["this is the first time I am calling", "you called me", "the third of May"],
    "vulnerable-customer": ["my husband is fine", "I lost my card", "I can afford it"],
}


def outcome(rule_id: str, text: str) -> str:
    rule = shipped()[rule_id]
    at_ms = 58_000 if rule.window.within_last_s or rule.window.from_share else 1000
    lines = (rule.speaker or "agent", text, at_ms)
    queue = rule.applies_if.queues[0] if rule.applies_if.queues else "bank_support"
    return findings(transcript(lines, duration_ms=70_000), *shipped_with_needs(rule_id), queue=queue)[rule_id].kind


def test_shipped_packs_every_phrase_rule_has_its_table() -> None:
    elsewhere = {"churn-risk", "complaint", "customer-effort", "ownership"}  # in tests/cases/signals
    phrase_rules = {rule.id for rule in shipped().values() if rule.phrases}
    assert phrase_rules - elsewhere == set(SAID) == set(NOT_SAID)


@pytest.mark.parametrize(("rule_id", "text"), [(rule_id, text) for rule_id, texts in SAID.items() for text in texts])
def test_shipped_packs_find_what_is_said(rule_id: str, text: str) -> None:
    assert outcome(rule_id, text) == "present"


@pytest.mark.parametrize(
    ("rule_id", "text"), [(rule_id, text) for rule_id, texts in NOT_SAID.items() for text in texts]
)
def test_shipped_packs_do_not_find_what_is_not_said(rule_id: str, text: str) -> None:
    assert outcome(rule_id, text) == "absent"


@pytest.mark.parametrize(
    ("rule_id", "text", "reason"),
    [
        ("guarantee", "I can't guarantee that it will be approved", "denied"),
        ("guarantee", "it has a money back guarantee of savings", "excepts"),
        ("recording-notice", "this call is not being recorded", "denied"),
        ("debt-threat", "we will not garnish your wages", "denied"),
    ],
)
def test_shipped_packs_tell_the_near_miss(rule_id: str, text: str, reason: str) -> None:
    finding = findings(transcript(("agent", text)), *shipped_with_needs(rule_id))[rule_id]
    assert not finding.violated or finding.expected == "present"
    assert finding.nearest_miss is not None
    assert reason in finding.nearest_miss.reason


def test_shipped_packs_notice_after_half_a_minute_is_late() -> None:
    said = transcript(("agent", "and this call is recorded for quality and training purposes", 55_000))
    finding = findings(said, shipped()["recording-notice"])["recording-notice"]
    assert finding.violated
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.reason.startswith("said at 0:55, after the window")


def test_shipped_packs_mini_miranda_after_the_amount_is_late() -> None:
    said = transcript(
        ("agent", "you still owe six hundred and fifty dollars"),
        ("agent", "this is an attempt to collect a debt"),
    )
    finding = findings(said, *shipped_with_needs("mini-miranda"), queue="collections")["mini-miranda"]
    assert finding.violated
    assert finding.nearest_miss is not None


def test_shipped_packs_identity_after_the_balance_is_late() -> None:
    said = transcript(("agent", "your balance is ten dollars"), ("agent", "what is your date of birth"))
    assert findings(said, *shipped_with_needs("identity-verification"))["identity-verification"].violated


def test_shipped_packs_collections_rules_are_for_collections_only() -> None:
    assert findings(transcript(("agent", "hello")), *shipped_with_needs("mini-miranda"), queue="sales") == {}
