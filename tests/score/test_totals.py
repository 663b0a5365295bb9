"""How a total is made of answers. Check values are those of docs/scoring.md."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import AutoFailEffect, CallScore, CriterionResult, ScoreTerms, SectionTerms, Status, Weighting


def result(section_id: str, share: float | None, *, points: float = 1, **changes: Any) -> CriterionResult:
    """An answer that earned this share; None: none could be given."""
    status = Status.CANNOT_ASSESS if share is None else {0: Status.FAIL, 1: Status.PASS}.get(share, Status.PARTIAL)
    fields: dict[str, Any] = {
        "criterion_id": "c",
        "section_id": section_id,
        "title": "C",
        "status": status,
        "reason": "Because.",
        "points_possible": points,
        "points_earned": None if share is None else points * share,
        "weight": {"a": 40.0, "b": 20.0, "top": 10.0}[section_id],
    }
    return CriterionResult(**{**fields, **changes})


def total(*results: CriterionResult, weighting: str = "points", max_share: float | None = None, **marks: float) -> Any:
    sections = tuple(
        SectionTerms(section_id=name, title=name.upper(), bonus=name == "top", critical_below=marks.get(name))
        for name in ("a", "b", "top")
    )
    return CallScore(
        score_id="s",
        call_id="c-1",
        rubric_id="r",
        rubric_version=1,
        rubric_fingerprint="rubric-1:0",
        pass_share=0.8,
        results=results,
        terms=ScoreTerms(weighting=Weighting(weighting), max_share=max_share, sections=sections),
    )


GENESYS = (result("a", 1), result("a", 0), result("b", 1))
"""Group A, weight 40: two questions of one point, one earned. Group B, weight 20: one of one."""


def test_total_by_points_is_the_genesys_check_value() -> None:
    assert total(*GENESYS).raw_share == 0.6  # (1 * 40 + 1 * 20) / (2 * 40 + 1 * 20)


def test_total_by_sections_weighs_the_shares_of_sections() -> None:
    by_sections = total(*GENESYS, weighting="sections")
    assert by_sections.section_shares() == {"a": 0.5, "b": 1}
    assert by_sections.raw_share == pytest.approx(40 / 60)  # (40 * 0.5 + 20 * 1) / (40 + 20)


def test_total_by_sections_leaves_out_sections_without_an_answer() -> None:
    half = (result("a", 1), result("a", 0), result("b", None))
    assert total(*half, weighting="sections").raw_share == 0.5
    assert total(*half, weighting="sections").section_shares() == {"a": 0.5, "b": None}


@pytest.mark.parametrize("weighting", ["points", "sections"])
def test_question_without_points_counts_in_no_sum(weighting: str) -> None:
    kept = result("b", 1, points=0, critical=True, auto_fail=True)
    broken = result("b", 0, points=0, critical=True, auto_fail=True)
    alone = total(kept, weighting=weighting)
    assert (alone.share, alone.passed, alone.critical_share, alone.assessed_share) == (None, None, None, None)
    assert total(broken, weighting=weighting).share is None  # nothing else was answered: there is no total to set to 0
    assert total(result("a", None), broken, weighting=weighting).passed is None
    beside = total(result("a", 1), result("a", 0), kept, weighting=weighting)
    assert (beside.share, beside.section_shares()) == (0.5, {"a": 0.5, "b": None})
    failed = total(result("a", 1), broken, weighting=weighting)
    assert (failed.raw_share, failed.share, failed.passed) == (1, 0, False)


def test_bonus_counts_among_what_was_earned_only() -> None:
    assert total(*GENESYS, result("top", 1)).raw_share == 0.7  # (60 + 10) / 100
    assert total(*GENESYS, result("top", 0)).raw_share == 0.6  # a bonus that was missed costs nothing
    assert total(*GENESYS, result("top", 1), weighting="sections").raw_share == pytest.approx(50 / 60)  # + 10 * 1


def test_bonus_may_pass_all_points_and_max_share_caps_that() -> None:
    full = (result("a", 1), result("b", 1), result("top", 1))
    assert total(*full).share == pytest.approx(70 / 60)
    assert total(*full, max_share=1.1).share == 1.1
    assert total(*full, max_share=1).raw_share == 1


def in_example(*, bonus: float | None = None, missed: float = 0, **changes: Any) -> tuple[CriterionResult, ...]:
    """The example of docs/scoring.md: the missed question of A may be another; C is the bonus section."""
    top = () if bonus is None else (result("top", bonus),)
    return result("a", 1, critical=True), result("a", missed, **changes), result("b", 1, critical=True), *top


@pytest.mark.parametrize(
    ("results", "terms", "by_points", "by_sections"),
    [
        (in_example(), {}, 60.0, 66.7),
        (in_example(bonus=1), {}, 70.0, 83.3),
        (in_example(bonus=0), {}, 60.0, 66.7),
        (in_example(bonus=1, missed=1), {}, 110.0, 116.7),
        (in_example(bonus=1, missed=1), {"max_share": 1}, 100.0, 100.0),
        (in_example(auto_fail=True), {}, 0.0, 0.0),
        (in_example(auto_fail=True, auto_fail_effect=AutoFailEffect.ZERO_SECTION), {}, 20.0, 33.3),
        (in_example(auto_fail=True, auto_fail_effect=AutoFailEffect.CAP, auto_fail_cap=0.5), {}, 50.0, 50.0),
        (in_example(), {"a": 0.5}, 60.0, 66.7),
        (in_example(), {"a": 0.6}, 0.0, 0.0),
    ],
)
def test_totals_are_those_of_the_scoring_page(
    results: tuple[CriterionResult, ...], terms: dict[str, float], by_points: float, by_sections: float
) -> None:
    for weighting, expected in (("points", by_points), ("sections", by_sections)):
        score = total(*results, weighting=weighting, **terms)
        assert round(100 * score.share, 1) == expected
        assert score.critical_share == 1
        assert score.section_shares(raw=True)["a"] == (1 if results[1].points_earned else 0.5)


@pytest.mark.parametrize(("weighting", "assessed"), [("points", 80.0), ("sections", 66.7)])
def test_assessed_share_is_that_of_the_scoring_page(weighting: str, assessed: float) -> None:
    without_b = (result("a", 1), result("a", 0), result("b", None))
    assert round(100 * total(*without_b, weighting=weighting).assessed_share, 1) == assessed


@pytest.mark.parametrize("weighting", ["points", "sections"])
def test_bonus_alone_is_no_total(weighting: str) -> None:
    alone = total(result("a", None), result("top", 1), weighting=weighting)
    assert (alone.raw_share, alone.share, alone.passed, alone.assessed_share) == (None, None, None, 0)
    failed = total(result("top", 0, auto_fail=True), weighting=weighting)
    assert (failed.share, failed.passed) == (None, None)


def fails(section_id: str, effect: str, cap: float | None = None, **changes: Any) -> CriterionResult:
    changes = {"auto_fail": True, "auto_fail_effect": AutoFailEffect(effect), "auto_fail_cap": cap, **changes}
    return result(section_id, 0, criterion_id=f"fails-{effect}", **changes)


@pytest.mark.parametrize("weighting", ["points", "sections"])
def test_auto_fail_of_the_call_sets_the_total_to_zero(weighting: str) -> None:
    failed = total(result("a", 1), fails("b", "zero_call"), weighting=weighting)
    assert (failed.share, failed.raw_share, failed.passed) == (0, pytest.approx(40 / 60), False)
    assert failed.section_shares() == {"a": 1, "b": 0}
    assert failed.auto_failed_by == ("fails-zero_call",)


def test_auto_fail_of_a_section_sets_that_section_to_zero() -> None:
    by_points = total(result("a", 1), fails("a", "zero_section"), result("b", 1))
    assert (by_points.raw_share, by_points.share) == (0.6, 0.2)  # (0 + 20) / (80 + 20)
    assert (by_points.section_shares(), by_points.section_shares(raw=True)) == ({"a": 0, "b": 1}, {"a": 0.5, "b": 1})
    by_sections = total(result("a", 1), fails("a", "zero_section"), result("b", 1), weighting="sections")
    assert by_sections.share == pytest.approx(20 / 60)


def test_auto_fail_with_a_cap_bounds_the_total_and_never_raises_it() -> None:
    answers = (result("a", 1, points=9), result("b", 1))
    assert total(*answers, fails("b", "cap", 0.5)).share == 0.5
    assert total(*answers, fails("b", "cap", 0.5), fails("b", "cap", 0.3)).share == 0.3
    assert total(result("a", 0), fails("b", "cap", 0.5)).share == 0
    assert total(*answers, fails("b", "cap", 0.5), fails("b", "zero_call")).share == 0


def test_auto_fail_fails_the_call_whatever_is_left_of_the_total() -> None:
    capped = total(result("a", 1, points=9), fails("b", "cap", 0.95))
    assert capped.share >= capped.pass_share
    assert capped.passed is False


@pytest.mark.parametrize("effect", list(AutoFailEffect))
def test_auto_fail_that_did_not_surely_fail_does_nothing(effect: AutoFailEffect) -> None:
    for share in (1, 0.5, None):
        spared = total(result("a", 1), result("b", share, auto_fail=True, auto_fail_effect=effect, auto_fail_cap=0.1))
        assert (spared.auto_failed_by, spared.share) == ((), spared.raw_share)


def test_critical_section_below_its_mark_sets_the_total_to_zero_and_keeps_its_own_share() -> None:
    # Zendesk QA: a critical category under its mark, 50 % there, sets the review to 0; its own score stays
    below = total(result("a", 0.4), result("b", 1), a=0.5)
    assert (below.share, below.raw_share, below.passed) == (0, 0.6, False)
    assert (below.sections_below_mark, below.section_shares()) == (("a",), {"a": 0.4, "b": 1})
    assert below.auto_failed_by == ()
    at_mark = total(result("a", 0.5), result("b", 1), a=0.5)
    assert (at_mark.sections_below_mark, at_mark.share) == ((), at_mark.raw_share)
    assert total(result("a", None), result("b", 1), a=0.5).share == 1  # nothing answered is not nothing earned


def test_critical_section_that_an_auto_fail_sets_to_zero_is_below_its_mark() -> None:
    assert total(result("a", 1, points=9), fails("a", "zero_section"), result("b", 1), a=0.5).share == 0


def test_critical_section_below_its_mark_never_passes() -> None:
    lenient = total(result("a", 0.4), a=0.5)
    assert CallScore(**{**_fields(lenient), "pass_share": 0.0}).passed is False


def _fields(score: CallScore) -> dict[str, Any]:
    return {name: getattr(score, name) for name in CallScore.__dataclass_fields__}


def test_assessed_share_is_of_what_counts_into_the_total() -> None:
    answers = (result("a", 1), result("a", None), result("b", None), result("top", 1))
    assert total(*answers).assessed_share == 0.4  # 40 / 100
    assert total(*answers, weighting="sections").assessed_share == pytest.approx(40 * 0.5 / 60)
    exempt = result("a", None, status=Status.NOT_APPLICABLE)
    assert total(result("a", 1), exempt).assessed_share == 1
    assert total(exempt).assessed_share is None


effects = st.sampled_from([None, *AutoFailEffect])
anything = st.builds(
    lambda section_id, share, points, effect, cap, critical, exempt: result(
        section_id,
        None if exempt else share,
        points=points,
        critical=critical,
        auto_fail=effect is not None,
        auto_fail_effect=effect or AutoFailEffect.ZERO_CALL,
        auto_fail_cap=cap,
        **({"status": Status.NOT_APPLICABLE} if exempt else {}),
    ),
    st.sampled_from(["a", "b", "top"]),
    st.sampled_from([None, 0, 0.25, 0.5, 1]),
    st.sampled_from([0.5, 1, 3]),
    effects,
    st.sampled_from([0.0, 0.3, 1.0]),
    st.booleans(),
    st.booleans(),
)
terms = st.fixed_dictionaries(
    {"weighting": st.sampled_from(["points", "sections"]), "max_share": st.sampled_from([None, 1.0, 1.5])},
    optional={"a": st.sampled_from([0.3, 1.0]), "b": st.just(0.5)},
)


@given(results=st.lists(anything, max_size=8), made_by=terms)
@settings(deadline=None)
def test_totals_stay_in_range(results: list[CriterionResult], made_by: dict[str, Any]) -> None:
    score = total(*results, **made_by)
    counted = [r for r in results if r.section_id != "top" and r.points_earned is not None]
    assert (score.share is None) == (score.raw_share is None) == (score.passed is None) == (not counted)
    if score.share is not None:
        no_bonus = all(r.section_id != "top" for r in results)
        assert 0 <= score.share <= score.raw_share <= (1 if no_bonus else made_by["max_share"] or float("inf"))
    for share in (score.critical_share, score.assessed_share, *score.section_shares().values()):
        assert share is None or 0 <= share <= 1


@given(results=st.lists(anything, max_size=8), made_by=terms, seed=st.integers(0, 99))
@settings(deadline=None)
def test_totals_do_not_care_for_the_order_of_answers(
    results: list[CriterionResult], made_by: dict[str, Any], seed: int
) -> None:
    shuffled = random.Random(seed).sample(results, len(results))
    one, other = total(*results, **made_by), total(*shuffled, **made_by)
    for name in ("share", "raw_share", "critical_share", "passed", "assessed_share"):
        assert getattr(one, name) == getattr(other, name)
    assert one.section_shares() == other.section_shares()


@given(results=st.lists(anything, max_size=8), made_by=terms, section=st.sampled_from(["a", "b", "top"]))
@settings(deadline=None)
def test_not_applicable_drops_out_of_both_sums(
    results: list[CriterionResult], made_by: dict[str, Any], section: str
) -> None:
    exempt = result(section, None, points=7, status=Status.NOT_APPLICABLE, critical=True, auto_fail=True)
    one, other = total(*results, **made_by), total(*results, exempt, **made_by)
    for name in ("share", "raw_share", "critical_share", "passed", "assessed_share", "auto_failed_by"):
        assert getattr(one, name) == getattr(other, name)
