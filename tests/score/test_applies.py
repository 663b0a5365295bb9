from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import Status
from tests.factories import facts, finding, recording
from tests.score.rubric_files import answer, rule

BANK, SALES = {"queue": "bank_support"}, {"queue": "sales"}


@pytest.mark.parametrize(
    ("applies_if", "call", "status"),
    [
        ({}, {"queue": None, "direction": None, "team": None}, "pass"),
        ({"queues": ["bank_support"]}, BANK, "pass"),
        ({"queues": ["sales", "bank_support"]}, BANK, "pass"),
        ({"queues": ["Bank_Support"]}, {"queue": "BANK_SUPPORT"}, "pass"),
        ({"queues": ["bank_support"]}, SALES, "not_applicable"),
        ({"queues": ["bank_support"]}, {"queue": None}, "cannot_assess"),
        ({"directions": ["inbound"]}, {"direction": "inbound"}, "pass"),
        ({"directions": ["inbound"]}, {"direction": "outbound"}, "not_applicable"),
        ({"directions": ["inbound"]}, {"direction": None}, "cannot_assess"),
        ({"teams": ["north"]}, {"team": "north"}, "pass"),
        ({"teams": ["north"]}, {"team": "south"}, "not_applicable"),
        ({"teams": ["north"]}, {"team": None}, "cannot_assess"),
        # one sure no outweighs any unknown, in either order
        ({"queues": ["sales"], "teams": ["north"]}, {"queue": "bank_support", "team": None}, "not_applicable"),
        ({"queues": ["sales"], "teams": ["north"]}, {"queue": None, "team": "south"}, "not_applicable"),
        ({"queues": ["bank_support"], "teams": ["north"]}, {"team": None}, "cannot_assess"),
    ],
)
def test_criterion_applies_by_metadata(tmp_path: Path, applies_if: Any, call: Any, status: str) -> None:
    heard = facts(finding("greeting"), recording=recording(**call))
    result = answer(tmp_path, heard, rule("greeting"), applies_if=applies_if)
    assert result.status is Status(status)
    assert (result.points_earned is None) == (status != "pass")


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ({"x": "present", "y": "present"}, "pass"),
        ({"x": "present", "y": "absent"}, "not_applicable"),
        ({"x": "present"}, "not_applicable"),
        ({"x": "present", "y": "cannot_assess"}, "cannot_assess"),
        ({"x": "cannot_assess", "y": "absent"}, "not_applicable"),
    ],
)
def test_criterion_applies_after_words_were_said(tmp_path: Path, kinds: dict[str, str], status: str) -> None:
    heard = facts(finding("greeting"), *(finding(rule_id, kind) for rule_id, kind in kinds.items()))
    result = answer(tmp_path, heard, rule("greeting"), applies_if={"rules_present": ["x", "y"]})
    assert result.status is Status(status)


@pytest.mark.parametrize(
    ("applies_if", "call", "reason"),
    [
        ({"queues": ["a", "b"]}, SALES, "The call's queue is sales, and this applies only to queue a or b."),
        ({"teams": ["a"]}, {"team": None}, "The team of the call is not known, and this applies only to team a."),
        ({"rules_present": ["x"]}, {}, "This applies only after x, a rule that this call is not checked for."),
    ],
)
def test_criterion_that_does_not_apply_says_why(tmp_path: Path, applies_if: Any, call: Any, reason: str) -> None:
    heard = facts(finding("greeting"), recording=recording(**call))
    result = answer(tmp_path, heard, rule("greeting"), applies_if=applies_if)
    assert result.reason == reason
    assert result.evidence == ()


def test_criterion_that_does_not_apply_fails_nothing(tmp_path: Path) -> None:
    heard = facts(finding("greeting", "absent"), recording=recording(**SALES))
    result = answer(tmp_path, heard, rule("greeting"), applies_if={"queues": ["bank"]}, auto_fail=True, critical=True)
    assert result.status is Status.NOT_APPLICABLE
