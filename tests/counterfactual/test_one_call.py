"""Scores do not move when names and pronouns are swapped; a rule that is biased on purpose is caught."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.counterfactual import movements_of, scripts
from pipeline.config import ComplianceSettings, ScoreSettings, SentimentSettings, Settings
from pipeline.counterfactual.movements import Movement
from pipeline.counterfactual.one_call import CallAsHeard, counterfactual
from pipeline.counterfactual.report import add_up
from pipeline.counterfactual.variants import PRONOUNS
from pipeline.detectors import Detectors, assemble_detectors
from pipeline.records import Measures, Status
from pipeline.score.rubrics import load_rubrics
from tests.factories import recording, transcript

PACK = """pack: biased
rules:
  - {id: says-sir, title: Says sir, severity: minor, expect: present, speaker: agent, phrases: [thank you sir]}
  - {id: male-name, title: Named Neil, severity: minor, expect: present, speaker: agent, phrases: [my name is neil]}
  - {id: greeting, title: Greets, severity: minor, expect: present, speaker: agent, phrases: [good morning]}
"""
RUBRIC = """id: general
version: 1
title: Biased
sections:
  - id: one
    title: One
    weight: 1
    criteria:
      - {id: polite, title: Polite, points: 1, test: {kind: rule, rules: [says-sir]}}
      - {id: named, title: Named, points: 1, test: {kind: rule, rules: [male-name]}}
      - {id: greets, title: Greets, points: 1, test: {kind: rule, rules: [greeting]}}
"""
LINES = (
    ("agent", "Good morning, my name is Neil."),
    ("customer", "Hello Neil, it is [person_name]. She has my card."),
    ("agent", "Thank you sir."),
)


@pytest.fixture(scope="module")
def biased(tmp_path_factory: pytest.TempPathFactory) -> Detectors:
    """Rules that want a man's name and a man's form of address."""
    folder = tmp_path_factory.mktemp("biased")
    for name, text in (("rules/biased.yaml", PACK), ("rubrics/general.yaml", RUBRIC)):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    settings = Settings(
        compliance=ComplianceSettings(rules_dir=folder / "rules"),
        score=ScoreSettings(rubrics_dir=folder / "rubrics"),
        sentiment=SentimentSettings(engine="vader"),
    )
    return assemble_detectors(settings)


def moved(detectors: Detectors, *lines: tuple[str, str], measures: Measures | None = None) -> dict[str, Movement]:
    heard = transcript(*lines)
    (rubric,) = load_rubrics(detectors.settings.score.rubrics_dir)
    call = CallAsHeard(recording=recording(), transcript=heard, measures=measures)
    return {each.change: each for each in counterfactual(call, rubric, detectors)}


def test_rule_with_a_mans_name_in_it_is_caught(biased: Detectors) -> None:
    found = moved(biased, *LINES)
    women = found["agent named as white women"]
    (flip,) = women.flips
    assert (flip.criterion_id, flip.before, flip.after) == ("named", Status.PASS, Status.FAIL)
    assert (flip.steps, flip.at_ms, women.rules) == (("rule male-name",), (600,), ("male-name",))
    assert (women.share_before, women.share_after) == (1.0, pytest.approx(2 / 3))
    assert women.reference == "as it stands"


def test_rule_with_a_mans_form_of_address_in_it_is_caught(biased: Detectors) -> None:
    (flip,) = moved(biased, *LINES)[PRONOUNS].flips
    assert (flip.criterion_id, flip.steps) == ("polite", ("rule says-sir",))


def test_names_that_no_rule_looks_at_move_nothing(biased: Detectors) -> None:
    found = moved(biased, *LINES)
    of_customers = [each for change, each in found.items() if change.startswith("names of")]
    assert len(of_customers) == 7  # the eighth is what they are compared with
    assert not any(each.moved for each in of_customers)
    assert {each.reference for each in of_customers} == {"names of white women"}
    assert all(each.words == 1 for each in of_customers)


def test_call_without_anything_to_swap_is_not_scored_again(biased: Detectors) -> None:
    assert moved(biased, ("agent", "Good morning."), ("customer", "I lost my card.")) == {}


def test_figures_that_take_the_sound_stay_as_they_were_measured(biased: Detectors) -> None:
    heard = transcript(*LINES)
    told = replace(biased.measure(heard, None), hold_count=3, agent_questions=7)
    assert not any(
        "measure" in step
        for each in moved(biased, *LINES, measures=told).values()
        for f in each.flips
        for step in f.steps
    )


def test_movements_are_added_up_by_what_was_swapped(biased: Detectors) -> None:
    found = list(moved(biased, *LINES).values())
    report = add_up(found, seed=3, sampled=4, left_out=Counter({"not in English": 3}))
    by_change = {change.change: change for change in report.changes}
    women = by_change["agent named as white women"]
    assert (women.calls, women.words, women.scores_moved, women.flips) == (1, 2, 1, {"named": 1})
    assert women.steps == {"rule male-name": 1}
    assert by_change["names of Black men"].scores_moved == 0
    assert report.moved
    assert (report.tried, report.sampled, report.left_out) == (1, 4, {"not in English": 3})
    (worst,) = report.worst  # one of a call
    assert worst.share_change == pytest.approx(1 / 3)
    assert not add_up([each for each in found if not each.moved], seed=0, sampled=1, left_out=Counter()).moved


@pytest.mark.parametrize("name", ["04-payment-reminder", "10-angry-calmed", "16-fair-offer", "18-hardship-plan"])
def test_scores_of_sample_calls_do_not_move(name: str) -> None:
    settings = Settings()
    parts = assemble_detectors(settings), load_rubrics(settings.score.rubrics_dir)
    found = movements_of(name, scripts()[name], parts, 0)
    assert len(found) >= 8
    assert [each.change for each in found if each.moved] == []


def test_nothing_that_was_said_is_in_the_report(biased: Detectors, tmp_path: Path) -> None:
    lines = (*LINES, ("customer", "The zanzibar parcel of her."))
    report = add_up(list(moved(biased, *lines).values()), seed=0, sampled=1, left_out=Counter())
    assert "zanzibar" not in repr(report).lower()
    assert "[person_name]" not in repr(report)
