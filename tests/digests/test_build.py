from __future__ import annotations

import math
from datetime import date

import pytest

from pipeline.digests.build import NO_CALLS, NOTHING_TO_COMPARE, OTHER_RUBRICS, TOO_FEW
from pipeline.intervals import bootstrap_mean, wilson
from pipeline.scorecards.statistics import difference
from tests.digests.made import OCTOBER, WEEK_41, calls, digest
from tests.scorecards.made_rows import flag, unscored

SEPTEMBER_DAY = date(2026, 9, 8)
GOOD, BAD = [0.9, 0.95, 0.9, 0.92, 0.91] * 6, [0.5, 0.55, 0.52, 0.5, 0.51] * 6


def test_digest_counts_only_the_calls_of_its_period() -> None:
    before, after = calls([0.1], first=50, day=date(2026, 10, 4)), calls([0.1], first=60, day=date(2026, 10, 12))
    made = digest([*before, *calls([0.9, 0.7, None]), unscored(99), *after], period=WEEK_41)
    assert (made.calls, made.calls_scored) == (4, 2)
    assert made.excluded == {"not scored": 1, "nothing could be assessed": 1}
    assert made.mean_share == bootstrap_mean([0.9, 0.7])
    assert made.pass_rate == wilson(1, 2)
    assert not made.enough_calls
    assert [agent.agent_id for agent in made.too_few] == ["maria.lopez"]


def test_clear_change_is_told_with_the_interval_of_both_means() -> None:
    made = digest([*calls(GOOD), *calls(BAD, first=100, day=SEPTEMBER_DAY)])
    later, earlier = bootstrap_mean(GOOD), bootstrap_mean(BAD)
    assert later is not None
    assert earlier is not None
    assert made.mean_change.interval == difference(later, earlier)
    assert made.mean_change.clear
    # by hand: the difference of the means, and the root of the summed squares of the distances to their ends
    found = made.mean_change.interval
    assert found is not None
    gap = later.estimate - earlier.estimate
    assert found.low == pytest.approx(
        gap - math.sqrt((later.estimate - later.low) ** 2 + (earlier.high - earlier.estimate) ** 2), abs=1e-5
    )


def test_change_within_chance_is_no_change() -> None:
    made = digest(
        [*calls([0.8, 0.9, 0.7, 0.85, 0.9, 0.6]), *calls([0.7, 0.9, 0.8, 0.6, 0.9, 0.8], first=100, day=SEPTEMBER_DAY)]
    )
    assert made.mean_change.interval is not None
    assert not made.mean_change.clear


@pytest.mark.parametrize(
    ("earlier", "why_not"),
    [
        ([], NO_CALLS),
        (calls(GOOD, first=100, day=SEPTEMBER_DAY, rubric_fingerprint="rubric-1:older"), NOTHING_TO_COMPARE),
        (calls(GOOD[:4], first=100, day=SEPTEMBER_DAY), TOO_FEW),
    ],
)
def test_periods_that_cannot_be_compared_say_why(earlier: list[object], why_not: str) -> None:
    made = digest([*calls(GOOD), *earlier])
    assert made.mean_change.interval is None
    assert made.mean_change.why_not == why_not
    assert not made.mean_change.clear


def test_change_is_over_calls_of_the_rubrics_that_both_periods_have() -> None:
    other = calls([0.1] * 10, first=200, rubric_id="sales", rubric_fingerprint="rubric-1:sales")
    made = digest([*calls(GOOD), *other, *calls(GOOD, first=100, day=SEPTEMBER_DAY)])
    assert made.calls_scored == 40
    assert made.mean_change.calls == 30
    assert not made.mean_change.clear  # the new rubric's low scores are no change of the old one's


def test_agent_who_changed_rubrics_is_not_compared() -> None:
    sales = {"rubric_id": "sales", "rubric_fingerprint": "rubric-1:sales"}
    rows = [
        *calls(GOOD, agent_id="ana.ito"),
        *calls(BAD, first=100, agent_id="ana.ito", day=SEPTEMBER_DAY, **sales),
        *calls(GOOD, first=200, agent_id="tom.becker", **sales),
        *calls(GOOD, first=300, agent_id="tom.becker", day=SEPTEMBER_DAY),
    ]
    made = digest(rows)
    assert {agent.change.why_not for agent in made.agents} == {OTHER_RUBRICS}


def test_calls_to_hear_and_open_flags_are_those_of_the_period() -> None:
    rows = [*calls([0.5, 0.4, 0.9]), *calls([0.1], first=50, day=SEPTEMBER_DAY)]
    made = digest(rows, [flag(1, "major"), flag(2, "critical"), flag(2, "minor"), flag(50, "critical")])
    assert [call.call_id for call in made.to_hear] == ["c-0002", "c-0001"]
    assert (made.flags_open, made.calls_flagged) == (3, 2)


def test_critical_errors_have_an_interval() -> None:
    rows = calls([0.9] * 10)
    rows[0]["critical_error"] = True
    made = digest(rows)
    assert made.critical_errors == 1
    assert made.critical_share == wilson(1, 10)


def test_digest_of_no_calls_claims_nothing() -> None:
    made = digest([], period=OCTOBER)
    assert (made.calls, made.mean_share, made.pass_rate, made.critical_share) == (0, None, None, None)
    assert made.mean_change.interval is None
    assert made.to_hear == ()


def test_calls_without_a_team_count_in_the_digest_of_all_calls() -> None:
    assert digest(calls([0.9, 0.8], team=None), team=None).calls == 2
