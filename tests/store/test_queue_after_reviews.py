"""What waits in the queue once people have answered: corrections open questions and settle others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from pipeline.config import FlagSettings
from pipeline.errors import ReviewError
from pipeline.records import AnswerIs, CallScore, FlagState
from pipeline.review.flags import change_flag
from pipeline.reviewing.queue import read_queue, take_off
from pipeline.score.applies import answers_exempt
from pipeline.store.flags import find_flag, put_flag_change
from pipeline.store.reviews import put_review
from pipeline.store.scores import corrected_scores
from pipeline.store.tables import recordings
from tests.review.made import reviewed
from tests.store.builders import LATER, NOW, flag, result, score, scored, taken_in


def a_call(connection: Connection, call_id: str = "c-1", *, greeting: str = "fail", **follow_up: Any) -> CallScore:
    """A score in which one question is asked only where the greeting passed."""
    taken_in(connection, call_id)
    hangs = (AnswerIs(criterion_id="greeting", answers=("pass",)),)
    status = {"pass": "cannot_assess", "fail": "not_applicable"}[greeting]
    given = {"asked": "q:follow-up", "kind": "rule", "depends_on": hangs, "status": status, **follow_up}
    made = score(call_id, f"s-{call_id}", result("greeting", greeting, asked="q:greeting"), result("name", **given))
    scored(connection, made)
    return made


def correct(connection: Connection, made: CallScore, status: str, now: datetime = LATER, **changes: Any) -> None:
    put_review(connection, reviewed(made, changes.pop("criterion_id", "greeting"), status, now=now, **changes))


def open_questions(connection: Connection) -> list[tuple[str, str, datetime]]:
    return [(call.call_id, why.subject, why.since) for call in read_queue(connection) for why in call.reasons]


def as_excluded(connection: Connection) -> CallScore:
    """A call whose question was left out for the reason that evaluation gives."""
    taken_in(connection, "c-1")
    hangs = (AnswerIs(criterion_id="greeting", answers=("pass",)),)
    greeting = result("greeting", "fail", asked="q:greeting")
    why = answers_exempt(hangs, {"greeting": greeting})
    assert why is not None
    name = result("name", "not_applicable", asked="q:name", kind="rule", depends_on=hangs, reason=why.reason)
    chain = (AnswerIs(criterion_id="name", answers=("pass",)),)
    left_out = answers_exempt(chain, {"name": name})
    assert left_out is not None
    third = result("third", left_out.status.value, asked="q:3", kind="manual", depends_on=chain, reason=left_out.reason)
    made = score("c-1", "s-c-1", greeting, name, third)
    scored(connection, made)
    return made


def test_question_that_a_correction_opens_waits_since_the_correction(connection: Connection) -> None:
    made = as_excluded(connection)
    assert open_questions(connection) == []
    correct(connection, made, "pass")
    assert open_questions(connection) == [("c-1", "name", LATER)]  # what is left to people puts no call there
    correct(connection, made, "fail", LATER + timedelta(hours=1), criterion_id="name")
    assert open_questions(connection) == []


def test_call_that_was_taken_off_comes_back_with_a_correction_after_that(connection: Connection) -> None:
    made = as_excluded(connection)
    correct(connection, made, "pass")
    take_off(connection, "c-1", by="ann", reason="known", now=LATER)
    assert open_questions(connection) == []
    correct(connection, made, "pass", LATER + timedelta(hours=1))
    assert [call_id for call_id, _, _ in open_questions(connection)] == ["c-1"]


def test_question_that_a_correction_leaves_out_waits_no_longer(connection: Connection) -> None:
    made = a_call(connection, greeting="pass")
    a_call(connection, "c-2", greeting="pass")
    assert open_questions(connection) == [("c-1", "name", NOW), ("c-2", "name", NOW)]
    correct(connection, made, "fail")
    assert open_questions(connection) == [("c-2", "name", NOW)]


def test_review_that_corrects_nothing_leaves_the_queue_as_it_is(connection: Connection) -> None:
    made = a_call(connection, greeting="pass")
    correct(connection, made, "pass")
    correct(connection, made, "fail", session_id=None, reviewer="bob", now=NOW)
    assert [stored.score.call_id for stored in corrected_scores(connection)] == ["c-1"]
    assert open_questions(connection) == [("c-1", "name", NOW)]  # the latest review counts, and it agrees


def test_only_scores_that_a_correction_may_change_are_read_again(connection: Connection) -> None:
    confirmed, plain = a_call(connection), a_call(connection, "c-2", depends_on=())
    other = a_call(connection, "c-3")
    correct(connection, confirmed, "fail")
    correct(connection, plain, "pass")
    correct(connection, other, "pass")
    assert [stored.score for stored in corrected_scores(connection)] == [other]
    assert corrected_scores(connection, call_id="c-1") == []


def test_taking_a_call_off_reads_that_call_only(connection: Connection) -> None:
    for number in range(3):
        a_call(connection, f"c-{number}", greeting="pass")
    asked: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *given: asked.append(f"{given[2]} {given[3]}"))
    take_off(connection, "c-1", by="ann", reason="known", now=LATER)
    assert [text for text in asked if text.startswith("SELECT") and "c-1" not in text] == []
    with pytest.raises(ReviewError, match="not in the review queue"):
        take_off(connection, "c-1", by="ann", reason="again", now=LATER)


def test_nobody_takes_off_a_call_that_they_took(connection: Connection) -> None:
    a_call(connection, greeting="pass")
    connection.execute(update(recordings).values(agent_id="ann.lee"))
    with pytest.raises(ReviewError, match="took this call"):
        take_off(connection, "c-1", by="Ann.Lee", reason="known", now=LATER)
    assert open_questions(connection)
    take_off(connection, "c-1", by="bob", reason="known", now=LATER)


def flagged(connection: Connection, code: str = "low_score", **changes: Any) -> CallScore:
    """A call with a flag, and a greeting that failed."""
    taken_in(connection, "c-1")
    made = score("c-1", "s-c-1", result("greeting", "fail", asked="q:greeting"))
    scored(connection, made, flag("fl-1", of=made, code=code, **changes))
    return made


@pytest.mark.parametrize("criterion_id", [None, "greeting"])
def test_flag_that_is_opened_again_waits_again(connection: Connection, criterion_id: str | None) -> None:
    made = flagged(connection, criterion_id=criterion_id)
    correct(connection, made, "fail")
    assert open_questions(connection) == []
    for hours, state in ((1, FlagState.CLOSED), (2, FlagState.OPEN)):
        when = LATER + timedelta(hours=hours)
        change = change_flag(find_flag(connection, "fl-1"), state, by="ann", reason="so", now=when)
        put_flag_change(connection, change)
    assert open_questions(connection) == [("c-1", "low_score", LATER + timedelta(hours=2))]
    correct(connection, made, "fail", LATER + timedelta(hours=3))
    assert open_questions(connection) == []


@pytest.mark.parametrize(("status", "waits"), [("pass", 0), ("partial", 1)])
def test_low_score_waits_while_it_is_low_with_peoples_answers(connection: Connection, status: str, waits: int) -> None:
    made = flagged(connection)
    correct(connection, made, status, NOW - timedelta(hours=1))  # before the flag: the call was scored again
    assert len(read_queue(connection, flags=FlagSettings())) == waits
    assert len(read_queue(connection)) == 1
