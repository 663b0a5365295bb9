from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import Calibration, CallScore, CriterionResult, Judgement, Status, Trust
from pipeline.score.evaluate import evaluate
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.withhold import calibrated, interpolated
from tests.factories import evidence, facts, finding
from tests.score.rubric_files import criterion, rubric, rule, section

KNOTS = ((0.2, 0.1), (0.6, 0.5), (0.9, 0.8))


def learnt(asked: str, *, criterion_id: str = "a", knots: Any = KNOTS, threshold: float = 0.5) -> Trust:
    known = Calibration(
        criterion_id=criterion_id, asked=asked, method="isotonic", knots=knots, threshold=threshold, pairs=50
    )
    return Trust(rubric_id="r", target_error=0.05, calibrations=(known,), fingerprint="trust-1:x")


def scored(
    folder: Path, confidence: float | None, kind: str = "present", trust: dict[str, Any] | None = None, **changes: Any
) -> CallScore:
    """A rubric of two questions; the confidence is that of the first, which is what trust is about."""
    given_rubric = rubric(folder, section(criterion("a", rule("x"), points=2, **changes), criterion("b", rule("y"))))
    said = (evidence(confidence=confidence),) if kind == "present" else ()
    found = finding("x", kind, evidence=said, searched_confidence=confidence)
    asked = question_fingerprint(given_rubric.criteria()[0].test)
    taught = None if trust is None else learnt(**{"asked": asked, **trust})
    return evaluate(facts(found, finding("y")), given_rubric, score_id="s", trust=taught)


def first(*given: Any, **changes: Any) -> CriterionResult:
    return scored(*given, **changes).results[0]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(0.0, 0.1), (0.2, 0.1), (0.4, 0.3), (0.6, 0.5), (0.75, 0.65), (0.9, 0.8), (1.0, 0.8)],
)
def test_calibrated_confidence_is_linear_between_knots_and_flat_beyond(raw: float, expected: float) -> None:
    assert interpolated(KNOTS, raw) == pytest.approx(expected)


def test_calibrated_confidence_takes_steps_and_single_knots() -> None:
    step = ((0.5, 0.2), (0.5, 0.9))
    assert [interpolated(step, raw) for raw in (0.4, 0.5, 0.6)] == [0.2, 0.9, 0.9]
    assert interpolated(((0.5, 0.7),), 0.1) == 0.7
    assert calibrated(learnt("q", knots=()).calibrations[0], 0.3) == 0.3


knots = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6).map(
    lambda pairs: tuple(zip(sorted(x for x, _ in pairs), sorted(y for _, y in pairs), strict=True))
)


@given(knots=knots, one=st.floats(0, 1), other=st.floats(0, 1))
@settings(deadline=None)
def test_calibrated_confidence_never_falls_where_knots_do_not(knots: Any, one: float, other: float) -> None:
    low, high = (interpolated(knots, raw) for raw in sorted((one, other)))
    assert 0 <= low <= high + 1e-12
    assert high <= 1 + 1e-12


def test_answer_surer_than_its_threshold_is_given_with_both_confidences(tmp_path: Path) -> None:
    given_answer = first(tmp_path, 0.9, trust={})
    assert (given_answer.status, given_answer.points_earned) == (Status.PASS, 2)
    assert (given_answer.confidence, given_answer.raw_confidence) == (pytest.approx(0.8), 0.9)
    assert (given_answer.leaning, given_answer.leaning_share) == (None, None)


def test_answer_below_its_threshold_is_withheld_with_what_it_leans_to(tmp_path: Path) -> None:
    withheld = first(tmp_path, 0.4, "absent", trust={"threshold": 0.8})
    assert (withheld.status, withheld.points_earned) == (Status.CANNOT_ASSESS, None)
    assert (withheld.leaning, withheld.leaning_share) == (Status.FAIL, 0)
    assert (withheld.confidence, withheld.raw_confidence) == (pytest.approx(0.3), 0.4)
    assert withheld.reason == "Not sure enough: 30 % sure, 80 % is asked; leans to fail: absent in the test"


def test_withheld_answer_keeps_its_evidence_and_counts_neither_way(tmp_path: Path) -> None:
    score = scored(tmp_path, 0.4, trust={"threshold": 0.8})
    assert score.results[0].evidence
    assert (score.results[0].leaning, score.results[0].leaning_share) == (Status.PASS, 1)
    assert (score.share, score.assessed_share) == (1, pytest.approx(1 / 3))


def test_withheld_answer_keeps_its_words(tmp_path: Path) -> None:
    test = {"kind": "llm", "question": "Kind?"}
    given_rubric = rubric(tmp_path, section(criterion("a", test, min_confidence=0.9)))
    judgement = Judgement(
        question=question_fingerprint(given_rubric.criteria()[0].test),
        answer="yes",
        reason="It says so.",
        evidence=(evidence(),),
        confidence=0.5,
    )
    (withheld,) = evaluate(facts(judgements=(judgement,)), given_rubric, score_id="s").results
    assert (withheld.answer, withheld.leaning_answer) == (None, "yes")
    assert (withheld.machine_status, withheld.machine_share, withheld.machine_answer) == (Status.PASS, 1.0, "yes")


def test_withheld_failure_of_an_auto_fail_fails_nothing(tmp_path: Path) -> None:
    sure = scored(tmp_path, 0.9, "absent", auto_fail=True, critical=True, trust={})
    assert (sure.auto_failed_by, sure.share, sure.passed) == (("a",), 0, False)
    unsure = scored(tmp_path, 0.4, "absent", auto_fail=True, critical=True, trust={"threshold": 0.8})
    assert (unsure.auto_failed_by, unsure.share, unsure.passed) == ((), 1, True)


@pytest.mark.parametrize("trust", [{"criterion_id": "b"}, {"asked": "question-1:other"}, None])
def test_answer_is_as_sure_as_it_was_where_nothing_was_learnt_about_it(tmp_path: Path, trust: Any) -> None:
    given_answer = first(tmp_path, 0.3, trust=trust)
    assert (given_answer.status, given_answer.confidence, given_answer.raw_confidence) == (Status.PASS, 0.3, 0.3)


@pytest.mark.parametrize(
    ("confidence", "asked", "status"),
    [(0.5, 0.5, "pass"), (0.49, 0.5, "cannot_assess"), (None, 0.5, "pass"), (0.1, None, "pass")],
)
def test_min_confidence_is_asked_of_the_raw_one_where_nothing_was_learnt(
    tmp_path: Path, confidence: float | None, asked: float | None, status: str
) -> None:
    changes = {} if asked is None else {"min_confidence": asked}
    assert first(tmp_path, confidence, **changes).status is Status(status)


def test_threshold_that_was_learnt_takes_the_place_of_min_confidence(tmp_path: Path) -> None:
    assert first(tmp_path, 0.6, min_confidence=0.99, trust={"threshold": 0.5}).status is Status.PASS
    assert first(tmp_path, 0.6, min_confidence=0.01, trust={"threshold": 0.6}).status is Status.CANNOT_ASSESS


@pytest.mark.parametrize(
    ("confidence", "threshold", "status"),
    [(None, 0.9, "pass"), (None, 1.01, "cannot_assess"), (1.0, 1.01, "cannot_assess"), (0.0, 0.0, "pass")],
)
def test_threshold_above_one_withholds_all_and_zero_none(
    tmp_path: Path, confidence: float | None, threshold: float, status: str
) -> None:
    result = first(tmp_path, confidence, trust={"threshold": threshold, "knots": ((0.0, 0.0), (1.0, 1.0))})
    assert result.status is Status(status)
    assert result.status is Status.PASS or "few enough are wrong" in result.reason


def test_question_that_does_not_apply_is_never_withheld(tmp_path: Path) -> None:
    result = first(tmp_path, 0.1, trust={"threshold": 1.01}, applies_if={"queues": ["other"]})
    assert result.status is Status.NOT_APPLICABLE
