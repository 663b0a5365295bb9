"""The page of one call: who sees what of it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.web.call.reading import see_call
from app.web.call.words import turns_of
from pipeline.records import (
    CalibrationSession,
    SessionCall,
    Status,
    Transcript,
)
from pipeline.records.comments import Comment
from pipeline.review.answers import make_review, result_of
from pipeline.store.calibration_sessions import put_session
from pipeline.store.comments import put_comment
from pipeline.store.failures import put_failure
from pipeline.store.reviews import put_review
from pipeline.store.scores import put_score, set_current
from pipeline.store.tables import recordings
from tests.store.builders import NOW, taken_in
from tests.web.calls import GOOD, POOR, acts_of, call_of, details_of, evaluation_of
from tests.web.conftest import Console

SECRET = "a secret of the reviewers"


def test_page_tells_score_flags_answers_and_what_was_said(console: Console) -> None:
    call_id = call_of(console, POOR)
    page = html.unescape(console.sign_in("reviewer").get(f"/calls/{call_id}").text)
    assert "not passed" in page
    assert "Failed whatever the points say: Promises nothing that is not certain" in page
    assert "this sets the score to 0" in page
    assert 'id="criterion-no-guarantee"' in page
    assert "by bank-support@2" in page
    assert re.search(r'<mark class="is-bad"[^>]*><a href="#criterion-no-guarantee">', page)
    assert 'data-from-ms="' in page
    assert "What counts" in page  # the rubric is at hand


def test_viewing_a_call_is_in_the_audit_log_with_who_and_which_score(console: Console) -> None:
    call_id = call_of(console, POOR)
    console.sign_in("reviewer").get(f"/calls/{call_id}")
    [entry] = [each for each in acts_of(console, "view") if each.subject_id == call_id]
    assert (entry.actor, entry.subject_kind, details_of(entry)) == ("reviewer", "call", {"rubric": "bank-support@2"})


def test_calls_of_others_are_not_there(console: Console) -> None:
    call_id = call_of(console, POOR)
    others: tuple[tuple[str, dict[str, Any]], ...] = (
        ("agent", {"agent_id": GOOD}),
        ("agent", {}),
        ("reviewer", {"teams": ("north",)}),
        ("manager", {"teams": ("north",)}),
        ("compliance", {"teams": ("elsewhere",)}),
    )
    for number, (role, changes) in enumerate(others):
        stay = console.sign_in(role, f"{role}-{number}", **changes)
        for what in ("", "/audio", "/peaks", "/clip?from_ms=0&to_ms=1000"):
            answer = stay.get(f"/calls/{call_id}{what}")
            assert (answer.status_code, POOR in answer.text) == (404, False), (role, what)
    assert not [each for each in acts_of(console, "view") if each.subject_id == call_id]
    assert not acts_of(console, "hear")


def test_beginning_of_an_id_finds_no_call_and_tells_no_other(console: Console) -> None:
    call_id = call_of(console, GOOD)
    agent = console.sign_in("agent", agent_id=GOOD)
    assert agent.get(f"/calls/{call_id}").status_code == 200
    answers = {agent.get(f"/calls/{start}").text for start in (call_id[:-1], "c-", "c-nothing", call_of(console, POOR))}
    assert len(answers) == 1
    assert "there is no such call" in answers.pop()


def test_who_took_the_call_is_told_to_those_who_do_not_judge_blindly(console: Console) -> None:
    call_id = call_of(console, POOR)
    for role, told in (("reviewer", False), ("compliance", True), ("manager", True), ("admin", True)):
        assert (f"agent {POOR}" in console.sign_in(role).get(f"/calls/{call_id}").text) is told, role


def test_agent_sees_the_own_call_without_notes_of_reviewers(console: Console) -> None:
    call_id = call_of(console, POOR)
    with console.store.begin() as connection:
        put_comment(
            connection, Comment(comment_id="cm-1", call_id=call_id, text=SECRET, written_by="ann", written_at=NOW)
        )
    agent, reviewer = console.sign_in("agent", agent_id=POOR), console.sign_in("reviewer")
    flag_id = re.findall(r'id="flag-(fl-\w+)"', reviewer.get(f"/calls/{call_id}").text)[0]
    assert reviewer.post(f"/calls/{call_id}/flags/{flag_id}", {"state": "closed", "reason": SECRET}).status_code == 303
    assert reviewer.get(f"/calls/{call_id}").text.count(SECRET) == 2
    page = agent.get(f"/calls/{call_id}").text
    assert "your call" in page
    assert SECRET not in page
    assert "Answer otherwise" not in page
    assert "To coaching" not in page
    assert "/queue/next" not in page


def test_answers_of_a_blind_session_are_never_shown(console: Console) -> None:
    call_id = call_of(console, POOR)
    evaluation = evaluation_of(console, call_id)
    told = result_of(evaluation.machine, "no-guarantee")
    blind = make_review(
        evaluation.machine, told, status=Status.PASS, share=1.0, reviewer="blind-bob", reason=SECRET, now=NOW,
        session_id="cs-1",
    )  # fmt: skip
    call = SessionCall(call_id=call_id, score_id=evaluation.machine.score_id)
    session = CalibrationSession(
        session_id="cs-1", rubric_id="bank-support", calls=(call,), reviewers=("blind-bob",), expert="eve",
        started_by="eve", started_at=NOW,
    )  # fmt: skip
    with console.store.begin() as connection:
        put_session(connection, session)
        put_review(connection, blind)
    for role in ("reviewer", "manager", "admin", "compliance"):
        page = console.sign_in(role).get(f"/calls/{call_id}").text
        assert SECRET not in page
        assert "blind-bob" not in page


def test_score_by_another_rubric_version_is_shown_beside_the_one_that_counts(console: Console) -> None:
    call_id = call_of(console, POOR)
    evaluation = evaluation_of(console, call_id)
    older = replace(evaluation.machine, score_id="s-older", rubric_version=1)
    with console.store.begin() as connection:
        put_score(connection, older, evaluation.stored.facts_key, (), customer_sentiment=None, now=NOW)
        set_current(connection, call_id, evaluation.machine.score_id)
    ann = console.sign_in("reviewer")
    assert 'href="/calls/' + call_id + '?rubric=bank-support%401"' in ann.get(f"/calls/{call_id}").text
    page = ann.get(f"/calls/{call_id}?rubric=bank-support@1").text
    assert "not the score that counts" in page
    assert "by bank-support@1" in page
    assert "Answer otherwise" not in page  # answers are given to the score that counts
    missing = ann.get(f"/calls/{call_id}?rubric=bank-support@9")
    assert (missing.status_code, "it has: bank-support@1, bank-support@2" in html.unescape(missing.text)) == (404, True)


def test_call_that_waits_or_failed_has_a_page_that_says_why(console: Console) -> None:
    with console.store.begin() as connection:
        taken_in(connection, "c-waits", media_uri="calls/<b>waits</b>.wav")
        taken_in(connection, "c-failed")
        put_failure(connection, "c-failed", step="transcript", reason="the recogniser gave up", now=NOW)
    ann = console.sign_in("admin")
    waits, failed = ann.get("/calls/c-waits"), ann.get("/calls/c-failed")
    assert (waits.status_code, failed.status_code) == (200, 200)
    assert "This call waits to be scored" in waits.text
    assert "the recogniser gave up" in failed.text
    for page in (waits, failed):
        assert "nothing says what to silence" in page.text
    assert ann.get("/calls/c-waits/audio").status_code == 404
    assert "nothing says what to silence" in ann.get("/calls/c-waits/peaks").text


def test_page_without_its_recording_still_shows_the_rest(console: Console, tmp_path: Path) -> None:
    call_id = call_of(console, POOR)
    with console.store.begin() as connection:
        gone = {"media_uri": str(tmp_path / "gone.wav")}
        connection.execute(recordings.update().where(recordings.c.call_id == call_id).values(**gone))
    ann = console.sign_in("reviewer")
    page = ann.get(f"/calls/{call_id}")
    assert page.status_code == 200
    assert "not where it was taken in from any more" in page.text
    assert "<audio" not in page.text
    assert "this sets the score to 0" in page.text
    sound = ann.get(f"/calls/{call_id}/audio")
    assert sound.status_code == 410
    assert "the recording cannot be played" in sound.text
    assert "gone.wav" not in sound.text


def test_quotes_are_marked_to_the_letter_and_masks_stand_for_themselves(console: Console) -> None:
    call_id = call_of(console, POOR)
    viewer = console.sign_in("reviewer")
    assert viewer.get(f"/calls/{call_id}").status_code == 200
    with console.store.read() as connection:
        from app.web.access.rights import MAY, scope_of
        from app.web.access.visitor import Visitor

        visitor = Visitor(user=viewer.user, permissions=MAY[viewer.user.role], scope=scope_of(viewer.user))
        seen = see_call(connection, visitor, call_id)
    transcript = seen.call.transcript
    assert isinstance(transcript, Transcript)
    assert seen.evaluation is not None
    shown = turns_of(transcript, seen.evaluation.machine, (), None, {})
    for turn, view in zip(transcript.turns, shown, strict=True):
        plain = "".join(piece.text for piece in view.pieces if not piece.masked)
        assert plain == re.sub(r"\[[a-z_]+\]", "", turn.text)
    quote = result_of(seen.evaluation.machine, "no-guarantee").evidence[0]
    marked = [piece for piece in shown[quote.turn_index].pieces if piece.kind == "bad"]
    assert "".join(piece.text for piece in marked) == quote.quote
    assert {piece.href for piece in marked} == {"#criterion-no-guarantee"}


def test_page_holds_no_inline_script_or_style(console: Console) -> None:
    page = console.sign_in("manager").get(f"/calls/{call_of(console, POOR)}").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_words_of_people_and_files_are_text_on_the_page(console: Console) -> None:
    call_id = call_of(console, POOR)
    with console.store.begin() as connection:
        comment = Comment(
            comment_id="cm-1", call_id=call_id, text="<img src=x onerror=alert(1)>", written_by="<b>ann</b>",
            written_at=datetime(2026, 11, 3, tzinfo=UTC),
        )  # fmt: skip
        put_comment(connection, comment)
    page = console.sign_in("manager").get(f"/calls/{call_id}").text
    assert "<img src=x" not in page
    assert "<b>ann" not in page
    assert "&lt;img src=x" in page


def test_next_call_is_asked_for_with_the_list_that_one_came_from(console: Console) -> None:
    call_id = call_of(console, POOR)
    page = html.unescape(console.sign_in("reviewer").get(f"/calls/{call_id}?from=queue&rubric=bank-support").text)
    assert f'href="/queue/next?after={call_id}&from=queue&rubric=bank-support"' in page
    page = html.unescape(console.sign_in("manager").get(f"/calls/{call_id}?team=south&rubric=bank-support@2").text)
    assert f'href="/queue/next?after={call_id}&team=south"' in page
