"""Blind sessions: nobody sees what they must not; results; the machine beside people."""

from __future__ import annotations

import re
from typing import Any

from pipeline.records import SessionClosing, Status
from pipeline.store.calibration_sessions import list_sessions, put_closing
from pipeline.store.calls import get_recording
from pipeline.store.reviews import all_reviews
from tests.web.calls import GOOD, POOR, acts_of, call_of, details_of, evaluation_of
from tests.web.conftest import Console, Stay
from tests.web.waiting import page_when


def until(stay: Stay, path: str, told: str) -> str:
    """Ask for a page until its figures are there; they are counted beside requests."""
    return page_when(stay, path, lambda page: told in page)


def _people(console: Console) -> tuple[Stay, Stay]:
    return console.sign_in("manager", "max"), console.sign_in("reviewer", "ann")


def _start(console: Console, lead: Stay, **changes: Any) -> Any:
    form = {"calls": call_of(console, POOR), "reviewers": ["ann"], "expert": "max"}
    return lead.post("/calibration", {**form, **changes})


def _session(console: Console, lead: Stay) -> str:
    sent = _start(console, lead)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def _address(console: Console, session: str, agent: str = POOR) -> str:
    return f"{session}/calls/{call_of(console, agent)}"


def _ids(console: Console) -> list[str]:
    return [result.criterion_id for result in evaluation_of(console, call_of(console, POOR)).machine.results]


def _all(console: Console, answer: str, reason: str = "heard it") -> dict[str, str]:
    ids = _ids(console)
    return {**{f"answer-{each}": answer for each in ids}, **{f"reason-{each}": reason for each in ids}}


def test_session_goes_from_start_to_results(console: Console) -> None:
    max_, ann = _people(console)
    session = _session(console, max_)
    assert session in ann.get("/calibration").text
    page = ann.get(session).text
    assert f"0 of {len(_ids(console))}" in page
    assert ann.post(_address(console, session), _all(console, "pass")).headers["location"] == session
    assert max_.post(_address(console, session), _all(console, "fail", "heard otherwise")).status_code == 303
    assert max_.post(f"{session}/close").status_code == 303
    results = ann.get(session).text
    assert f"0 of {len(_ids(console))}" in results
    for words in ("heard it", "heard otherwise", "100 points apart", "far apart"):
        assert words in results
    assert "Krippendorff" in until(ann, session, "Krippendorff")
    assert ann.get(_address(console, session)).headers["location"] == session
    assert ann.post(_address(console, session), _all(console, "pass")).status_code == 409
    with console.store.read() as connection:
        assert not all_reviews(connection)  # nothing was corrected
    acts = [(entry.actor, entry.action) for entry in (*acts_of(console, "session"), *acts_of(console, "review"))]
    assert acts.count(("max", "session")) == 2
    assert acts.count(("ann", "review")) == len(_ids(console))
    assert not any({"answer", "review"} & set(details_of(entry)) for entry in acts_of(console, "review"))


def test_blind_page_tells_neither_the_machines_answers_nor_anybody_elses(console: Console) -> None:
    max_, ann = _people(console)
    session = _session(console, max_)
    assert max_.post(_address(console, session), _all(console, "fail", "the expert's own words")).status_code == 303
    page = ann.get(_address(console, session)).text
    assert "the expert&#39;s own words" not in page
    assert "the expert's own words" not in page
    assert "checked" not in page
    evaluation = evaluation_of(console, call_of(console, POOR))
    for result in evaluation.machine.results:
        assert result.reason not in page, result.criterion_id
    for told in ("is-fail", "is-pass", "confidence", 'class="piece', "<mark", POOR, "south"):
        assert told not in page
    assert "said" not in ann.get(session).text.replace("said.", "")  # progress, and no answer
    assert "the expert" not in ann.get(session).text
    assert "data-start-ms=" in page
    assert f'src="/calls/{call_of(console, POOR)}/audio"' in page


def test_page_does_not_change_with_what_the_machine_answered(console: Console) -> None:
    max_, ann = _people(console)
    session = _session(console, max_)
    before = ann.get(_address(console, session)).text
    with console.store.begin() as connection:
        connection.exec_driver_sql("UPDATE criterion_results SET status = 'cannot_assess', reason = 'other'")
        connection.exec_driver_sql("UPDATE criterion_results SET evidence = '[]', points_earned = NULL")
    assert ann.get(_address(console, session)).text == before


def test_answers_are_kept_one_by_one_and_problems_shown_beside_their_question(console: Console) -> None:
    max_, ann = _people(console)
    address = _address(console, _session(console, max_))
    first, second, third, fourth = _ids(console)[:4]
    sent = ann.post(
        address,
        {
            f"answer-{first}": "pass",
            f"reason-{first}": "clear",
            f"answer-{second}": "pass",
            f"share-{third}": "700%",
            f"reason-{third}": "much",
            f"reason-{fourth}": "a reason without an answer",
        },
    )
    assert sent.status_code == 409
    assert "3 answers were not kept" in sent.text
    for told in (
        "a reason is needed",
        "more than all of the points",
        "choose an answer, too",
        "a reason without an ans",
    ):
        assert told in sent.text
    with console.store.read() as connection:
        [kept] = all_reviews(connection, kind="blind")
    assert (kept.criterion_id, kept.status, kept.reviewer) == (first, Status.PASS, "ann")


def test_answers_are_shown_to_oneself_and_only_changed_ones_are_kept_again(console: Console) -> None:
    max_, ann = _people(console)
    address = _address(console, _session(console, max_))
    first, second = _ids(console)[:2]
    form = {f"answer-{first}": "pass", f"reason-{first}": "clear", f"share-{second}": "30%", f"reason-{second}": "so"}
    assert ann.post(address, form).headers["location"] == f"{address}?kept=2"
    page = ann.get(address).text
    assert page.count("checked") == 1
    assert 'value="30%"' in page
    assert ann.post(address, form).headers["location"] == f"{address}?kept=0"
    assert ann.post(address, {**form, f"answer-{first}": "fail"}).headers["location"] == f"{address}?kept=1"


def test_only_who_takes_part_sees_a_session_and_only_its_calls(console: Console) -> None:
    max_, ann = _people(console)
    session = _session(console, max_)
    bob, tom = console.sign_in("reviewer", "bob"), console.sign_in("agent", "tom", agent_id=POOR)
    assert session not in bob.get("/calibration").text
    for path in (session, _address(console, session)):
        assert bob.get(path).status_code == 404
        assert tom.get(path).status_code == 403
    assert bob.post(_address(console, session), _all(console, "pass")).status_code == 404
    assert bob.post(f"{session}/close").status_code == 404
    assert ann.get(_address(console, session, GOOD)).status_code == 404
    assert ann.get(session[:-4]).status_code == 404
    admin = console.sign_in("admin")
    assert admin.get(session).status_code == 200
    assert admin.get(_address(console, session)).status_code == 404  # leads, and answers nothing
    north = console.sign_in("manager", "nora", teams=("north",))
    assert session not in north.get("/calibration").text
    assert north.get(session).status_code == 404


def test_session_is_closed_by_who_started_it_and_with_answers_missing_only_on_purpose(console: Console) -> None:
    max_, ann = _people(console)
    session = _session(console, max_)
    assert ann.post(f"{session}/close", {"anyway": "yes"}).status_code == 409
    refused = max_.post(f"{session}/close")
    assert (refused.status_code, "answers are missing" in refused.text) == (409, True)
    assert max_.post(f"{session}/close", {"anyway": "yes"}).status_code == 303
    assert max_.post(f"{session}/close", {"anyway": "yes"}).status_code == 409
    assert "nobody answered what the expert did" in max_.get(session).text


def test_sessions_that_cannot_be_made_show_the_form_again(console: Console) -> None:
    max_, _ = _people(console)
    console.add("nora", "reviewer", teams=("north",))
    console.add("own", "reviewer", agent_id=POOR)
    console.add("olive", "compliance")
    for changes, told in (
        ({"calls": "", "sample": "0"}, "one of them"),
        ({"reviewers": []}, "at least one reviewer"),
        ({"reviewers": ["max"]}, "named twice"),
        ({"reviewers": ["olive"]}, "choose again"),
        ({"reviewers": ["nora"]}, "nora may not see call"),
        ({"reviewers": ["own"]}, "own took call"),
        ({"calls": "c-none"}, "no such call"),
        ({"calls": "", "sample": "50"}, "to draw from"),
    ):
        answer = _start(console, max_, **changes)
        assert (answer.status_code, told in answer.text) == (409, True), (changes, told)
    with console.store.read() as connection:
        assert list_sessions(connection) == []
    assert console.sign_in("reviewer", "eve").post("/calibration", {}).status_code == 403


def test_drawn_calls_are_in_scope_and_nobodys_own(console: Console) -> None:
    console.add("ann", "reviewer")
    console.add("lead", "manager", agent_id=GOOD)
    south = console.sign_in("manager", "max", teams=("south",))
    sent = _start(console, south, calls="", sample="2")
    assert sent.status_code == 303
    drawn = console.sign_in("admin")
    assert _start(console, drawn, calls="", sample="2", expert="lead").status_code == 303
    with console.store.read() as connection:
        calls = {call.call_id for row in list_sessions(connection) for call in row.session.calls}
        assert {get_recording(connection, call_id).agent_id for call_id in calls} == {POOR}
    assert _start(console, south, calls=call_of(console, GOOD)).status_code == 409


def test_agreement_of_machine_and_people_is_bounded_by_scope(console: Console) -> None:
    ann, call_id = console.sign_in("reviewer", "ann"), call_of(console, POOR)
    nobody, empty = "Nobody has answered under this rubric yet", "No expert has answered blind"
    assert nobody in until(ann, "/calibration/agreement", nobody)
    score_id = evaluation_of(console, call_id).machine.score_id
    answered = {"score": score_id, "answer": "pass", "reason": "said later"}
    assert ann.post(f"/calls/{call_id}/criteria/no-guarantee/answer", answered).status_code == 303
    console.site.kept.clear()
    page = until(ann, "/calibration/agreement", "All questions")
    assert re.search(r'data-label="Pairs" class="number">1<', page)
    assert empty in until(ann, "/calibration/agreement?against=experts", empty)
    north = console.sign_in("manager", "max", teams=("north",))
    assert nobody in until(north, "/calibration/agreement", nobody)
    assert console.sign_in("agent", agent_id=POOR).get("/calibration/agreement").status_code == 403


def test_call_shows_no_answers_to_whoever_has_questions_left_about_it(console: Console) -> None:
    max_, ann = _people(console)
    other = console.sign_in("reviewer", "zoe")
    session = _session(console, max_)
    call_id = call_of(console, POOR)
    pages = (f"/calls/{call_id}", f"/api/v1/calls/{call_id}", f"/api/v1/calls/{call_id}/scores")
    for path in pages:
        refused = ann.get(path)
        assert refused.status_code == 409, path
        assert "questions left" in refused.text
        assert f"{session}/calls/{call_id}" in refused.text
        assert other.get(path).status_code == 200
    some = dict(list(_all(console, "pass").items())[:1])
    ann.post(_address(console, session), {**some, **{name.replace("answer", "reason"): "x" for name in some}})
    assert ann.get(pages[0]).status_code == 409
    ann.post(_address(console, session), _all(console, "pass"))
    assert [ann.get(path).status_code for path in pages] == [200, 200, 200]
    assert max_.get(pages[0]).status_code == 409
    max_.post(f"{session}/close", {"anyway": "yes"})
    assert ann.get(session).status_code == 200


def test_lists_tell_nothing_of_calls_about_which_somebody_has_questions_left(console: Console) -> None:
    max_, ann = _people(console)
    other = console.sign_in("reviewer", "zoe")
    call_id = call_of(console, POOR)

    def told(stay: Stay) -> tuple[object, object, list[str], list[str]]:
        [call] = [each for each in stay.get("/api/v1/calls").json()["items"] if each["call_id"] == call_id]
        [waiting] = [each for each in stay.get("/api/v1/queue").json()["items"] if each["call_id"] == call_id] or [{}]
        flags = [each["flag"]["call_id"] for each in stay.get("/api/v1/flags").json()["items"]]
        reasons = [each["kind"] for each in waiting.get("reasons", [])]
        return call["share"], call["severity"], reasons, [each for each in flags if each == call_id]

    before = told(ann)
    assert None not in before
    assert before[2]
    assert before[3]
    session = _session(console, max_)
    assert told(ann) == (None, None, [], [])
    assert told(other) == before
    for page in ("/calls", "/queue"):
        [row] = [part for part in ann.get(page).text.split("<tr>") if f"/calls/{call_id}" in part]
        assert "%" not in row
        assert "critical" not in row
    ann.post(_address(console, session), _all(console, "pass"))
    assert told(ann) == before


def test_closed_session_hides_nothing(console: Console) -> None:
    max_, ann = _people(console)
    session = _session(console, max_)
    with console.store.begin() as connection:
        closing = SessionClosing(session_id=session.rsplit("/", 1)[1], closed_by="max", closed_at=console.site.now())
        put_closing(connection, closing)
    assert ann.get(f"/calls/{call_of(console, POOR)}").status_code == 200
