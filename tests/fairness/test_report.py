"""Reports on groups: figures, verdicts, what is not shown, and how often equal groups get a verdict."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.config import FairnessSettings
from pipeline.errors import ReportError, UnknownNameError
from pipeline.fairness.figures import IN_WORDS, FieldFigures, Verdict
from pipeline.fairness.report import build_fairness_report
from pipeline.records import Status
from pipeline.records.fairness import ScoredCall
from tests.fairness.made_calls import call, calls, rows

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def figures(made: list[ScoredCall], *fields: str, **settings: Any) -> FieldFigures:
    report = build_fairness_report(rows(made), [fields or ("region",)], FairnessSettings(**settings), generated_at=NOW)
    return report.fields[0]


def verdicts(counts: dict[str, tuple[int, int]], **settings: Any) -> dict[str, Verdict | None]:
    return {group.group: group.verdict for group in figures(calls("region", counts), **settings).groups}


@pytest.mark.parametrize(
    ("best", "other", "verdict"),
    [
        ((170, 200), (165, 200), Verdict.NO_SIGN),
        ((34, 40), (27, 40), Verdict.COULD_BE_CHANCE),  # 0.79 of it, but of forty calls
        ((170, 200), (120, 200), Verdict.UNLIKELY_CHANCE),
        ((1800, 2000), (1500, 2000), Verdict.SMALL_UNLIKELY_CHANCE),
        ((170, 200), (10, 29), None),
    ],
)
def test_verdict_tells_chance_from_difference(
    best: tuple[int, int], other: tuple[int, int], verdict: Verdict | None
) -> None:
    found = verdicts({"a": best, "b": other})
    assert found == {"a": Verdict.HIGHEST if verdict else None, "b": verdict}


def test_words_of_verdicts_are_those_of_the_page() -> None:
    assert set(IN_WORDS) == set(Verdict)
    assert IN_WORDS[Verdict.COULD_BE_CHANCE] == "ratio below 0.8, but could be chance"


def test_group_figures_are_those_of_its_calls() -> None:
    answers = (("greeting", Status.PASS), ("notice", Status.CANNOT_ASSESS), ("empathy", Status.NOT_APPLICABLE))
    made = calls("region", {"a": (4, 5)}, agent_id="maria", answers=answers, confidence=0.8)
    made.append(call(fields={"region": "a"}, share=None, passed=None, confidence=None, answers=()))
    made.append(call(fields={"region": "a"}, share=0.0, passed=False, auto_failed=True, agent_id="tom", confidence=0.6))
    (group,) = figures(made, min_calls=2).groups
    assert (group.calls, group.without_total, group.agents, group.passed, group.auto_failed) == (6, 1, 2, 4, 1)
    for interval, value in ((group.fail_rate, 1 / 3), (group.pass_rate, 2 / 3), (group.score, 4.1 / 6)):
        assert interval is not None
        assert interval.estimate == pytest.approx(value, abs=1e-6)
        assert interval.low < value < interval.high
    assert group.cannot_assess is not None
    assert group.cannot_assess.estimate == pytest.approx(5 / 2 / 6, abs=1e-6)  # five calls of a half, one of nothing
    assert group.confidence is not None
    assert group.confidence.estimate == pytest.approx(4.6 / 6)


def test_wilson_interval_of_a_rate_is_the_published_one() -> None:
    (group,) = figures(calls("region", {"a": (8, 10)})).groups
    assert group.pass_rate is not None
    assert (group.pass_rate.low, group.pass_rate.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_calls_of_unknown_groups_and_small_groups_are_counted_and_not_shown() -> None:
    made = [*calls("region", {"a": (30, 40), "b": (2, 4), "c": (1, 1)}), call(fields={}), call(fields={"team": "x"})]
    found = figures(made)
    assert [group.group for group in found.groups] == ["a"]
    assert (found.unknown, found.hidden_groups, found.hidden_calls) == (2, 2, 5)


def test_several_fields_together_make_groups_of_their_own() -> None:
    made = [call(fields={"team": t, "region": r}) for t in ("x", "y") for r in ("a", "b") for _ in range(6)]
    assert {group.group for group in figures(made, "team", "region").groups} == {"x + a", "x + b", "y + a", "y + b"}


def test_unknown_field_is_refused_with_the_nearest_and_a_field_of_many_values_too() -> None:
    with pytest.raises(UnknownNameError, match=r"scored calls 'regoin' \(did you mean 'region'\?\); there are: region"):
        figures([call(fields={"region": "a"})], "regoin")
    with pytest.raises(ReportError, match="41 different values"):
        figures(calls("region", {f"r{k}": (5, 5) for k in range(41)}))
    assert build_fairness_report(rows([]), [["region"]], FairnessSettings(), generated_at=NOW).fields[0].groups == ()


def test_group_that_is_heard_worse_is_told() -> None:
    drawn = random.Random(3)
    made = [
        call(fields={"region": r}, confidence=drawn.gauss(0.8 if r == "a" else 0.9, 0.03))
        for r in "abc"
        for _ in range(40)
    ]
    assert {group.group: group.heard_worse for group in figures(made).groups} == {"a": True, "b": False, "c": False}


def test_questions_that_differ_are_found_and_others_are_not() -> None:
    drawn = random.Random(5)

    def answer(rate: float) -> Status:
        return Status.FAIL if drawn.random() < rate else Status.PASS

    made = [
        call(
            fields={"region": r},
            answers=(
                *((f"q{k}", answer(0.2)) for k in range(20)),
                ("greeting", answer(0.5 if r == "a" else 0.1)),
                ("manual", Status.CANNOT_ASSESS),
            ),
        )
        for r in "ab"
        for _ in range(100)
    ]
    found = figures(made)
    assert [(q.criterion_id, q.group, q.title) for q in found.questions] == [("greeting", "a", "Greets the caller")]
    assert found.questions_tested == 42
    assert found.questions[0].fail_rate.estimate > 0.3 > found.questions[0].others_fail_rate.estimate


def test_teams_are_tested_over_agents() -> None:
    made = [
        call(fields={"team": team}, agent_id=f"{team}{k % 3}", passed=not (team == "x" and k % 3 == 0))
        for team in "xy"
        for k in range(90)
    ]
    found = figures(made, "team")
    assert found.whole_agents
    other = next(group for group in found.groups if group.group == "x")
    assert other.verdict is Verdict.COULD_BE_CHANCE  # a third of the calls fail, all of them one agent's
    assert other.ratio is not None
    assert other.ratio.low < 0.5
    assert other.ratio.high > 0.9


def test_equal_groups_get_a_verdict_of_difference_at_most_once_in_twenty_reports() -> None:
    drawn, alarms, times = random.Random(17), 0, 200
    different = {Verdict.UNLIKELY_CHANCE, Verdict.SMALL_UNLIKELY_CHANCE}
    for _ in range(times):
        counts = {group: (sum(drawn.random() < 0.7 for _ in range(60)), 60) for group in "abcd"}
        alarms += bool(different & set(verdicts(counts).values()))
    assert alarms / times <= 0.05
