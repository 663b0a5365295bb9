"""What people do on the page of a call, and what they may not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pipeline.records import DisputeState, FlagState, Status
from pipeline.review.answers import result_of
from pipeline.store.coaching import list_items
from pipeline.store.comments import comments_of_call
from pipeline.store.disputes import list_disputes
from pipeline.store.flags import flags_of_score
from tests.web.calls import GOOD, POOR, acts_of, call_of, details_of, evaluation_of
from tests.web.conftest import Console

PARTS = {"hx-request": "true"}


def _score(console: Console, call_id: str) -> str:
    return evaluation_of(console, call_id).machine.score_id


def _answer(console: Console, call_id: str, **changes: str) -> dict[str, str]:
    return {"score": _score(console, call_id), "answer": "pass", "reason": "It was said later.", **changes}


def test_answer_counts_at_once_and_leads_back_to_its_question(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    sent = ann.post(f"/calls/{call_id}/criteria/no-guarantee/answer?team=south", _answer(console, call_id))
    assert (sent.status_code, sent.headers["location"]) == (303, f"/calls/{call_id}?team=south#criterion-no-guarantee")
    evaluation = evaluation_of(console, call_id)
    counts = result_of(evaluation.effective, "no-guarantee")
    assert (counts.status, result_of(evaluation.machine, "no-guarantee").status) == (Status.PASS, Status.FAIL)
    page = ann.get(f"/calls/{call_id}").text
    assert "It was said later." in page
    assert "reviewed by ann; the machine alone" in page
    [entry] = acts_of(console, "review")
    assert (entry.actor, entry.subject_id) == ("ann", call_id)
    assert details_of(entry)["answer"] == "pass"
    assert "said later" not in json.dumps(dict(details_of(entry)))


def test_htmx_gets_the_question_and_the_head_and_no_other_question(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    sent = ann.post(f"/calls/{call_id}/criteria/no-guarantee/answer", _answer(console, call_id), headers=PARTS)
    assert sent.status_code == 200
    assert json.loads(sent.headers["hx-trigger"]) == {"told": "Your answer counts now."}
    assert re.findall(r'<article[^>]* id="criterion-([\w-]+)"', sent.text) == ["no-guarantee"]
    head = re.search(r'<header id="call-head"[^>]*>', sent.text)
    assert head
    assert 'hx-swap-oob="true"' in head[0]
    assert "<html" not in sent.text


def test_answer_that_cannot_be_kept_changes_nothing(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    for changes, told in (
        ({"reason": "  "}, "a reason is needed"),
        ({"answer": ""}, "no answer was chosen"),
        ({"answer": "perhaps"}, "is no answer to it"),
        ({"score": "s-other"}, "scored again"),
    ):
        sent = ann.post(f"/calls/{call_id}/criteria/no-guarantee/answer", _answer(console, call_id, **changes))
        assert (sent.status_code, told in sent.text) == (409, True), changes
    assert not evaluation_of(console, call_id).reviews
    assert not acts_of(console, "review")


def test_unknown_question_of_the_call_is_refused(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    assert ann.post(f"/calls/{call_id}/criteria/nothing/answer", _answer(console, call_id)).status_code == 422
    form = {"text": "hm", "criterion": "nothing"}
    assert ann.post(f"/calls/{call_id}/comments", form).status_code == 404


def test_agreeing_with_all_leaves_what_wants_an_answer(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    form = {"score": _score(console, call_id)}
    assert ann.post(f"/calls/{call_id}/criteria/no-guarantee/agree", form).status_code == 303
    sent = ann.post(f"/calls/{call_id}/agree", form, headers=PARTS)
    evaluation = evaluation_of(console, call_id)
    waiting = [result for result in evaluation.effective.results if result.status is Status.CANNOT_ASSESS]
    assert len(evaluation.reviews) == len(evaluation.machine.results) - len(waiting)
    assert f"{len(waiting)} still want an answer" in json.loads(sent.headers["hx-trigger"])["told"]
    assert evaluation.effective.share == evaluation.machine.share
    assert len(acts_of(console, "review")) == len(evaluation.reviews)


@pytest.mark.parametrize("changes", [{"agent_id": POOR}, {"name": POOR}])
def test_nobody_judges_a_call_of_their_own(console: Console, changes: dict[str, Any]) -> None:
    call_id = call_of(console, POOR)
    own = console.sign_in("reviewer", changes.pop("name", None), **changes)
    page = own.get(f"/calls/{call_id}").text
    assert "Answer otherwise" not in page
    assert "Agree with all" not in page
    form = _answer(console, call_id)
    flag_id = re.findall(r'id="flag-(fl-\w+)"', page)[0]
    for path, data in (
        ("criteria/no-guarantee/answer", form),
        ("criteria/no-guarantee/agree", form),
        ("agree", form),
        (f"flags/{flag_id}", {"state": "closed", "reason": "nothing in it"}),
        ("criteria/no-guarantee/coaching", {"note": "practise"}),
        ("comments", {"text": "I was right"}),
    ):
        assert own.post(f"/calls/{call_id}/{path}", data).status_code == 409, path
    evaluation = evaluation_of(console, call_id)
    assert not evaluation.reviews
    with console.store.read() as connection:
        assert all(each.state is FlagState.OPEN for each in flags_of_score(connection, evaluation.machine.score_id))


def test_who_may_not_is_refused(console: Console) -> None:
    call_id, question = call_of(console, POOR), "criteria/no-guarantee"
    refused = {
        "agent": ("agree", f"{question}/answer", f"{question}/agree", f"{question}/coaching", "comments", "flags/fl-1"),
        "compliance": ("agree", f"{question}/answer", f"{question}/coaching", "flags/fl-1"),
        "reviewer": (f"{question}/dispute", "acknowledge"),
        "manager": (f"{question}/dispute", "acknowledge"),
        "admin": (f"{question}/dispute", "acknowledge"),
    }
    form = {**_answer(console, call_id), "note": "x", "text": "x", "state": "closed"}
    for role, paths in refused.items():
        someone = console.sign_in(role, **({"agent_id": POOR} if role == "agent" else {}))
        for path in paths:
            assert someone.post(f"/calls/{call_id}/{path}", form).status_code == 403, (role, path)
    assert not evaluation_of(console, call_id).reviews


def test_calls_of_other_teams_cannot_be_changed(console: Console) -> None:
    call_id = call_of(console, POOR)
    ann = console.sign_in("reviewer", teams=("north",))
    form = {**_answer(console, call_id), "note": "x", "text": "x", "state": "closed"}
    question = "criteria/no-guarantee"
    for path in ("agree", f"{question}/answer", f"{question}/agree", f"{question}/coaching", "comments", "flags/fl-1"):
        assert ann.post(f"/calls/{call_id}/{path}", form).status_code == 404, path


def test_flag_is_closed_and_opened_with_reasons(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    flag_id = re.findall(r'id="flag-(fl-\w+)"', ann.get(f"/calls/{call_id}").text)[0]
    closed = ann.post(f"/calls/{call_id}/flags/{flag_id}", {"state": "closed", "reason": "Spoke with the agent."})
    assert closed.headers["location"].endswith(f"#flag-{flag_id}")
    page = ann.get(f"/calls/{call_id}").text
    assert "closed by ann" in page
    assert "Spoke with the agent." in page
    assert ann.post(f"/calls/{call_id}/flags/{flag_id}", {"state": "closed", "reason": "twice"}).status_code == 409
    assert ann.post(f"/calls/{call_id}/flags/{flag_id}", {"state": "open", "reason": "Too soon."}).status_code == 303
    assert [details_of(entry)["state"] for entry in acts_of(console, "flag")] == ["closed", "open"]
    other = call_of(console, GOOD)
    assert ann.post(f"/calls/{other}/flags/{flag_id}", {"state": "closed", "reason": "x"}).status_code == 404


def test_comments_stand_with_their_question_and_moment(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("compliance", "ann")
    ann.post(f"/calls/{call_id}/comments", {"text": "Look at this again", "criterion": "no-guarantee"})
    ann.post(f"/calls/{call_id}/comments", {"text": "Mind the tone", "moment": "0:07"})
    with console.store.read() as connection:
        kept = comments_of_call(connection, call_id)
    assert [(each.criterion_id, each.at_ms) for each in kept] == [("no-guarantee", None), (None, 7000)]
    page = ann.get(f"/calls/{call_id}").text
    assert page.index("Look at this again") < page.index("Mind the tone")
    assert 'data-seeks-to="7000"' in page
    assert [entry.actor for entry in acts_of(console, "comment")] == ["ann", "ann"]


def test_comment_that_says_nothing_or_is_about_no_moment_is_refused(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer")
    for moment in ("9:99:1", "soon", "59:00", "²", "-1"):
        assert ann.post(f"/calls/{call_id}/comments", {"text": "x", "moment": moment}).status_code == 400, moment
    assert ann.post(f"/calls/{call_id}/comments", {"text": " \n"}).status_code == 409
    with console.store.read() as connection:
        assert not comments_of_call(connection, call_id)


def test_question_is_sent_to_coaching_with_its_clip(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer", "ann")
    form = {"note": "Say what is certain", "from_ms": "7000", "to_ms": "99000000"}
    assert ann.post(f"/calls/{call_id}/criteria/no-guarantee/coaching", form).status_code == 303
    assert ann.post(f"/calls/{call_id}/criteria/no-guarantee/coaching", {"note": " "}).status_code == 409
    with console.store.read() as connection:
        [row] = list_items(connection, call_id=call_id)
    item = row.item
    assert (item.agent_id, item.criterion_id, item.note) == (POOR, "no-guarantee", "Say what is certain")
    assert (item.start_ms, item.sent_by) == (7000, "ann")
    assert item.end_ms == evaluation_of(console, call_id).recording.duration_ms
    assert [entry.subject_id for entry in acts_of(console, "coaching")] == [call_id]


def test_agent_objects_once_and_acknowledges(console: Console) -> None:
    call_id, tom = call_of(console, POOR), console.sign_in("agent", "tom", agent_id=POOR)
    assert "Object to this answer" in tom.get(f"/calls/{call_id}").text
    path = f"/calls/{call_id}/criteria/no-guarantee/dispute"
    assert tom.post(path, {"reason": "I said: if you qualify."}).status_code == 303
    again = tom.post(path, {"reason": "Really."})
    assert (again.status_code, "is open since" in again.text) == (409, True)
    with console.store.read() as connection:
        [row] = list_disputes(connection, call_id=call_id)
    assert (row.dispute.opened_by, row.state) == ("tom", DisputeState.OPEN)
    assert "I said: if you qualify." in tom.get(f"/calls/{call_id}").text
    assert tom.post(f"/calls/{call_id}/acknowledge", {"score": _score(console, call_id)}).status_code == 303
    assert "you have seen this score" in tom.get(f"/calls/{call_id}").text
    assert len(acts_of(console, "acknowledgement")) == 1
    reviewer, manager = (console.sign_in(role).get(f"/calls/{call_id}").text for role in ("reviewer", "manager"))
    assert "I said: if you qualify." in reviewer
    assert not re.search(r"\btom\b", reviewer)  # who reviews is not told whose call it is
    assert re.search(r"\btom\b", manager)


def test_agent_cannot_touch_calls_of_others(console: Console) -> None:
    call_id, maria = call_of(console, POOR), console.sign_in("agent", "maria", agent_id=GOOD)
    assert maria.post(f"/calls/{call_id}/criteria/no-guarantee/dispute", {"reason": "no"}).status_code == 404
    assert maria.post(f"/calls/{call_id}/acknowledge", {"score": _score(console, call_id)}).status_code == 404


def test_form_of_another_site_is_refused(console: Console) -> None:
    call_id, ann = call_of(console, POOR), console.sign_in("reviewer")
    sent = ann.client.post(f"/calls/{call_id}/agree", data={"score": _score(console, call_id)})
    assert sent.status_code == 403
    assert not evaluation_of(console, call_id).reviews
