"""The phrases that a rubric asks for by itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipeline.config import ComplianceSettings
from pipeline.records import (
    CombinationTest,
    Criterion,
    Expectation,
    FindingKind,
    PhraseTest,
    Rubric,
    Section,
    Status,
)
from pipeline.rubric_facts.phrases import find_own, own_key, own_rules, phrase_problems
from pipeline.score.evaluate import evaluate
from tests.factories import facts, recording, transcript

SETTINGS = ComplianceSettings()
OFFER = PhraseTest(phrases=("anything else (i can|can i) help you with",))


def rubric(*tests: PhraseTest | CombinationTest, **changes: object) -> Rubric:
    criteria = tuple(
        Criterion(id=f"question-{n}", title=f"Question {n}", points=1, test=test) for n, test in enumerate(tests)
    )
    section = Section(id="closing", title="Closing", weight=1, criteria=criteria)
    made = Rubric(id="closing", version=1, title="Closing", sections=(section,), fingerprint="rubric-1:0")
    return dataclasses.replace(made, **changes)


@pytest.mark.parametrize(
    ("test", "lines", "kind"),
    [
        (OFFER, [("agent", "is there anything else I can help you with")], FindingKind.PRESENT),
        (OFFER, [("customer", "is there anything else I can help you with")], FindingKind.ABSENT),
        (OFFER, [("agent", "thank you for calling")], FindingKind.ABSENT),
        (
            dataclasses.replace(OFFER, within_first_s=10),
            [("agent", "hello", 0), ("agent", "is there anything else I can help you with", 30_000)],
            FindingKind.ABSENT,
        ),
        (
            dataclasses.replace(OFFER, within_last_s=10),
            [("agent", "hello", 0), ("agent", "is there anything else I can help you with", 50_000)],
            FindingKind.PRESENT,
        ),
        (
            dataclasses.replace(OFFER, unless=("if there was anything else i can help you with",)),
            [("agent", "if there was anything else I can help you with, call")],
            FindingKind.ABSENT,
        ),
        (OFFER, [("agent", "there is not anything else I can help you with")], FindingKind.ABSENT),
    ],
)
def test_own_phrases_are_looked_for_as_rules_are(
    test: PhraseTest, lines: list[tuple[str, str]], kind: FindingKind
) -> None:
    (found,) = find_own(rubric(test), transcript(*lines, duration_ms=60_000), recording(), SETTINGS).findings
    assert (found.rule_id, found.kind) == ("closing/question-0", kind)


def test_own_phrases_raise_no_violation_whatever_is_expected() -> None:
    tests = OFFER, dataclasses.replace(OFFER, expect=Expectation.ABSENT)
    said = transcript(("agent", "is there anything else I can help you with"))
    assert [finding.violated for finding in find_own(rubric(*tests), said, recording(), SETTINGS).findings] == [
        False,
        False,
    ]


def test_own_phrases_answer_their_questions() -> None:
    never = dataclasses.replace(OFFER, expect=Expectation.ABSENT)
    both = CombinationTest(tests=(OFFER, PhraseTest(phrases=("thank you for calling",))))
    asked = rubric(OFFER, never, both)
    heard = transcript(("agent", "is there anything else I can help you with"), ("agent", "thank you for calling"))
    found = find_own(asked, heard, recording(), SETTINGS).findings
    assert [finding.rule_id for finding in found] == [
        "closing/question-0",
        "closing/question-1",
        "closing/question-2",
        "closing/question-2/1",
    ]
    score = evaluate(facts(*found, transcript=heard), asked, score_id="s-1")
    assert [result.status for result in score.results] == [Status.PASS, Status.FAIL, Status.PASS]
    assert score.results[0].evidence[0].quote == "anything else I can help you with"


def test_own_key_is_none_without_phrases_and_changes_with_each() -> None:
    assert own_key(rubric(), transcript="t", settings=SETTINGS) is None
    base = own_key(rubric(OFFER), transcript="t", settings=SETTINGS)
    others = [
        own_key(rubric(OFFER), transcript="u", settings=SETTINGS),
        own_key(rubric(dataclasses.replace(OFFER, within_first_s=5)), transcript="t", settings=SETTINGS),
        own_key(rubric(OFFER, OFFER), transcript="t", settings=SETTINGS),
        own_key(rubric(OFFER), transcript="t", settings=ComplianceSettings(said_similarity=0.9)),
    ]
    assert base is not None
    assert len({base, *others}) == 5
    assert own_key(rubric(OFFER, title="Reworded"), transcript="t", settings=SETTINGS) == base


def test_own_rules_follow_the_languages_of_the_rubric() -> None:
    (rule,) = own_rules(rubric(PhraseTest(phrases=("gracias por llamar",)), languages=("es",)))
    assert rule.languages == ("es",)


def test_phrase_problems_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "closing.yaml"
    path.write_text(
        "id: closing\nversion: 1\ntitle: Closing\nsections:\n  - id: closing\n    title: Closing\n    weight: 1\n"
        "    criteria:\n      - id: question-0\n        title: Question\n        points: 1\n        test:\n"
        "          kind: phrase\n          phrases:\n            - thank you\n            - (thanks|cheers\n"
    )
    broken = rubric(PhraseTest(phrases=("thank you", "(thanks|cheers")), file=str(path))
    (problem,) = phrase_problems([broken])
    assert (problem.line, problem.file) == (16, str(path))
    assert "question-0" in problem.where
    assert phrase_problems([rubric(OFFER)]) == []
