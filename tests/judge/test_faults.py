"""A server on bad days: every fault becomes a judgement without answer and with a plain reason, and ends in time."""

from __future__ import annotations

import json
import socket
import time

import pytest

from pipeline.config import JudgeSettings
from pipeline.judge.client import MOST_BYTES
from pipeline.judge.judge import judge_call
from tests.judge.calls import ASKED, CALL, GOOD, QUESTION, judge, settings
from tests.judge.endpoint import Answer, Endpoint, completion, content_of, said

FAULTS_OF_THE_SERVER = {
    "refused": (Answer(status=400, body=b'{"error": "context"}'), "HTTP 400"),
    "no key": (Answer(status=401), "judge.api_key"),
    "forbidden": (Answer(status=403), "judge.api_key"),
    "not there": (Answer(status=404), "judge.url"),
    "too many requests": (Answer(status=429), "too much to do"),
    "broken": (Answer(status=500, body=b"Traceback: Good morning, this is Harbour Bank."), "HTTP 500"),
    "in front of it": (Answer(status=502, content_type="text/html", body=b"<html>Bad Gateway</html>"), "HTTP 502"),
    "elsewhere": (Answer(status=307, headers={"Location": "http://127.0.0.1:9/v1"}), "not followed"),
    "HTML": (Answer(content_type="text/html", body=b"<html><body>Welcome</body></html>"), "no answer of the kind"),
    "nothing": (Answer(body=b""), "no answer of the kind"),
    "half": (Answer(body=b'{"choices": [{"mess'), "no answer of the kind"),
    "other JSON": (Answer(body=b"[1, 2, 3]"), "no answer of the kind"),
    "no choices": (Answer(body=b'{"choices": []}'), "no answer of the kind"),
    "choices of nothing": (Answer(body=b'{"choices": [null]}'), "no answer of the kind"),
    "deep": (Answer(body=b"[" * 200_000), "no answer of the kind"),
    "not text": (Answer(body=b"\xff\xfe\x00"), "no answer of the kind"),
    "huge": (Answer(body=b" " * (MOST_BYTES + 1)), "far more than an answer"),
    "packed wrongly": (Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}), "broke off"),
    "hung up": (Answer(hang_up=True), "broke off"),
    "shorter than promised": (Answer(body=b'{"choices"', promised_bytes=900), "broke off"),
}

FAULTS_OF_THE_MODEL = {
    "prose": ("Yes, the agent says sorry.", "form that was asked for"),
    "silence": ("", "form that was asked for"),
    "broken JSON": ('{"citations": [{"turn": 2, "quo', "form that was asked for"),
    "a list": ("[]", "form that was asked for"),
    "other keys": ('{"verdict": "yes"}', "form that was asked for"),
    "no citations": ('{"answer": "yes", "reason": "r"}', "form that was asked for"),
    "citations of text": ('{"answer": "yes", "reason": "r", "citations": "turn 2"}', "form that was asked for"),
    "answer of nothing": ('{"answer": null, "reason": "r", "citations": []}', "form that was asked for"),
    "answer in a list": ('{"answer": ["yes"], "reason": "r", "citations": []}', "form that was asked for"),
    "two answers": ('{"answer": "no", "reason": "r", "citations": [], "answer": "yes"}', "form that was asked for"),
    "two objects": (content_of("yes", GOOD) + content_of("no", GOOD), "form that was asked for"),
    "deep": ('{"a":' * 100_000, "form that was asked for"),
    "unknown answer": (content_of("maybe", GOOD), "does not have"),
    "a number": (content_of(3, GOOD), "does not have"),
    "nothing cited": (content_of("yes"), "cited nothing"),
    "an invented quote": (content_of("yes", (2, "I do apologise for that")), "cited nothing"),
    "a turn that is none": (content_of("yes", (9999, "I'm so sorry about that")), "cited nothing"),
    "a turn before the first": (content_of("yes", (-2, "I'm so sorry about that")), "cited nothing"),
    "another turn": (content_of("yes", (1, "I'm so sorry about that")), "cited nothing"),
    "two words": (content_of("yes", (2, "so sorry")), "cited nothing"),
    "words with a hole": (content_of("yes", (2, "I'm sorry about that")), "cited nothing"),
    "nothing between the marks": (content_of("yes", (2, "")), "cited nothing"),
    "only signs": (content_of("yes", (2, " ... !")), "cited nothing"),
}


@pytest.mark.parametrize("fault", FAULTS_OF_THE_SERVER)
def test_a_fault_of_the_server_is_no_answer_and_is_not_kept(fault: str) -> None:
    answer, reason = FAULTS_OF_THE_SERVER[fault]
    with Endpoint(answer).running() as endpoint:
        judgement, judged = judge(endpoint)
    assert (judgement.answer, judgement.applicable, judgement.evidence) == (None, True, ())
    assert reason in judgement.reason
    assert judged.passing == (judgement,)
    assert judged.judgements.judgements == ()


@pytest.mark.parametrize("fault", FAULTS_OF_THE_MODEL)
def test_a_fault_of_the_model_is_no_answer_and_is_kept(fault: str) -> None:
    content, reason = FAULTS_OF_THE_MODEL[fault]
    with Endpoint(completion(content)).running() as endpoint:
        judgement, judged = judge(endpoint)
    assert (judgement.answer, judgement.applicable, judgement.evidence) == (None, True, ())
    assert reason in judgement.reason
    assert judged.judgements.judgements == (judgement,)
    assert judged.passing == ()


def test_an_answer_that_was_cut_off_says_what_to_raise() -> None:
    with Endpoint(said("yes", GOOD, finish="length")).running() as endpoint:
        judgement, _ = judge(endpoint, max_tokens=64)
    assert judgement.answer is None
    assert judgement.reason == "the language model's answer was cut off after 64 tokens; raise judge.max_tokens"


@pytest.mark.parametrize(
    "slow",
    [
        Answer(wait_s=20),
        Answer(body=b" " * 10_000, drip_s=0.02),
        Answer(headers={"X-Slow": "x" * 5_000}, head_drip_s=0.02),
        Answer(body=b"{", promised_bytes=50, wait_s=0, drip_s=20),
    ],
    ids=["silent", "body drips", "head drips", "stops"],
)
def test_a_slow_server_is_given_up_in_time_however_it_drips(slow: Answer) -> None:
    with Endpoint(slow).running() as endpoint:
        began = time.monotonic()
        judgement, judged = judge(endpoint, timeout_s=1, max_retries=3)
        took_s = time.monotonic() - began
    assert took_s < 4
    assert judgement.reason.startswith("the language model did not answer in 1 s; ")
    assert judged.passing == (judgement,)
    assert len(endpoint.asked) == 1


def test_nobody_there_is_told_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    chosen = JudgeSettings(url=url, model="m", max_retries=1, retry_delay_s=0)
    judged = judge_call(CALL, {ASKED: QUESTION, "question-1:other": QUESTION}, chosen)
    assert [judgement.question for judgement in judged.passing] == [ASKED, "question-1:other"]
    assert all(f"cannot be reached (ConnectError); see that it runs at {url}" in j.reason for j in judged.passing)


@pytest.mark.parametrize("fault", ["too many requests", "broken", "in front of it", "hung up"])
def test_a_passing_fault_is_asked_again_and_may_pass(fault: str) -> None:
    bad, _ = FAULTS_OF_THE_SERVER[fault]
    with Endpoint(bad, bad, said("yes", GOOD)).running() as endpoint:
        judgement, judged = judge(endpoint, max_retries=2)
        assert judgement.answer == "yes"
        assert judged.passing == ()
        assert len(endpoint.asked) == 3
    with Endpoint(bad, bad, said("yes", GOOD)).running() as endpoint:
        assert judge(endpoint, max_retries=1)[0].answer is None
        assert len(endpoint.asked) == 2


@pytest.mark.parametrize("fault", ["refused", "no key", "not there", "HTML", "huge", "elsewhere"])
def test_a_fault_that_does_not_pass_by_itself_is_not_asked_again(fault: str) -> None:
    with Endpoint(FAULTS_OF_THE_SERVER[fault][0]).running() as endpoint:
        judge(endpoint, max_retries=3)
        assert len(endpoint.asked) == 1


def test_a_server_says_how_long_to_wait() -> None:
    busy = Answer(status=429, headers={"Retry-After": "1"})
    with Endpoint(busy, said("yes", GOOD)).running() as endpoint:
        began = time.monotonic()
        assert judge(endpoint, max_retries=1)[0].answer == "yes"
        assert 1 <= time.monotonic() - began < 4


def test_one_question_refused_leaves_the_others_and_a_dead_server_ends_them() -> None:
    questions = {"a": QUESTION, "b": QUESTION, "c": QUESTION}
    with Endpoint(Answer(status=400), said("yes", GOOD)).running() as endpoint:
        judged = judge_call(CALL, questions, settings(endpoint))
        assert [judgement.question for judgement in judged.passing] == ["a"]
        assert [judgement.answer for judgement in judged.judgements.judgements] == ["yes", "yes"]
    with Endpoint(said("yes", GOOD), Answer(wait_s=20)).running() as endpoint:
        judged = judge_call(CALL, questions, settings(endpoint, timeout_s=1.5))
        assert [judgement.question for judgement in judged.passing] == ["b", "c"]
        assert len(endpoint.asked) == 2


def test_a_server_that_read_only_a_part_of_the_call_is_not_believed() -> None:
    body = json.loads(said("yes", GOOD).body)

    def counted(tokens: object) -> Answer:
        return Answer(body=json.dumps({**body, "usage": {"prompt_tokens": tokens}}).encode())

    with Endpoint(counted(150)).running() as endpoint:
        judgement, judged = judge(endpoint)
    assert judgement.answer is None
    assert "read only 150 tokens" in judgement.reason
    assert judged.passing == (judgement,)
    for plausible in (600, 0, None, "many"):
        with Endpoint(counted(plausible)).running() as endpoint:
            assert judge(endpoint)[0].answer == "yes"


def test_no_fault_tells_words_of_the_call_or_of_the_server() -> None:
    echo = Answer(status=400, body=b'{"error": "cannot read: I am so sorry about that, MARKER"}')
    for answer in (echo, completion("MARKER {"), completion('{"answer": "MARKER", "reason": "", "citations": []}')):
        with Endpoint(answer).running() as endpoint:
            reason = judge(endpoint)[0].reason
        assert "MARKER" not in reason
        assert "sorry" not in reason
