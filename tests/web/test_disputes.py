"""Disputes: who sees which, who may rule, what a ruling does."""

from __future__ import annotations

from pipeline.records import DisputeState, Status
from pipeline.review.answers import result_of
from pipeline.reviewing.disputes import dispute_answer
from pipeline.store.disputes import get_dispute
from tests.web.calls import POOR, acts_of, call_of, details_of, evaluation_of
from tests.web.conftest import Console, Stay

QUESTION = "no-guarantee"
RULING = {"answer": "pass", "reason": "It was said at the end."}


def _dispute(console: Console, *, by: str = "tom", question: str = QUESTION) -> str:
    with console.store.begin() as connection:
        made = dispute_answer(
            connection,
            call_of(console, POOR),
            question,
            by=by,
            reason="I promised nothing.",
            settings=console.settings.review,
            now=console.site.now(),
        )
    return made.dispute_id


def _tom(console: Console) -> Stay:
    return console.sign_in("agent", "tom", agent_id=POOR)


def _state(console: Console, dispute_id: str) -> DisputeState:
    with console.store.read() as connection:
        return get_dispute(connection, dispute_id).state


def test_open_disputes_are_listed_with_question_answer_and_reason(console: Console) -> None:
    dispute_id, max_ = _dispute(console), console.sign_in("manager", "max")
    page = max_.get("/disputes").text
    assert f'id="{dispute_id}"' in page
    assert "I promised nothing." in page
    assert f'href="/calls/{call_of(console, POOR)}#criterion-{QUESTION}"' in page
    assert ">tom<" in page
    [entry] = acts_of(console, "view")
    assert (entry.actor, entry.subject_kind) == ("max", "disputes")


def test_who_judges_blind_is_not_told_who_objects(console: Console) -> None:
    dispute_id, ann = _dispute(console), console.sign_in("reviewer", "ann")
    for page in (ann.get("/disputes").text, ann.get(f"/disputes/{dispute_id}").text):
        assert "the agent" in page
        assert "tom" not in page.replace("bottom", "").replace("custom", "")


def test_upheld_dispute_corrects_the_answer_and_is_logged(console: Console) -> None:
    dispute_id, ann = _dispute(console), console.sign_in("reviewer", "ann")
    assert "I promised nothing." in ann.get(f"/disputes/{dispute_id}").text
    sent = ann.post(f"/disputes/{dispute_id}/uphold", RULING)
    assert (sent.status_code, sent.headers["location"]) == (303, "/disputes?done=upheld")
    counts = result_of(evaluation_of(console, call_of(console, POOR)).effective, QUESTION)
    assert (counts.status, _state(console, dispute_id)) == (Status.PASS, DisputeState.UPHELD)
    [ruling] = acts_of(console, "ruling")
    assert details_of(ruling)["outcome"] == "upheld"
    assert len(acts_of(console, "review")) == 1
    assert dispute_id not in ann.get("/disputes").text
    assert dispute_id in ann.get("/disputes?state=ended").text
    assert ann.post(f"/disputes/{dispute_id}/uphold", RULING).status_code == 409


def test_share_in_words_counts_before_the_chosen_answer(console: Console) -> None:
    dispute_id, ann = _dispute(console), console.sign_in("reviewer", "ann")
    assert ann.post(f"/disputes/{dispute_id}/uphold", {**RULING, "share": "30%"}).status_code == 303
    counts = result_of(evaluation_of(console, call_of(console, POOR)).effective, QUESTION)
    assert (counts.status, counts.share) == (Status.PARTIAL, 0.3)


def test_ruling_that_cannot_be_kept_shows_the_form_again_as_it_was(console: Console) -> None:
    dispute_id, ann = _dispute(console), console.sign_in("reviewer", "ann")
    for sent, told in (
        ({"answer": "pass", "reason": " "}, "a reason is needed"),
        ({"answer": "", "reason": "heard it twice"}, "choose the right answer"),
        ({"answer": "perhaps", "reason": "heard it twice"}, "is no answer to it"),
        ({"answer": "fail", "reason": "heard it twice"}, "give the right one"),
    ):
        answer = ann.post(f"/disputes/{dispute_id}/uphold", sent)
        assert (answer.status_code, told in answer.text) == (409, True), told
        assert sent["reason"].strip() in answer.text
    assert ann.post(f"/disputes/{dispute_id}/reject", {"reason": ""}).status_code == 409
    assert _state(console, dispute_id) is DisputeState.OPEN
    assert not acts_of(console, "ruling")


def test_rejected_dispute_leaves_the_answer_and_the_agent_reads_why(console: Console) -> None:
    dispute_id, tom = _dispute(console), _tom(console)
    ann = console.sign_in("reviewer", "ann")
    assert ann.post(f"/disputes/{dispute_id}/reject", {"reason": "It was promised."}).status_code == 303
    assert not evaluation_of(console, call_of(console, POOR)).reviews
    page = tom.get("/disputes/mine").text
    assert "It was promised." in page
    assert "/withdraw" not in page


def test_nobody_rules_on_what_they_opened_or_on_their_own_call(console: Console) -> None:
    dispute_id = _dispute(console, by="Max")
    opener = console.sign_in("manager", "max")
    lead = console.sign_in("manager", "lead", agent_id=POOR)
    for stay, told in ((opener, "You opened it"), (lead, "You took this call")):
        assert told in stay.get(f"/disputes/{dispute_id}").text
        assert stay.post(f"/disputes/{dispute_id}/uphold", RULING).status_code == 409
        assert stay.post(f"/disputes/{dispute_id}/reject", {"reason": "no"}).status_code == 409
    assert _state(console, dispute_id) is DisputeState.OPEN


def test_agent_withdraws_their_own_dispute_only(console: Console) -> None:
    own, of_lead = _dispute(console), _dispute(console, by="lead", question="closing-thanks")
    tom, maria = _tom(console), console.sign_in("agent", "maria", agent_id="maria.lopez")
    assert own in tom.get("/disputes/mine").text
    assert own not in maria.get("/disputes/mine").text
    assert maria.post(f"/disputes/{own}/withdraw").status_code == 404
    assert tom.post(f"/disputes/{of_lead}/withdraw").status_code == 409
    assert tom.post(f"/disputes/{own}/withdraw").status_code == 303
    assert _state(console, own) is DisputeState.WITHDRAWN


def test_disputes_out_of_scope_are_not_there(console: Console) -> None:
    dispute_id = _dispute(console)
    north = console.sign_in("manager", "max", teams=("north",))
    assert dispute_id not in north.get("/disputes").text
    for path in (f"/disputes/{dispute_id}", "/disputes/d-none", f"/disputes/{dispute_id[:6]}"):
        assert north.get(path).status_code == 404
    assert north.post(f"/disputes/{dispute_id}/uphold", RULING).status_code == 404
    assert north.post(f"/disputes/{dispute_id}/reject", {"reason": "no"}).status_code == 404


def test_roles_without_the_right_are_kept_out(console: Console) -> None:
    dispute_id, tom = _dispute(console), _tom(console)
    olive = console.sign_in("compliance", "olive")
    for stay in (tom, olive):
        assert stay.get("/disputes").status_code == 403
        assert stay.get(f"/disputes/{dispute_id}").status_code == 403
        assert stay.post(f"/disputes/{dispute_id}/uphold", RULING).status_code == 403
    assert olive.get("/disputes/mine").status_code == 403


def test_lists_filter_by_state_and_agent_and_turn_pages(console: Console) -> None:
    dispute_id, max_ = _dispute(console), console.sign_in("manager", "max")
    assert dispute_id in max_.get(f"/disputes?state=all&agent={POOR}").text
    assert dispute_id not in max_.get("/disputes?state=all&agent=maria.lopez").text
    assert dispute_id not in max_.get("/disputes?state=rejected").text
    assert dispute_id not in max_.get("/disputes?page=2").text
    assert max_.get("/disputes?state=nonsense").status_code == 422
