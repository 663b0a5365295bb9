"""What a model writes, read as an answer of the question's form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge.answer import LONGEST_REASON, Given, answer_probability, read_answer
from pipeline.judge.failure import Failure
from pipeline.judge.labels import read_label
from pipeline.records import AnswerForm, Choice, LlmTest, Numeric, Option, Scale, YesNo
from tests.judge.calls import GOOD, QUESTION, SORRY, judge
from tests.judge.endpoint import Endpoint, completion, content_of, said, with_logprobs

MOOD = Choice(options=(Option(answer="Calm", share=1.0), Option(answer="3", share=0.5)))


@pytest.mark.parametrize(
    ("form", "given_answer", "label"),
    [
        (YesNo(), "yes", "yes"),
        (YesNo(), " No ", "no"),
        (YesNo(), True, "yes"),
        (YesNo(), False, "no"),
        (YesNo(), "not_applicable", "not_applicable"),
        (YesNo(), "maybe", None),
        (YesNo(), "yes, clearly", None),
        (YesNo(), "", None),
        (YesNo(), 1, None),
        (Scale(lowest=1, highest=5), 3, "3"),
        (Scale(lowest=1, highest=5), 3.0, "3"),
        (Scale(lowest=1, highest=5), "5", "5"),
        (Scale(lowest=-1, highest=1), -1, "-1"),
        (Scale(lowest=1, highest=5), 3.5, None),
        (Scale(lowest=1, highest=5), 6, None),
        (Scale(lowest=0, highest=1), True, None),
        (MOOD, "calm", "Calm"),
        (MOOD, 3, "3"),
        (MOOD, "angry", None),
        (Numeric(bands=()), 12, "12"),
        (Numeric(bands=()), 0.5, "0.5"),
        (Numeric(bands=()), " 12.0 ", "12"),
        (Numeric(bands=()), "-2", "-2"),
        (Numeric(bands=()), "twelve", None),
        (Numeric(bands=()), "1e999", None),
        (Numeric(bands=()), "nan", None),
        (Numeric(bands=()), 10**400, None),
        (Numeric(bands=()), "Not_Applicable", "not_applicable"),
    ],
)
def test_an_answer_is_one_of_its_form_or_none(form: AnswerForm, given_answer: Any, label: str | None) -> None:
    assert read_label(given_answer, form) == label


@pytest.mark.parametrize(
    "written",
    [
        content_of("yes", GOOD),
        "```json\n" + content_of("yes", GOOD) + "\n```",
        "Here is my answer:\n" + content_of("yes", GOOD) + "\nI hope this helps.",
        '<think>The turn {"answer": "no"} ...</think>\n' + content_of("yes", GOOD),
        json.dumps({**json.loads(content_of("yes", GOOD)), "confidence": 0.99}, indent=2),
    ],
)
def test_what_stands_around_the_one_object_is_passed_over(written: str) -> None:
    read = read_answer(written, YesNo())
    assert isinstance(read, Given)
    assert (read.label, read.cited) == ("yes", (GOOD,))


@given(
    st.text() | st.recursive(st.none() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s))
)
def test_nothing_that_a_model_writes_is_an_error(written: Any) -> None:
    text = written if isinstance(written, str) else json.dumps(written)
    for form in (YesNo(), Scale(lowest=1, highest=5), MOOD, Numeric(bands=())):
        assert isinstance(read_answer(text, form), Given | Failure)
        assert isinstance(read_answer(content_of(written if isinstance(written, str) else 1), form), Given | Failure)


def test_a_reason_is_one_short_line_that_steers_nothing() -> None:
    with Endpoint(said("yes", GOOD, reason="It\nwas \x1b[31msaid\ud800. " + "x" * 900)).running() as endpoint:
        reason = judge(endpoint)[0].reason
    assert reason.startswith("It was [31msaid . xxx")
    assert len(reason) == LONGEST_REASON
    with Endpoint(said("yes", GOOD, reason=" \x00")).running() as endpoint:
        assert judge(endpoint)[0].reason == "the language model gives no reason"


def test_not_applicable_needs_no_quote_and_keeps_what_is_truly_quoted() -> None:
    with Endpoint(said("not_applicable", reason="No trouble arose.")).running() as endpoint:
        judgement, judged = judge(endpoint)
    assert (judgement.answer, judgement.applicable, judgement.reason) == (None, False, "No trouble arose.")
    assert judged.judgements.judgements == (judgement,)
    with Endpoint(said("not_applicable", GOOD, (7, "never said by anyone"))).running() as endpoint:
        assert [evidence.turn_index for evidence in judge(endpoint)[0].evidence] == [2]


def test_confidence_is_told_by_the_words_probabilities_and_never_by_the_model_itself() -> None:
    content = content_of("yes", GOOD)
    boasting = json.dumps({**json.loads(content), "confidence": 1.0})
    with Endpoint(
        completion(boasting), completion(content, logprobs=with_logprobs(content, 0.5))
    ).running() as endpoint:
        assert judge(endpoint)[0].confidence is None
        confidence = judge(endpoint)[0].confidence
        assert [(asked["logprobs"], asked["top_logprobs"]) for asked in endpoint.asked] == [(True, 1)] * 2
        judge(endpoint, logprobs=False)
        assert "logprobs" not in endpoint.asked[-1]
    pieces = [content[i : i + 4] for i in range(0, len(content), 4)]
    start = content.rindex('"yes"') + 1
    touched = sum(4 * k < start + 3 and 4 * k + len(piece) > start for k, piece in enumerate(pieces))
    assert confidence == 0.5**touched


@pytest.mark.parametrize(
    ("words", "probability"),
    [
        ([('{"answer": "', -3.0), ("yes", -0.25), ('"}', -5.0)], 0.778801),
        ([('{"answer": "', -3.0), ("y", -0.25), ("es", -0.25), ('"}', -5.0)], 0.606531),
        ([('{"answer": ', 0.0), ("true", -0.25), ("}", 0.0)], 0.778801),
        ([('{"answer": "', 0.0), ("yes", -9999.0), ('"}', 0.0)], 0.0),
        ([('{"answer": "', 0.0), ("yes", 0.5), ('"}', 0.0)], 1.0),
        ([('{"answer": "', 0.0), ("yes", float("-inf")), ('"}', 0.0)], None),
        ([("yes", -0.25)], None),
        ([('{"reason": "', 0.0), ("yes", -0.25), ('"}', 0.0)], None),
        ([('{"answer": "', 0.0), ("yes", -0.25)], None),
        ([], None),
    ],
)
def test_probability_is_that_of_the_answers_own_words(
    words: list[tuple[str, float]], probability: float | None
) -> None:
    told = [(word.encode(), logprob) for word, logprob in words]
    assert answer_probability("".join(word for word, _ in words), told) == probability


def test_probability_is_told_where_tokens_are_parts_of_characters() -> None:
    content = '{"reason": "“é”", "answer": "ça"}'
    told = [(bytes([byte]), -0.1) for byte in content.encode()]
    assert answer_probability(content, told) == pytest.approx(0.740818)  # three bytes
    pieces = [{"token": "\ufffd", "bytes": [byte], "logprob": -0.1} for byte in content_of("yes", GOOD).encode()]
    whole = completion(content_of("yes", GOOD), logprobs={"content": pieces})
    wrong = completion(content_of("yes", GOOD), logprobs={"content": [{**pieces[0], "bytes": [256]}]})
    with Endpoint(whole, wrong).running() as endpoint:
        assert judge(endpoint)[0].confidence == pytest.approx(0.740818)
        assert judge(endpoint)[0].confidence is None


def test_probability_is_told_where_a_server_leaves_out_what_stands_around_the_answer() -> None:
    content = '{"answer": "yes"}'
    around = [
        (b'<think>{"answer": "no"}</think>```json\n', -9.0),
        (b'{"answer": "', -3.0),
        (b"yes", -0.25),
        (b'"}', -3.0),
    ]
    assert answer_probability(content, [*around, (b"\n```", -9.0)]) == pytest.approx(0.778801)


def test_probabilities_of_other_words_than_were_written_tell_nothing() -> None:
    words = [(b'{"answer": "', 0.0), (b"no", -0.1), (b'"}', 0.0)]
    assert answer_probability('{"answer": "yes"}', words) is None
    assert answer_probability('{"answer": "yes"}', None) is None


@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}, {"content": [{"t": 1}]}, 7, "x"])
def test_probabilities_in_another_form_leave_the_answer_as_it_is(logprobs: Any) -> None:
    with Endpoint(said("yes", GOOD, logprobs=logprobs)).running() as endpoint:
        judgement, _ = judge(endpoint)
    assert (judgement.answer, judgement.confidence) == ("yes", None)


def test_every_form_of_answer_comes_through() -> None:
    for form, answer, label in (
        (Scale(lowest=1, highest=5), 4, "4"),
        (MOOD, "calm", "Calm"),
        (Numeric(bands=()), 2.5, "2.5"),
    ):
        with Endpoint(said(answer, (2, SORRY))).running() as endpoint:
            assert judge(endpoint, question=LlmTest(question="?", answers=form))[0].answer == label
    assert QUESTION.answers == YesNo()
