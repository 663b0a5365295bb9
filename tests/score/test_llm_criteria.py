from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import AnswerError
from pipeline.records import (
    AnswerForm,
    Band,
    CallFacts,
    Choice,
    Judgement,
    LlmTest,
    Numeric,
    Option,
    Scale,
    Status,
    YesNo,
)
from pipeline.score.answers import allowed, labels, share_of_answer, spelled
from pipeline.score.fingerprints import question_fingerprint
from tests.factories import evidence, facts
from tests.score.rubric_files import answer

SCALE = {"kind": "scale", "lowest": 1, "highest": 5}
ASKED = LlmTest(question="How well was it solved?", answers=Scale(lowest=1, highest=5))
TEST = {"kind": "llm", "question": ASKED.question, "answers": SCALE}
QUOTE = evidence(quote="hello")


def judged(given: str | None, **changes: Any) -> CallFacts:
    fields = {"question": question_fingerprint(ASKED), "answer": given, "reason": "It says so.", "evidence": (QUOTE,)}
    return facts(judgements=(Judgement(**{**fields, **changes}),))


def test_llm_criterion_earns_the_share_of_its_answer(tmp_path: Path) -> None:
    result = answer(tmp_path, judged(" 4 ", confidence=0.8), TEST, points=2)
    assert (result.status, result.points_earned, result.answer) == (Status.PARTIAL, 1.5, "4")
    assert (result.reason, result.evidence, result.confidence) == ("It says so.", (QUOTE,), 0.8)
    assert result.asked == question_fingerprint(ASKED)


@pytest.mark.parametrize(
    ("call", "status", "reason"),
    [
        (facts(), "cannot_assess", "The language-model judge is off; a person answers this: How well was it solved?"),
        (judged("5", question="question-1:other"), "cannot_assess", "The language-model judge is off; a person"),
        (judged("5", evidence=()), "cannot_assess", "no citation, no point."),
        (judged(None), "cannot_assess", "It says so."),
        (judged("5", applicable=False), "not_applicable", "It says so."),
        (judged("5", applicable=False, evidence=()), "not_applicable", "It says so."),
        (judged("6"), "cannot_assess", "gave no answer that this question has; it is a whole number from 1 to 5."),
        (judged("the secret"), "cannot_assess", "gave no answer that this question has"),
    ],
)
def test_llm_criterion_is_left_to_a_person_where_the_model_does_not_answer_and_cite(
    tmp_path: Path, call: CallFacts, status: str, reason: str
) -> None:
    result = answer(tmp_path, call, TEST)
    assert (result.status, result.points_earned, result.answer) == (Status(status), None, None)
    assert reason in result.reason
    assert "secret" not in result.reason


@pytest.mark.parametrize(
    ("call", "test", "kind"),
    [
        (facts(), TEST, "manual"),
        (judged("4", question="question-1:other"), TEST, "manual"),
        (judged("4"), TEST, "llm"),
        (judged("6"), TEST, "llm"),  # it was asked, and gave no answer
        (judged("5", applicable=False), TEST, "llm"),
        (facts(), {"kind": "manual", "question": "Kind?"}, "manual"),
        (facts(), {"kind": "rule", "rules": ["greeting"]}, "rule"),
    ],
)
def test_result_tells_what_answered_and_whether_it_was_left_to_people(
    tmp_path: Path, call: CallFacts, test: Any, kind: str
) -> None:
    assert answer(tmp_path, call, test).kind == kind


HALF = (Band(share=0, below=10), Band(share=0.5, at_least=10, below=20), Band(share=1, at_least=20))
CHOICE = Choice(
    options=(
        Option(answer="Fully", share=1),
        Option(answer="In part", share=0.4),
        Option(answer="No matter raised", share=None),
    )
)


@pytest.mark.parametrize(
    ("form", "given", "words", "status", "share"),
    [
        (YesNo(), "yes", "yes", "pass", 1),
        (YesNo(), " No ", "no", "fail", 0),
        (YesNo(good="no"), "no", "no", "pass", 1),
        (YesNo(good="no"), "YES", "yes", "fail", 0),
        # Zendesk QA: (selected - min) / (max - min)
        (Scale(lowest=1, highest=5), "1", "1", "fail", 0),
        (Scale(lowest=1, highest=5), "2", "2", "partial", 0.25),
        (Scale(lowest=1, highest=5), "+4", "4", "partial", 0.75),
        (Scale(lowest=1, highest=5), "5", "5", "pass", 1),
        (Scale(lowest=-2, highest=2), "-1", "-1", "partial", 0.25),
        (CHOICE, "fully", "Fully", "pass", 1),
        (CHOICE, "in  PART", "In part", "partial", 0.4),
        (CHOICE, "no matter raised", "No matter raised", "not_applicable", None),
        (Numeric(bands=HALF), "10", "10", "partial", 0.5),
        (Numeric(bands=HALF), "9.99", "9.99", "fail", 0),
        (Numeric(bands=HALF), "20.0", "20", "pass", 1),
    ],
)
def test_share_of_answer_is_what_the_form_says(
    form: AnswerForm, given: str, words: str, status: str, share: float | None
) -> None:
    assert share_of_answer(form, given) == (Status(status), share)
    assert spelled(form, given) == words
    assert spelled(form, words) == words


@pytest.mark.parametrize(
    ("form", "given", "message"),
    [
        (YesNo(), "maybe", "'maybe' is no answer here; it is yes or no"),
        (YesNo(), "", "'' is no answer here"),
        (Scale(lowest=1, highest=5), "6", "it is a whole number from 1 to 5"),
        (Scale(lowest=1, highest=5), "0", "it is a whole number from 1 to 5"),
        (Scale(lowest=1, highest=5), "3.5", "it is a whole number from 1 to 5"),
        (Scale(lowest=1, highest=5), "three", "it is a whole number from 1 to 5"),
        (CHOICE, "fuly", "(did you mean 'Fully'?); it is Fully, In part or No matter raised"),
        (Numeric(bands=HALF, unit="minutes"), "ten", "it is a number in minutes"),
        (Numeric(bands=HALF), "nan", "it is a number"),
        (Numeric(bands=HALF), "1e999", "it is a number"),
    ],
)
def test_share_of_answer_refuses_what_the_form_does_not_know(form: AnswerForm, given: str, message: str) -> None:
    with pytest.raises(AnswerError) as caught:
        share_of_answer(form, given)
    assert message in str(caught.value)


def test_labels_are_the_answers_of_a_form() -> None:
    assert labels(Scale(lowest=0, highest=2)) == ("0", "1", "2")
    assert labels(Numeric(bands=HALF)) == ()
    assert allowed(Scale(lowest=0, highest=2)) == "a whole number from 0 to 2"
