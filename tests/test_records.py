from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import records
from pipeline.records import CallScore, CriterionResult, Expectation, FindingKind, PartySentiment, Role, Span, Status
from tests.factories import facts, finding, sentiment, transcript, turn

RECORD_TYPES = [
    value for value in vars(records).values() if dataclasses.is_dataclass(value) and isinstance(value, type)
]


def result(status: str = "pass", *, points: float = 1, weight: float = 1, **changes: Any) -> CriterionResult:
    earned = {"pass": points, "partial": points / 2, "fail": 0.0}.get(status)
    given: dict[str, Any] = {
        "criterion_id": "c",
        "section_id": "s",
        "title": "C",
        "status": Status(status),
        "reason": "Because.",
        "points_possible": points,
        "points_earned": earned,
        "weight": weight,
    }
    return CriterionResult(**{**given, **changes})


def score(*results: CriterionResult, pass_share: float = 0.8) -> CallScore:
    return CallScore(
        score_id="s",
        call_id="c-0001",
        rubric_id="r",
        rubric_version=1,
        rubric_fingerprint="rubric-1:0",
        pass_share=pass_share,
        results=results,
    )


@pytest.mark.parametrize("record_type", RECORD_TYPES, ids=lambda record_type: record_type.__name__)
def test_records_are_frozen_keyword_only_and_slotted(record_type: Any) -> None:
    assert record_type.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(record_type))
    assert "__slots__" in vars(record_type)


def test_turn_text_is_its_words_joined_by_single_spaces() -> None:
    assert turn("agent", "hello  there").text == "hello there"
    assert turn("agent", "").text == ""


def test_turn_and_transcript_confidence_are_means_over_the_words_that_have_one() -> None:
    sure, unsure = turn("agent", "one two three", confidence=0.9), turn("customer", "four", index=1, confidence=0.5)
    silent = turn("customer", "five", index=2, confidence=None)
    assert silent.confidence is None
    assert transcript(turns=(silent,)).confidence is None
    assert transcript(turns=()).confidence is None
    assert transcript(turns=(sure, unsure, silent)).confidence == pytest.approx((3 * 0.9 + 0.5) / 4)


def test_span_length_is_half_open() -> None:
    assert Span(start_ms=200, end_ms=500).length_ms == 300


@pytest.mark.parametrize(
    ("expected", "kind", "violated"),
    [
        ("present", "present", False),
        ("present", "absent", True),
        ("present", "cannot_assess", False),
        ("absent", "present", True),
        ("absent", "absent", False),
        ("absent", "cannot_assess", False),
        ("signal", "present", False),
        ("signal", "absent", False),
        ("signal", "cannot_assess", False),
    ],
)
def test_finding_is_violated_only_where_it_is_surely_not_as_expected(expected: str, kind: str, violated: bool) -> None:
    assert finding(kind=kind, expected=Expectation(expected)).violated is violated
    assert finding(kind=kind).kind is FindingKind(kind)


def test_facts_and_sentiment_answer_none_for_what_was_not_looked_for() -> None:
    call = facts(finding("greeting"), sentiment=sentiment(customer={"overall": -0.2}))
    assert call.finding("greeting") is call.findings[0]
    assert call.finding("recap") is None
    assert call.sentiment.of(Role.AGENT) is None
    party = call.sentiment.of(Role.CUSTOMER)
    assert isinstance(party, PartySentiment)
    assert party.overall == -0.2


def test_score_total_is_the_genesys_check_value() -> None:
    # FIELD.md: group A, weight 40, two 1-point questions, one earned; group B, weight 20, one of one earned: 60 %
    total = score(result("pass", weight=40), result("fail", weight=40), result("pass", weight=20))
    assert total.share == 0.6
    assert total.raw_share == 0.6


@pytest.mark.parametrize("status", ["not_applicable", "cannot_assess"])
def test_score_drops_what_has_no_answer_from_both_sides(status: str) -> None:
    with_it = score(result("pass", points=3), result("fail"), result(status, points=100, critical=True, auto_fail=True))
    assert with_it.share == 0.75
    assert with_it.critical_share is None
    assert with_it.auto_failed_by == ()
    assert with_it.passed is False


def test_score_without_any_answer_is_none_and_not_zero() -> None:
    for results in ((), (result("cannot_assess"),), (result("not_applicable"), result("cannot_assess"))):
        nothing = score(*results)
        assert (nothing.raw_share, nothing.share, nothing.critical_share, nothing.passed) == (None, None, None, None)


def test_score_auto_fail_gives_zero_and_keeps_the_raw_share() -> None:
    failed = score(result("pass", points=9), result("fail", auto_fail=True, criterion_id="no-threat"))
    assert failed.auto_failed_by == ("no-threat",)
    assert failed.share == 0
    assert failed.raw_share == 0.9
    assert failed.passed is False


@pytest.mark.parametrize("status", ["pass", "partial", "not_applicable", "cannot_assess"])
def test_score_auto_fail_needs_a_sure_failure(status: str) -> None:
    assert score(result("pass"), result(status, auto_fail=True)).auto_failed_by == ()


def test_score_auto_fail_never_passes_even_where_everything_would() -> None:
    assert score(result("fail", auto_fail=True), pass_share=0).passed is False


@pytest.mark.parametrize(
    ("statuses", "critical_status", "passed"),
    [
        (["pass"] * 4, "pass", True),
        (["pass"] * 3 + ["fail"], "pass", True),  # exactly 80 %
        (["pass"] * 2 + ["fail"] * 2, "pass", False),
        (["pass"] * 9, "fail", False),  # 90 %, but a critical error
        (["pass"] * 9, "partial", True),
        (["pass"] * 9, "cannot_assess", True),
    ],
)
def test_score_passes_from_eighty_per_cent_without_a_critical_error(
    statuses: list[str], critical_status: str, passed: bool
) -> None:
    assert score(*map(result, statuses), result(critical_status, critical=True)).passed is passed


@pytest.mark.parametrize("weight", [0.1, 0.3, 0.7, 1 / 3, 1e-3, 7.7])
def test_score_at_the_pass_mark_passes_whatever_the_weights(weight: float) -> None:
    # 1.2 / 1.5 is 0.7999999999999999 in binary; four of five is 80 % all the same
    at_mark = score(*[result(status, weight=weight) for status in ["pass"] * 4 + ["fail"]])
    assert at_mark.share == 0.8
    assert at_mark.passed is True


def test_score_critical_share_is_over_critical_criteria_only() -> None:
    total = score(
        result("pass", critical=True, points=3, weight=2),
        result("fail", critical=True, points=1, weight=2),
        result("fail"),
    )
    assert total.critical_share == 0.75


def test_score_assessed_share_counts_weighted_points_that_apply() -> None:
    total = score(
        result("pass", points=2, weight=2),
        result("cannot_assess", points=1, weight=2),
        result("fail", points=2),
        result("not_applicable", points=50),
    )
    assert total.assessed_share == 0.75
    assert score(result("not_applicable")).assessed_share is None
    assert score(result("cannot_assess")).assessed_share == 0


@given(
    st.lists(
        st.builds(
            result,
            st.sampled_from([status.value for status in Status]),
            points=st.floats(0.01, 100),
            weight=st.floats(0.01, 100),
            critical=st.booleans(),
            auto_fail=st.booleans(),
        )
    )
)
@settings(deadline=None)
def test_score_shares_stay_between_zero_and_one_in_any_order(results: list[CriterionResult]) -> None:
    forwards, backwards = score(*results), score(*reversed(results))
    for share in (forwards.raw_share, forwards.share, forwards.critical_share, forwards.assessed_share):
        assert share is None or 0 <= share <= 1
    assert forwards.share == backwards.share
    assert (forwards.share is None) == all(r.points_earned is None for r in results)
