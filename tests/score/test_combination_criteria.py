from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import Status
from pipeline.score.answer import Answer, not_applicable, status_of, unknown
from pipeline.score.kinds.combination import combine
from tests.factories import evidence, facts, finding, measures
from tests.score.rubric_files import answer, built_combination, measure, rule


def part(share: float | str, **changes: Any) -> Answer:
    if share == "?":
        return unknown("Nobody knows.")
    if share == "-":
        return not_applicable("It does not apply.")
    assert isinstance(share, float | int)
    return Answer(status=status_of(share), share=share, reason=f"It earned {share:g}.", **changes)


@pytest.mark.parametrize(
    ("parts", "of_all", "of_any", "of_average"),
    [
        ([1, 1], 1, 1, 1),
        ([1, 0], 0, 1, 0.5),
        ([0.5, 0.25], 0.25, 0.5, 0.375),
        ([0, 0], 0, 0, 0),
        ([1, "-"], 1, 1, 1),
        ([0.5, "-"], 0.5, 0.5, 0.5),
        (["-", "-"], "-", "-", "-"),
        ([1, "?"], "?", 1, "?"),
        ([0, "?"], 0, "?", "?"),
        ([0.5, "?"], "?", "?", "?"),
        (["-", "?"], "?", "?", "?"),
        ([0.1, 0.2, 0.3], 0.1, 0.3, 0.2),
        ([1, 0.5, 0], 0, 1, 0.5),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
def test_combination_takes_the_worst_the_best_or_the_mean_of_what_applies(
    parts: list[float | str], of_all: Any, of_any: Any, of_average: Any, swap: bool
) -> None:
    answers = [part(share) for share in (reversed(parts) if swap else parts)]
    for require, expected in (("all", of_all), ("any", of_any), ("average", of_average)):
        combined = combine(built_combination(require), answers)
        assert (combined.status, combined.share) == (part(expected).status, part(expected).share)


@pytest.mark.parametrize(
    ("parts", "require", "confidence"),
    [
        ([(1, 0.9), (1, 0.6)], "all", 0.6),
        ([(1, 0.9), (1, None)], "all", None),
        ([(0, 0.9), (0, 0.6)], "all", 0.9),  # one decides: the surest
        ([(0, 0.7), (1, 0.9)], "all", 0.7),
        ([(1, 0.7), (1, 0.8)], "any", 0.8),
        ([(0, 0.7), (0, 0.8)], "any", 0.7),
        ([(1, 0.7), (0, 0.8)], "average", 0.7),
    ],
)
def test_combination_is_as_sure_as_what_decides_it(
    parts: list[tuple[float, float | None]], require: str, confidence: float | None
) -> None:
    answers = [part(share, confidence=sure) for share, sure in parts]
    assert combine(built_combination(require), answers).confidence == confidence


def test_combination_shows_what_decided(tmp_path: Path) -> None:
    late, early = evidence(start_ms=5000, turn_index=2), evidence(start_ms=100)
    found = (finding("a", evidence=(late,)), finding("b", evidence=(early,)), finding("c", "absent"))
    both = answer(tmp_path, facts(*found), {"kind": "combination", "tests": [rule("a"), rule("b")]})
    assert both.evidence == (early, late)
    assert both.reason == "present in the test."
    assert both.rule_ids == ("a", "b")
    failed = answer(tmp_path, facts(*found), {"kind": "combination", "tests": [rule("a"), rule("c")]})
    assert (failed.evidence, failed.reason) == ((), "absent in the test.")


def test_combination_may_hold_any_kind_that_a_machine_answers(tmp_path: Path) -> None:
    mood = {
        "kind": "sentiment",
        "role": "customer",
        "reading": "overall",
        "bands": [{"below": -1, "share": 0}, {"at_least": -1, "share": 1}],
    }
    inner = {"kind": "combination", "require": "any", "tests": [mood, rule("b")]}
    test = {"kind": "combination", "require": "average", "tests": [rule("a"), measure(), inner]}
    call = facts(finding("a"), finding("b", "absent"), measures=measures(dead_air_count=12))
    assert answer(tmp_path, call, test).status is Status.CANNOT_ASSESS  # mood and b: unknown or not said
    heard = facts(finding("a"), finding("b"), measures=measures(dead_air_count=12))
    assert answer(tmp_path, heard, test).points_earned == pytest.approx(5 / 6)
