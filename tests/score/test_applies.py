from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import AnswerIs, CriterionResult, Judgement, Status
from pipeline.score.evaluate import evaluate
from pipeline.score.fingerprints import question_fingerprint
from tests.factories import evidence, facts, finding, recording
from tests.score.rubric_files import answer, criterion, rubric, rule, section

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


@pytest.mark.parametrize(
    ("wanted", "metadata", "status"),
    [
        ({"brand": ["north"]}, {"brand": "North "}, "pass"),
        ({"brand": ["south", "north"]}, {"brand": "north"}, "pass"),
        ({"brand": ["north"]}, {"brand": "south"}, "not_applicable"),
        ({"brand": ["north"]}, {}, "cannot_assess"),
        ({"brand": ["north"], "tier": ["gold"]}, {"brand": "north", "tier": "gold"}, "pass"),
        ({"brand": ["north"], "tier": ["gold"]}, {"tier": "silver"}, "not_applicable"),
        ({"queue": ["bank_support"]}, {}, "pass"),  # wherever the record keeps a field
    ],
)
def test_criterion_applies_by_any_field_of_the_metadata(
    tmp_path: Path, wanted: Any, metadata: dict[str, str], status: str
) -> None:
    heard = facts(finding("greeting"), recording=recording(metadata=metadata))
    assert answer(tmp_path, heard, rule("greeting"), applies_if={"metadata": wanted}).status is Status(status)


RATING = {"kind": "llm", "question": "How well?", "answers": {"kind": "scale", "lowest": 1, "highest": 5}}


def hanging_on(folder: Path, wanted: list[Any], kind: str | None = None, rated: str | None = None) -> CriterionResult:
    """The answer to a question that hangs on another; both are asked from one file, the dependent one first."""
    other = criterion("other", rule("x") if rated is None else RATING)
    given = rubric(folder, section(criterion("it", rule("y"), applies_if={"answers": {"other": wanted}}), other))
    asked = question_fingerprint(given.criteria()[1].test)
    judged = Judgement(question=asked, answer=rated, reason="So.", evidence=(evidence(),))
    call = facts(finding("y"), *([finding("x", kind)] if kind else []), judgements=(judged,) if rated else ())
    return evaluate(call, given, score_id="s").results[0]


@pytest.mark.parametrize(
    ("wanted", "kind", "status"),
    [
        (["pass"], "present", "pass"),
        (["pass"], "absent", "not_applicable"),
        (["pass"], "cannot_assess", "cannot_assess"),
        (["fail", "partial"], "absent", "pass"),
        (["fail"], "present", "not_applicable"),
        (["not_applicable"], None, "pass"),
        (["pass"], None, "not_applicable"),
    ],
)
def test_criterion_applies_by_the_answer_to_another(
    tmp_path: Path, wanted: list[Any], kind: str | None, status: str
) -> None:
    assert hanging_on(tmp_path, wanted, kind).status is Status(status)


@pytest.mark.parametrize(
    ("wanted", "rated", "status"),
    [
        ([4, 5], "4", "pass"),
        (["5"], "4", "not_applicable"),
        (["partial"], "4", "pass"),
        (["pass", 1], "4", "not_applicable"),
        ([4], "9", "cannot_assess"),
    ],
)
def test_criterion_applies_by_an_answer_in_words(tmp_path: Path, wanted: list[Any], rated: str, status: str) -> None:
    assert hanging_on(tmp_path, wanted, rated=rated).status is Status(status)


def test_criterion_that_hangs_on_another_says_so(tmp_path: Path) -> None:
    result = hanging_on(tmp_path, ["pass", "partial"], "absent")
    assert result.reason == "This applies only where 'Greets' is answered pass or partial, and it was answered fail."
    assert result.depends_on == (AnswerIs(criterion_id="other", answers=("pass", "partial")),)
