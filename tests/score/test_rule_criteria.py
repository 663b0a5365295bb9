from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import Expectation, Finding, NearestMiss, Span, Status
from tests.factories import evidence, facts, finding
from tests.score.rubric_files import answer, rule


def required(rule_id: str, kind: str, **changes: Any) -> Finding:
    return finding(rule_id, kind, expected=Expectation.PRESENT, **changes)


def prohibited(rule_id: str, kind: str, **changes: Any) -> Finding:
    return finding(rule_id, kind, expected=Expectation.ABSENT, **changes)


def signal(rule_id: str, kind: str, **changes: Any) -> Finding:
    return finding(rule_id, kind, expected=Expectation.SIGNAL, **changes)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (required("a", "present"), "pass"),
        (required("a", "absent"), "fail"),
        (required("a", "cannot_assess"), "cannot_assess"),
        (prohibited("a", "present"), "fail"),
        (prohibited("a", "absent"), "pass"),
        (prohibited("a", "cannot_assess"), "cannot_assess"),
        (signal("a", "present"), "pass"),
        (signal("a", "absent"), "fail"),
        (required("another", "absent"), "not_applicable"),
    ],
)
def test_rule_criterion_passes_where_the_rule_is_kept(tmp_path: Path, given: Finding, status: str) -> None:
    result = answer(tmp_path, facts(given), rule("a"))
    assert result.status is Status(status)
    assert result.points_earned == {"pass": 1, "fail": 0}.get(status)


YES, NO, OPEN = "present", "absent", "cannot_assess"


@pytest.mark.parametrize(
    ("kinds", "of_all", "of_any"),
    [
        ((YES, YES), "pass", "pass"),
        ((YES, NO), "fail", "pass"),
        ((NO, NO), "fail", "fail"),
        ((YES, OPEN), "cannot_assess", "pass"),
        ((NO, OPEN), "fail", "cannot_assess"),
        ((OPEN, OPEN), "cannot_assess", "cannot_assess"),
        ((YES, None), "pass", "pass"),
        ((NO, None), "fail", "fail"),
        ((OPEN, None), "cannot_assess", "cannot_assess"),
        ((None, None), "not_applicable", "not_applicable"),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
def test_rule_criterion_lets_unknown_decide_only_where_it_matters(
    tmp_path: Path, kinds: tuple[str | None, str | None], of_all: str, of_any: str, swap: bool
) -> None:
    order = reversed(kinds) if swap else kinds
    found = [required(rule_id, kind) for rule_id, kind in zip("ab", order, strict=True) if kind]
    for require, status in (("all", of_all), ("any", of_any)):
        assert answer(tmp_path, facts(*found), rule("a", "b", require=require)).status is Status(status)


def test_rule_criterion_shows_what_was_said(tmp_path: Path) -> None:
    late, early = evidence(start_ms=9000, end_ms=9500, turn_index=3), evidence(start_ms=100, end_ms=200)
    found = (required("a", YES, evidence=(late,)), required("b", YES, evidence=(early,)))
    result = answer(tmp_path, facts(*found), rule("a", "b"))
    assert result.evidence == (early, late)
    assert result.reason == "A: present in the test; B: present in the test."


def test_rule_criterion_shows_where_it_looked_and_what_came_closest(tmp_path: Path) -> None:
    window = Span(start_ms=0, end_ms=30_000)
    near = NearestMiss(evidence=evidence(), similarity=0.7, reason="said late")
    nearer = NearestMiss(evidence=evidence(), similarity=0.8, reason="said by the customer")
    found = (
        required("a", NO, searched=window, nearest_miss=near, reason="Not said by the agent in 0:00-0:30."),
        required("b", NO, nearest_miss=nearer),
    )
    alone = answer(tmp_path, facts(found[0]), rule("a"))
    assert (alone.searched, alone.nearest_miss, alone.evidence) == (window, near, ())
    assert alone.reason == "Not said by the agent in 0:00-0:30."
    assert answer(tmp_path, facts(*found), rule("a", "b")).nearest_miss == nearer


def test_rule_criterion_shows_only_what_decided(tmp_path: Path) -> None:
    said, unsaid = required("a", YES), required("b", NO, searched=Span(start_ms=0, end_ms=1))
    failed = answer(tmp_path, facts(said, unsaid), rule("a", "b"))
    assert (failed.evidence, failed.searched, failed.reason) == ((), unsaid.searched, "absent in the test")
    passed = answer(tmp_path, facts(said, unsaid), rule("a", "b", require="any"))
    assert (passed.evidence, passed.searched, passed.reason) == (said.evidence, None, "present in the test")


def heard(rule_id: str, *confidences: float | None) -> Finding:
    return required(rule_id, YES, evidence=tuple(evidence(confidence=confidence) for confidence in confidences))


@pytest.mark.parametrize(
    ("found", "require", "confidence"),
    [
        ([heard("a", 0.4, 0.9)], "all", 0.9),  # one clear hit is enough
        ([heard("a", None)], "all", None),
        ([heard("a", 0.9), heard("b", 0.5)], "all", 0.5),  # both had to be heard
        ([heard("a", 0.9), heard("b", None)], "all", None),
        ([heard("a", 0.9), heard("b", 0.5)], "any", 0.9),
        ([required("a", NO, searched_confidence=0.7)], "all", 0.7),
        ([required("a", NO)], "all", None),
        ([required("a", NO, searched_confidence=0.7), required("b", NO, searched_confidence=0.8)], "all", 0.8),
        ([required("a", NO, searched_confidence=0.7), required("b", NO, searched_confidence=0.8)], "any", 0.7),
        ([prohibited("a", NO, searched_confidence=0.6)], "all", 0.6),
        ([required("a", OPEN, searched_confidence=0.6)], "all", None),
    ],
)
def test_rule_criterion_is_as_sure_as_what_it_rests_on(
    tmp_path: Path, found: list[Finding], require: str, confidence: float | None
) -> None:
    assert answer(tmp_path, facts(*found), rule("a", "b", require=require)).confidence == confidence
