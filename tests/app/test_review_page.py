"""Whose answer it is that counts, as the pages tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.cli.review_page import in_words, print_answered, print_evaluation
from pipeline.records import AnswerIs, CallScore, CriterionResult, Status
from pipeline.reviewing.evaluations import corrections, read_evaluation
from pipeline.score.applies import answers_exempt
from pipeline.store.database import open_store
from pipeline.store.reviews import put_review
from tests.review.made import reviewed
from tests.store.builders import LATER, result, score, scored, taken_in


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A store of its own."""
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    with store.begin() as opened:
        yield opened
    store.close()


def a_call(connection: Connection, *, greeting: str, asked: str = "q:name", score_id: str = "s-1") -> CallScore:
    """A score whose second question is asked only where the greeting passed."""
    taken_in(connection, "c-1")
    hangs = (AnswerIs(criterion_id="greeting", answers=("pass",)),)
    first = result("greeting", greeting, asked="q:greeting")
    left_out = answers_exempt(hangs, {"greeting": first})
    second: CriterionResult = result("name", asked=asked, depends_on=hangs)
    if left_out is not None:
        second = result("name", "not_applicable", asked=asked, depends_on=hangs, reason=left_out.reason)
    made = score("c-1", score_id, first, second)
    scored(connection, made)
    return made


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was printed, by the first word of a line."""
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip()]
    return {line.split()[0]: line for line in lines}


def test_nobody_is_named_for_an_answer_that_another_one_excludes(
    connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    made = a_call(connection, greeting="pass")
    put_review(connection, reviewed(made, "name", "fail", now=LATER, reviewer="ann"))
    put_review(connection, reviewed(made, "greeting", "fail", now=LATER + timedelta(hours=1), reviewer="bob"))
    evaluation = read_evaluation(connection, "c-1")
    told = {machine.criterion_id: review.reviewer if review else None for machine, _, review in corrections(evaluation)}
    assert told == {"greeting": "bob", "name": None}
    print_evaluation(evaluation)
    line = said(capsys)["name"]
    assert line.endswith("not applicable * – follows from greeting (bob)")


def test_answer_to_what_was_asked_before_is_told(connection: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    made = a_call(connection, greeting="pass", asked="q:old")
    put_review(connection, reviewed(made, "name", "fail", now=LATER, reviewer="ann"))
    a_call(connection, greeting="pass", asked="q:new", score_id="s-2")
    print_evaluation(read_evaluation(connection, "c-1"))
    assert said(capsys)["name"] == "name pass – – answered as it was asked before: fail (ann)"


def test_question_that_applies_now_is_told_to_wait(connection: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    made = a_call(connection, greeting="fail")
    before = read_evaluation(connection, "c-1").effective
    review = reviewed(made, "greeting", "pass", now=LATER)
    put_review(connection, review)
    print_answered(read_evaluation(connection, "c-1"), [review], before)
    waits = "name applies now and waits for an answer: earmark reviews answer c-1 name ANSWER"
    assert waits in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.99999, "partial (99 %)"),
        (0.5, "partial (50 %)"),
        (0.29, "partial (29 %)"),
        (0.001, "partial (under 1 %)"),
        (None, "partial (–)"),
    ],
)
def test_part_of_the_points_never_reads_as_all_or_nothing(share: float | None, words: str) -> None:
    assert in_words(Status.PARTIAL, share) == words
