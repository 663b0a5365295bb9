"""Agreement by question, and the bounds that a rubric has to keep."""

from __future__ import annotations

import pytest

from pipeline.agreement.report import Bounds, missed, not_judged, report_agreement
from tests.agreement.builders import pair, pairs_from, rubric

GOOD = {("pass", "pass"): 20, ("fail", "fail"): 8, ("pass", "fail"): 2}
POOR = {("pass", "pass"): 14, ("fail", "fail"): 4, ("pass", "fail"): 12}


def test_report_tells_every_question_that_the_machine_answers_in_order() -> None:
    pairs = [*pairs_from(GOOD), *pairs_from({("pass", "pass"): 3}, criterion_id="close")]
    report = report_agreement(pairs, rubric("close", "greeting", "unseen", manual=("feel",)), seed=0)
    assert [(each.criterion_id, each.reviewed) for each in report.questions] == [
        ("close", 3),
        ("greeting", 30),
        ("unseen", 0),
    ]
    assert (report.overall.reviewed, report.overall.agreement.calls) == (33, 30)
    assert report.questions[2].over_time.all_time is None


def test_report_counts_what_was_withheld_not_answered_or_not_decided() -> None:
    pairs = [
        *pairs_from(GOOD),
        pair(40, withheld=True),
        pair(41, withheld=True, human="fail"),
        pair(42, machine=None),
        pair(43, human="cannot_assess"),
        pair(44, changed=True),
    ]
    (told,) = report_agreement(pairs, rubric(), seed=0).questions
    assert (told.reviewed, told.agreement.pairs) == (35, 31)
    assert (told.withheld, told.withheld_agreed, told.unanswered, told.undecided, told.changed) == (2, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("bounds", "misses"),
    [
        (Bounds(), []),
        (Bounds(min_accuracy=0.9, min_kappa=0.8, min_ac1=0.8, min_alpha=0.8), []),
        (Bounds(min_accuracy=0.94), ["greeting: accuracy 0.933 is below 0.94 (30 pairs)", "all questions together"]),
        (Bounds(min_kappa=0.85), ["greeting: kappa 0.842 is below 0.85 (30 pairs)", "all questions together"]),
        (Bounds(min_ac1=0.9), ["greeting: AC1", "all questions together: AC1"]),
        (Bounds(min_alpha=0.9), ["greeting: alpha", "all questions together: alpha"]),
    ],
)
def test_missed_names_question_figure_and_bound(bounds: Bounds, misses: list[str]) -> None:
    found = missed(report_agreement(pairs_from(GOOD), rubric(), seed=0), bounds)
    assert len(found) == len(misses)
    assert all(said.startswith(begins) for said, begins in zip(found, misses, strict=True))


def test_missed_judges_only_questions_with_enough_pairs() -> None:
    pairs = [*pairs_from(GOOD), *pairs_from({("pass", "fail"): 5}, criterion_id="close")]
    found = missed(report_agreement(pairs, rubric("greeting", "close"), seed=0), Bounds(min_accuracy=0.9))
    assert [said.split(":")[0] for said in found] == ["all questions together"]
    assert not_judged(report_agreement(pairs, rubric("greeting", "close"), seed=0), Bounds(min_kappa=0)) == ("close",)


def test_missed_says_so_where_no_question_has_enough_pairs() -> None:
    report = report_agreement(pairs_from({("pass", "pass"): 19}), rubric(), seed=0)
    (said,) = missed(report, Bounds(min_accuracy=0.5))
    assert said.startswith(
        "no question has 20 pairs, so no bound could be asked of one; all together 19 pairs from 19 calls: too few"
    )
    assert missed(report, Bounds()) == ()


@pytest.mark.parametrize("bounds", [Bounds(min_accuracy=0.1), Bounds(max_drop=0.9)])
def test_many_questions_with_few_pairs_each_do_not_make_up_for_one_another(bounds: Bounds) -> None:
    few = [pair for name in ("a", "b", "c") for pair in pairs_from({("pass", "pass"): 12}, criterion_id=name)]
    report = report_agreement(few, rubric("a", "b", "c"), seed=0, before=few)
    (said,) = missed(report, bounds)
    assert "all together 36 pairs from 12 calls: too few to rely on" in said
    assert not_judged(report, bounds) == ("a", "b", "c")


def test_a_drop_is_asked_only_of_questions_with_enough_answers_given_both_times() -> None:
    now = pairs_from(GOOD)
    report = report_agreement(now, rubric(), seed=0, before=now[:5])
    (said,) = missed(report, Bounds(max_drop=0.5))
    assert said.startswith("no question has 20 pairs of answers that were given both times")
    assert missed(report, Bounds(max_drop=0.5, min_accuracy=0.5)) == ()


def test_missed_does_not_hold_an_undefined_figure_against_a_question() -> None:
    report = report_agreement(pairs_from({("pass", "pass"): 30}), rubric(), seed=0)
    assert missed(report, Bounds(min_kappa=0.9, min_alpha=0.9)) == ()


def test_change_is_over_the_answers_that_were_given_both_times() -> None:
    before = pairs_from(GOOD)
    now = [*pairs_from(POOR)[:-1], pair(29, withheld=True, human="fail")]
    report = report_agreement(now, rubric(), seed=0, before=before)
    change = report.questions[0].change
    assert change is not None
    assert (change.pairs, round(change.before, 3), round(change.now, 3)) == (29, 0.966, 0.621)
    found = missed(report, Bounds(max_drop=0.1))
    assert found[0] == "greeting: accuracy fell by 0.345, from 0.966 to 0.621; 0.1 is allowed (29 pairs)"
    assert missed(report, Bounds(max_drop=0.4)) == ()
    better = report_agreement(before, rubric(), seed=0, before=now)
    assert missed(better, Bounds(max_drop=0.0)) == ()
    assert report_agreement(now, rubric(), seed=0).questions[0].change is None
