"""What changed from one rubric to another, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.records import (
    AnswerIs,
    AppliesIf,
    AutoFailEffect,
    Band,
    Choice,
    CombinationTest,
    Criterion,
    LlmTest,
    ManualTest,
    MeasureTest,
    MetadataIs,
    Numeric,
    Option,
    PhraseTest,
    Role,
    Rubric,
    RubricStatus,
    RuleTest,
    Scale,
    Section,
    SentimentTest,
    SequenceTest,
    Weighting,
)
from pipeline.score.diff.diff import diff_rubrics
from pipeline.score.fingerprints import rubric_fingerprint

FAST = (Band(below=10_000, share=1.0), Band(at_least=10_000, share=0.0))
SLOW = (Band(below=20_000, share=1.0), Band(at_least=20_000, share=0.0))
GREETING = Criterion(id="greeting", title="Greeting", points=2, test=RuleTest(rules=("greeting",)))
SILENCE = Criterion(
    id="silence", title="Silence", points=1, test=MeasureTest(measure="longest_dead_air_ms", bands=FAST)
)
OPENING = Section(id="opening", title="Opening", weight=1, criteria=(GREETING,))
CALL = Section(id="call", title="The call", weight=2, criteria=(SILENCE,))


def rubric(*sections: Section, **changes: Any) -> Rubric:
    given: dict[str, Any] = {"id": "mine", "version": 1, "title": "Mine", "pass_share": 0.8, **changes}
    made = Rubric(**given, sections=sections or (OPENING, CALL), fingerprint="")
    return replace(
        made,
        fingerprint=rubric_fingerprint(
            made.id,
            made.pass_share,
            made.sections,
            made.languages,
            weighting=made.weighting,
            max_share=made.max_share,
        ),
    )


def asking(**changes: Any) -> Rubric:
    """The rubric with another greeting, as version 2."""
    return rubric(replace(OPENING, criteria=(replace(GREETING, **changes),)), CALL, version=2)


OLD = rubric()


def told(new: Rubric, old: Rubric = OLD) -> list[tuple[str, str]]:
    return [(change.code, change.text) for change in diff_rubrics(old, new) if change.code != "version"]


def test_equal_rubrics_have_no_change() -> None:
    assert diff_rubrics(OLD, rubric()) == ()


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"points": 3}, "points", "Greeting: points from 2 to 3."),
        ({"critical": True}, "critical", "Greeting: became critical: failing it fails the call."),
        (
            {"auto_fail": True, "auto_fail_effect": AutoFailEffect.CAP, "auto_fail_cap": 0.4},
            "auto-fail",
            "Greeting: failing it fails the call and caps the total at 40 %; before, failing it is no auto-fail.",
        ),
        (
            {"min_confidence": 0.7},
            "min-confidence",
            "Greeting: answers less sure than 70 % go to a person; before, nothing.",
        ),
        (
            {"applies_if": AppliesIf(queues=("sales",))},
            "applies-if",
            "Greeting: applies to queue sales; before, to every queue.",
        ),
        (
            {"applies_if": AppliesIf(metadata=(MetadataIs(name="tier", values=("gold",)),))},
            "applies-if",
            "Greeting: applies where tier is gold; before, whatever the metadata say.",
        ),
        (
            {"applies_if": AppliesIf(answers=(AnswerIs(criterion_id="silence", answers=("fail",)),))},
            "applies-if",
            "Greeting: applies where silence is answered fail; before, whatever else was answered.",
        ),
        ({"guidance": "Listen."}, "wording", "Wording only: guidance of Greeting."),
    ],
)
def test_a_changed_criterion_is_told_in_one_sentence(changes: dict[str, Any], code: str, text: str) -> None:
    assert told(asking(**changes)) == [(code, text)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (RuleTest(rules=("a", "b")), RuleTest(rules=("a", "c")), ["rule added: c", "rule removed: b"]),
        (
            RuleTest(rules=("a", "b")),
            RuleTest(rules=("a", "b"), require="any"),
            ["how many have to hold: all before, any now"],
        ),
        (
            PhraseTest(phrases=("hello",)),
            PhraseTest(phrases=("hello", "hi"), within_first_s=15.0),
            ["seconds from the start that are searched: none before, 15 now", "phrase added: hi"],
        ),
        (
            MeasureTest(measure="longest_dead_air_ms", bands=FAST),
            MeasureTest(measure="longest_dead_air_ms", bands=SLOW),
            [
                "bands: below 10 s earns 100 %, from 10 s earns 0 % before; below 20 s earns 100 %, "
                "from 20 s earns 0 % now"
            ],
        ),
        (
            SentimentTest(role=Role.AGENT, reading="overall", bands=FAST),
            SentimentTest(role=Role.CUSTOMER, reading="overall", bands=FAST),
            ["party: agent before, customer now"],
        ),
        (SequenceTest(rules=("a", "b")), SequenceTest(rules=("b", "a")), ["order: a, b before, b, a now"]),
        (
            ManualTest(question="Polite?"),
            ManualTest(question="Polite?", answers=Scale(lowest=1, highest=5)),
            ["answers: yes or no, yes is good before; a whole number from 1 to 5 now"],
        ),
        (
            ManualTest(question="How?", answers=Numeric(bands=FAST)),
            ManualTest(question="How?", answers=Choice(options=(Option(answer="well", share=1.0),))),
            ["answers: a number: below 10000 earns 100 %, from 10000 earns 0 % before; well (100 %) now"],
        ),
        (LlmTest(question="Kind?"), LlmTest(question="Fair?"), ["question: Kind? before, Fair? now"]),
        (
            CombinationTest(tests=(RuleTest(rules=("a",)), RuleTest(rules=("b",)))),
            CombinationTest(tests=(RuleTest(rules=("a",)), RuleTest(rules=("c",))), require="any"),
            [
                "how its tests make one answer: all before, any now",
                "test 2: rule added: c",
                "test 2: rule removed: b",
            ],
        ),
        (
            RuleTest(rules=("a",)),
            ManualTest(question="Polite?"),
            ["it asks something else: rule a before, a person (Polite?) now"],
        ),
    ],
)
def test_another_question_is_told_with_what_it_asked_before(old: Any, new: Any, words: list[str]) -> None:
    found = told(asking(test=new), replace(asking(test=old), version=1))
    assert found == [
        *(("question", f"Greeting: {each}.") for each in words),
        ("new-question", "Greeting: people's answers to the old question do not count for the new one."),
    ]


def test_criteria_come_go_and_move() -> None:
    thanks = Criterion(id="thanks", title="Thanks", points=1, test=ManualTest(question="Thanked?"))
    new = rubric(replace(OPENING, criteria=(thanks,)), replace(CALL, criteria=(SILENCE, GREETING)), version=2)
    assert told(new) == [
        ("criterion-added", "Thanks was added: 1 point in Opening, answered by a person."),
        ("criterion-moved", "Greeting moved from Opening to The call."),
        ("criterion-order", "The criteria stand in another order, which changes no score."),
    ]
    assert told(OLD, new)[-1] == ("criterion-order", "The criteria stand in another order, which changes no score.")
    assert ("criterion-removed", "Thanks was removed: 1 point in Opening.") in told(OLD, new)


def test_a_criterion_under_another_id_is_told_as_renamed() -> None:
    found = told(asking(id="hello", points=4))
    assert [code for code, _ in found] == ["criterion-renamed", "points"]
    assert "greeting is called hello now" in found[0][1]


@pytest.mark.parametrize(
    ("new", "code", "text", "scores"),
    [
        (rubric(version=2, pass_share=0.7), "pass-mark", "The pass mark went from 80 % to 70 %.", True),
        (
            rubric(version=2, weighting=Weighting.SECTIONS),
            "weighting",
            "Sections make up the total by sections, not by points.",
            True,
        ),
        (rubric(version=2, max_share=1.0), "cap", "The total is at most 100 %; it was nothing.", True),
        (rubric(version=2, queues=("bank",)), "queues", "Queues: none named before, bank now.", False),
        (
            rubric(version=2, languages=("en", "es")),
            "languages",
            "Languages: English before, English and Spanish now.",
            True,
        ),
        (
            rubric(version=2, status=RubricStatus.DRAFT),
            "status",
            "It was active and is draft: it scores none unasked.",
            False,
        ),
        (
            rubric(version=2, effective_from=date(2026, 12, 1)),
            "effective-days",
            "In force from 2026-12-01; it was in force at all times.",
            False,
        ),
        (rubric(OPENING, replace(CALL, weight=3), version=2), "section-weight", "The call: weight from 2 to 3.", True),
        (
            rubric(OPENING, replace(CALL, bonus=True), version=2),
            "section-bonus",
            "The call is a bonus now: its points are earned on top.",
            True,
        ),
        (
            rubric(OPENING, replace(CALL, critical_below=0.5), version=2),
            "section-critical",
            "The call under 50 % sets the total to 0.",
            True,
        ),
        (
            rubric(CALL, OPENING, version=2),
            "section-order",
            "The sections stand in another order, which changes no score.",
            False,
        ),
    ],
)
def test_a_changed_rubric_is_told_in_one_sentence(new: Rubric, code: str, text: str, scores: bool) -> None:
    found = [change for change in diff_rubrics(OLD, new) if change.code not in {"version", "criterion-order"}]
    assert [(change.code, change.text, change.scores) for change in found] == [(code, text, scores)]


def test_sections_come_and_go() -> None:
    codes = [code for code, _ in told(rubric(OPENING, version=2))]
    assert codes == ["section-removed", "criterion-removed"]
    assert [code for code, _ in told(OLD, rubric(OPENING))] == [
        "version-not-raised",
        "section-added",
        "criterion-added",
    ]


def test_a_change_under_the_same_version_is_told() -> None:
    found = diff_rubrics(OLD, replace(asking(points=3), version=1))
    assert ("version-not-raised", False) in {(change.code, change.scores) for change in found}


def test_wording_alone_changes_no_score() -> None:
    new = rubric(replace(OPENING, title="Beginning"), CALL, version=2, description="Agreed in May.")
    assert not any(change.scores for change in diff_rubrics(OLD, new))
