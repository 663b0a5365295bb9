from __future__ import annotations

import pytest

from tests.compliance.rule_files import findings, rule
from tests.factories import transcript

RECORDED = rule("recorded", "call (is|will be) ~3 recorded", "we (do|) ~2 record ~2 calls")
GUARANTEE = rule("guarantee", "guarantee ~3 approved", "no risk", expect="absent")


@pytest.mark.parametrize(
    "text",
    [
        "This call is not being recorded",
        "this call isn't recorded",
        "We do not record any calls",
        "we don't record calls",
        "we never record our calls",
    ],
)
def test_negation_undoes_a_hit_and_is_told_as_near_miss(text: str) -> None:
    finding = findings(transcript(("agent", text)), RECORDED)["recorded"]
    assert finding.kind == "absent"
    assert finding.nearest_miss is not None
    assert "denied" in finding.nearest_miss.reason


@pytest.mark.parametrize(
    "text",
    [
        "Don't worry, this call is recorded",
        "don't worry this call is recorded",
        "No, we record all calls",
        "no we record all calls",
        "no problem this call is recorded",
        "not only that this call is recorded",
        "I did not know. This call is recorded",
        "it is not because of you that this call is recorded",  # more than three words before
    ],
)
def test_negation_of_something_else_undoes_nothing(text: str) -> None:
    assert findings(transcript(("agent", text)), RECORDED)["recorded"].kind == "present"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I guarantee you will be approved", "present"),
        ("I can't guarantee that you will be approved", "absent"),
        ("nobody can guarantee you get approved", "absent"),
        ("I can't say more, but I guarantee you will be approved", "present"),
        ("there is no risk", "present"),  # the phrase itself says "no"
        ("there is a risk", "absent"),
    ],
)
def test_negation_of_a_prohibited_phrase(text: str, kind: str) -> None:
    assert findings(transcript(("agent", text)), GUARANTEE)["guarantee"].kind == kind


def test_negation_can_be_ignored() -> None:
    rude = rule("rude", "hell", expect="absent", negatable=False)
    assert findings(transcript(("agent", "no hell no")), rude)["rude"].kind == "present"


def test_negation_of_the_whole_undoes_the_hit_inside_it() -> None:
    asked = rule("asked", "verify your date of birth", "your date of birth")
    said = transcript(("agent", "you do not need to verify your date of birth"))
    assert findings(said, asked)["asked"].kind == "absent"


def test_negation_a_phrase_with_not_is_not_met_by_its_opposite() -> None:
    loose = rule("loose", "please do not hang up the telephone now")
    assert findings(transcript(("agent", "please do not hang up the telephones now")), loose)["loose"].kind == "present"
    assert findings(transcript(("agent", "please do hang up the telephone now")), loose)["loose"].kind == "absent"
