from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import Expectation, Finding, NearestMiss, Span, Status
from pipeline.score.kinds.sequence import longest_chain
from tests.factories import evidence, facts, finding
from tests.score.rubric_files import answer

STEPS = ("a", "b", "c")


def said(rule_id: str, *starts_s: float, **changes: Any) -> Finding:
    """A rule whose words were said at these seconds; expected or not makes no difference."""
    quotes = tuple(evidence(start_ms=int(s * 1000), end_ms=int(s * 1000) + 500, turn_index=int(s)) for s in starts_s)
    return finding(rule_id, "present", evidence=quotes, **changes)


def sequence(*rules: str, **changes: Any) -> dict[str, Any]:
    return {"kind": "sequence", "rules": list(rules or STEPS), **changes}


def unsaid(rule_id: str) -> Finding:
    return finding(rule_id, "absent")


def unheard(rule_id: str) -> Finding:
    return finding(rule_id, "cannot_assess")


@pytest.mark.parametrize(
    ("found", "status", "share"),
    [
        ([said("a", 1), said("b", 2), said("c", 3)], "pass", 1),
        ([said("a", 5, 1), said("b", 2), said("c", 0, 3)], "pass", 1),  # the first occurrence after the step before
        ([said("a", 2), said("b", 1), said("c", 3)], "fail", 2 / 3),
        ([said("a", 2), said("b", 1, 4), said("c", 3)], "fail", 2 / 3),
        ([said("a", 10), said("b", 1), said("c", 2)], "fail", 2 / 3),  # one late step costs itself, not the others
        ([said("a", 3), said("b", 2), said("c", 1)], "fail", 1 / 3),
        ([said("a", 1), unsaid("b"), said("c", 3)], "fail", 2 / 3),
        ([unsaid("a"), unsaid("b"), unsaid("c")], "fail", 0),
        ([said("a", 1), said("b", 1), said("c", 3)], "fail", 2 / 3),  # at the same place is not after
        ([said("a", 1), said("c", 3)], "pass", 1),  # b does not apply to the call
        ([said("a", 1), unheard("b"), said("c", 3)], "cannot_assess", None),
        ([said("a", 3), unheard("b"), said("c", 1)], "fail", None),  # out of order, whatever b was
        ([unsaid("a"), unheard("b"), said("c", 1)], "fail", None),
        ([unheard("a"), unheard("b"), unheard("c")], "cannot_assess", None),
        ([said("a", 1), finding("b", "present", evidence=()), said("c", 3)], "cannot_assess", None),  # of metadata
        ([said("a", 1)], "not_applicable", None),  # one step has no order
        ([unsaid("c")], "not_applicable", None),
        ([unheard("b")], "not_applicable", None),
        ([], "not_applicable", None),
    ],
)
def test_sequence_criterion_goes_by_the_order_of_what_was_said(
    tmp_path: Path, found: list[Finding], status: str, share: float | None
) -> None:
    assert answer(tmp_path, facts(*found), sequence()).status is Status(status)
    in_part = answer(tmp_path, facts(*found), sequence(partial=True))
    assert in_part.points_earned == share
    if status == "fail" and share is None:  # the unknown step may still earn a part
        assert in_part.status is Status.CANNOT_ASSESS


@pytest.mark.parametrize(
    ("found", "away"),
    [([said("b", 1)], "a does not apply"), ([said("a", 1)], "b does not apply"), ([], "a and b do not apply")],
)
def test_sequence_of_fewer_than_two_steps_names_those_that_are_not_about_the_call(
    tmp_path: Path, found: list[Finding], away: str
) -> None:
    reason = answer(tmp_path, facts(*found), sequence("a", "b")).reason
    assert reason == f"An order takes two steps, and {away} to this call."


def test_sequence_criterion_asks_for_order_and_not_for_what_rules_want(tmp_path: Path) -> None:
    unwanted = said("a", 1, expected=Expectation.ABSENT)
    assert answer(tmp_path, facts(unwanted, said("b", 2)), sequence("a", "b")).status is Status.PASS


def test_sequence_criterion_takes_silences_for_steps(tmp_path: Path) -> None:
    silence = finding("b", "present", evidence=(), stretches=(Span(start_ms=2000, end_ms=9000),))
    result = answer(tmp_path, facts(said("a", 1), silence, said("c", 10)), sequence())
    assert result.status is Status.PASS
    assert result.reason == "In this order: A at 0:01, B at 0:02, C at 0:10."


def test_sequence_criterion_says_what_came_when_and_what_did_not(tmp_path: Path) -> None:
    miss = NearestMiss(evidence=evidence(), similarity=0.7)
    window = Span(start_ms=0, end_ms=9)
    never = finding("c", "absent", nearest_miss=miss, searched=window, searched_confidence=0.8)
    result = answer(tmp_path, facts(said("a", 20), said("b", 5), never), sequence())
    assert result.reason == "In this order: B at 0:05; A only out of order at 0:20; C was not said."
    assert [quote.start_ms for quote in result.evidence] == [5000, 20_000]
    assert (result.nearest_miss, result.searched, result.confidence) == (miss, window, 0.8)


def test_sequence_criterion_is_as_sure_as_its_least_sure_step(tmp_path: Path) -> None:
    sure, unsure = evidence(start_ms=1000, confidence=0.9), evidence(start_ms=2000, confidence=0.3)
    clearer = evidence(start_ms=500, confidence=0.95)  # before a, so it is no step
    found = (finding("a", evidence=(sure,)), finding("b", evidence=(clearer, unsure)))
    assert answer(tmp_path, facts(*found), sequence("a", "b")).confidence == 0.3


occurrences = st.lists(st.lists(st.integers(0, 8), max_size=3).map(sorted), max_size=5)


@given(steps=occurrences)
@settings(deadline=None)
def test_longest_chain_is_as_long_as_any_choice_of_occurrences_could_be(steps: list[list[int]]) -> None:
    chain = longest_chain([[((at, 0, 0), None) for at in step] for step in steps])
    numbers, places = [number for number, _, _ in chain], [at for _, at, _ in chain]
    assert numbers == sorted(set(numbers))
    assert places == sorted(set(places))
    assert all(at[0] in steps[number] for number, at, _ in chain)
    choices = itertools.product(*[[None, *step] for step in steps])
    rising = (sum(at is not None for at in c) for c in choices if _rises([at for at in c if at is not None]))
    assert len(chain) == max(rising, default=0)


def _rises(places: list[int]) -> bool:
    return all(one < other for one, other in itertools.pairwise(places))
