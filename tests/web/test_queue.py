"""The review queue's page: what waits, for whom, what is next, and what people do about it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.records import CallScore, CriterionResult, QueueClosing, SampledCall, Severity, Status
from pipeline.review.answers import make_review
from pipeline.store.audit import AuditEntry, entries
from pipeline.store.queue import list_queued
from pipeline.store.reviews import put_review
from pipeline.store.samples import list_queue_closings, list_sampled, put_queue_closing, put_sampled
from tests.store.builders import NOW, flag, result, score, scored, taken_in
from tests.web.conftest import Console, Stay

GRAVE, WORSE_LATER, LOW, OPEN, DRAWN = "c-grave", "c-grave-2", "c-low", "c-open", "c-drawn"


@pytest.fixture
def filled(console: Console) -> Console:
    """A console in which exactly five calls wait: two critical, a low score, an open question, a sample for Bob."""
    with console.store.begin() as connection:
        for call in list_queued(connection):
            away = {"closed_by": "test", "reason": "not for this test", "closed_at": NOW + timedelta(days=3650)}
            put_queue_closing(connection, QueueClosing(closing_id=f"qc-{call.call_id}", call_id=call.call_id, **away))  # type: ignore[arg-type]
        _put(connection, GRAVE, code="critical_error", severity=Severity.CRITICAL, agent="maria.lopez", team="north")
        _put(
            connection,
            WORSE_LATER,
            code="critical_error",
            severity=Severity.CRITICAL,
            agent="jo",
            team="south",
            hours=2,
        )
        _put(connection, LOW, code="low_score", agent="jo", team="south", queue="billing", sentiment=-0.8)
        open_question = result("closing", "cannot_assess", asked="q:2")
        _put(connection, OPEN, result(asked="q:1"), open_question, agent="sam", team="north")
        made = _put(connection, DRAWN, agent="sam", team="south")
        put_sampled(
            connection,
            SampledCall(
                policy="random", period="2026-11", call_id=DRAWN, score_id=made.score_id, reason="drawn", seed=1,
                sampled_by="lead", sampled_at=NOW, reviewer="Bob",
            ),
        )  # fmt: skip
    return console


def _put(
    connection: Any,
    call_id: str,
    *results: CriterionResult,
    code: str | None = None,
    severity: Severity = Severity.MAJOR,
    agent: str,
    team: str,
    queue: str = "bank_support",
    hours: int = 0,
    sentiment: float | None = None,
) -> CallScore:
    at = NOW + timedelta(hours=hours)
    taken_in(connection, call_id, agent_id=agent, team=team, queue=queue, started_at=at, sha256=call_id)
    made = score(call_id, f"s-{call_id}", *(results or (result(status="fail" if code else "pass", asked="q:1"),)))
    raised = (flag(f"fl-{call_id}", of=made, code=code, severity=severity),) if code else ()
    scored(connection, made, *raised, customer_sentiment=sentiment)
    return made


def _listed(stay: Stay, query: str = "") -> list[str]:
    answer = stay.get(f"/queue{query}")
    assert answer.status_code == 200, answer.text
    return re.findall(r'<input type="checkbox" name="call_id" value="([^"]+)"', answer.text)


def _tiles(stay: Stay) -> list[str]:
    return re.findall(r'<dd><a href="/queue[^"]*">([\d,]+)</a></dd>', stay.get("/queue").text)


def _next(stay: Stay, query: str = "") -> str:
    answer = stay.get(f"/queue/next{query}")
    assert answer.status_code == 303
    return str(answer.headers["location"])


def _acts(console: Console, action: str) -> list[AuditEntry]:
    with console.store.read() as connection:
        return [entry for entry in entries(connection) if entry.action == action]


def _details(act: AuditEntry) -> Any:
    return json.loads(act.details)


def test_queue_lists_what_waits_in_its_order_and_tells_why(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    assert _listed(ann) == [GRAVE, WORSE_LATER, LOW, OPEN, DRAWN]
    page = ann.get("/queue").text
    for words in ("critical error", "low score", "unanswered", "random 2026-11", "for Bob"):
        assert words in page
    assert _tiles(ann) == ["5", "2", "0"]
    view = _acts(filled, "view")[-1]
    assert (view.actor, view.subject_kind, _details(view)["calls"]) == ("ann", "queue", 5)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("why=flagged", [GRAVE, WORSE_LATER, LOW]),
        ("why=unanswered", [OPEN]),
        ("why=sampled", [DRAWN]),
        ("severity=major", [LOW]),
        ("flag=critical_error", [GRAVE, WORSE_LATER]),
        ("team=north", [GRAVE, OPEN]),
        ("queue=billing", [LOW]),
        ("scored_by=other", []),
        ("since=2026-11-03", []),
        ("until=2026-11-01", []),
        ("since=2026-11-02&until=2026-11-02&why=flagged", [GRAVE, WORSE_LATER, LOW]),
        ("score_from=50", [OPEN, DRAWN]),
        ("score_to=50", [GRAVE, WORSE_LATER, LOW]),
        ("mood_to=-3", [LOW]),
        ("mood_from=-3", []),
        ("whose=anybody", [GRAVE, WORSE_LATER, LOW, OPEN]),
        ("whose=others", [DRAWN]),
        ("whose=mine", []),
        ("page=2", []),
    ],
)
def test_filters_leave_what_fits(filled: Console, query: str, expected: list[str]) -> None:
    assert _listed(filled.sign_in("reviewer"), f"?{query}") == expected


@pytest.mark.parametrize(
    "query",
    ["why=x", "severity=x", "whose=x", "since=x", "score_to=101", "mood_to=nan", "page=0", "team=%07"],
)
def test_filter_that_cannot_be_read_is_told(filled: Console, query: str) -> None:
    answer = filled.sign_in("reviewer").get(f"/queue?{query}")
    assert answer.status_code == 400
    assert query.split("=", maxsplit=1)[0] in answer.text


def test_whose_call_waits_is_shown_to_those_who_lead_only(filled: Console) -> None:
    ann, max_ = filled.sign_in("reviewer", "ann"), filled.sign_in("manager", "max")
    assert "maria.lopez" not in ann.get("/queue").text
    assert "maria.lopez" in max_.get("/queue").text
    assert len(_listed(ann, "?agent=jo")) == 5  # nor can they find out by asking for it
    assert _listed(max_, "?agent=jo") == [WORSE_LATER, LOW]


def test_scope_bounds_the_queue(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann", teams=("north",))
    assert _listed(ann) == [GRAVE, OPEN]
    assert _tiles(ann) == ["2", "1", "0"]
    assert _listed(ann, "?team=south") == []
    assert "south" not in ann.get("/queue").text
    for path in ("/queue/assign", "/queue/take-off"):
        assert ann.post(path, {"call_id": LOW, "to": "ann", "reason": "x"}).status_code == 404


@pytest.mark.parametrize("role", ["agent", "compliance"])
def test_queue_is_not_for_everybody(filled: Console, role: str) -> None:
    stay = filled.sign_in(role, agent_id="sam")
    assert stay.get("/queue").status_code == 403
    assert stay.get("/queue/next").status_code == 403
    for path in ("/queue/assign", "/queue/take-off", "/queue/sample"):
        assert stay.post(path, {"call_id": OPEN, "to": "x", "reason": "x"}).status_code == 403


def test_answer_is_seen_on_the_queue_at_once(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    assert OPEN in _listed(ann)
    with filled.store.begin() as connection:
        made = score(OPEN, f"s-{OPEN}", result(asked="q:1"), result("closing", "cannot_assess", asked="q:2"))
        answer = {"status": Status.PASS, "share": 1.0, "reviewer": "ann", "reason": "heard it", "now": NOW}
        put_review(connection, make_review(made, made.results[1], **answer))  # type: ignore[arg-type]
    assert _listed(ann) == [GRAVE, WORSE_LATER, LOW, DRAWN]


def test_next_call_goes_through_the_queue_and_keeps_the_filters(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    assert _next(ann) == f"/calls/{GRAVE}?from=queue"
    first = _next(ann, "?why=flagged&team=south")
    assert urlsplit(first).path == f"/calls/{WORSE_LATER}"
    assert parse_qs(urlsplit(first).query) == {"from": ["queue"], "why": ["flagged"], "team": ["south"]}
    assert _next(ann, f"?after={GRAVE}") == f"/calls/{WORSE_LATER}?from=queue"
    assert _next(ann, f"?after={LOW}") == f"/calls/{OPEN}?from=queue"
    assert _next(ann, f"?after={OPEN}") == f"/calls/{GRAVE}?from=queue"  # what was drawn for Bob is Bob's
    assert _next(ann, "?after=c-unknown") == f"/calls/{GRAVE}?from=queue"
    assert _next(ann, f"?queue=billing&after={LOW}") == "/queue?done=none&queue=billing"
    assert "Nothing waits for you here" in ann.get("/queue?done=none&queue=billing").text


def test_next_call_prefers_mine_and_leaves_out_what_others_have(filled: Console) -> None:
    ann, bob = filled.sign_in("reviewer", "ann"), filled.sign_in("reviewer", "bob")
    assert _next(bob) == f"/calls/{DRAWN}?from=queue"
    assert _next(bob, f"?after={DRAWN}") == f"/calls/{GRAVE}?from=queue"
    assert ann.post("/queue/assign", {"call_id": [OPEN, LOW], "to": "ann"}).status_code == 303
    assert _next(ann) == f"/calls/{LOW}?from=queue"
    assert _next(ann, f"?after={LOW}") == f"/calls/{OPEN}?from=queue"
    assert _next(ann, f"?after={OPEN}") == f"/calls/{GRAVE}?from=queue"
    assert _next(bob, f"?after={WORSE_LATER}") == f"/calls/{DRAWN}?from=queue"
    assert _next(ann, "?whose=others") == f"/calls/{DRAWN}?from=queue&whose=others"


def test_next_call_is_never_ones_own(filled: Console) -> None:
    assert _next(filled.sign_in("reviewer", "ann", agent_id="maria.lopez")) == f"/calls/{WORSE_LATER}?from=queue"
    assert _next(filled.sign_in("reviewer", "jo"), f"?after={GRAVE}") == f"/calls/{OPEN}?from=queue"


def test_calls_are_given_to_people_and_to_nobody(filled: Console) -> None:
    ann, bob = filled.sign_in("reviewer", "ann"), filled.sign_in("reviewer", "bob")
    answer = ann.post("/queue/assign", {"call_id": [GRAVE, LOW], "to": "ann", "back": "why=flagged&page=1&x=y"})
    assert answer.headers["location"] == "/queue?why=flagged&done=given&n=2"
    assert "Calls given: 2." in ann.get(answer.headers["location"]).text
    assert _listed(ann, "?whose=mine") == [GRAVE, LOW]
    assert _listed(bob, "?whose=others") == [GRAVE, LOW]
    ann.post("/queue/assign", {"call_id": LOW, "to": "*", "person": "BOB"})
    assert _listed(bob, "?whose=mine") == [LOW, DRAWN]
    bob.post("/queue/assign", {"call_id": LOW, "to": ""})
    assert LOW in _listed(ann, "?whose=anybody")
    told = [(act.actor, act.subject_id, _details(act)["to"]) for act in _acts(filled, "assignment")]
    assert told == [("ann", GRAVE, "ann"), ("ann", LOW, "ann"), ("ann", LOW, "bob"), ("bob", LOW, None)]


@pytest.mark.parametrize("to", ["nobody-there", "mia", "north-only", "gone", "jo-herself"])
def test_call_is_not_given_to_who_may_not_review_it(filled: Console, to: str) -> None:
    ann = filled.sign_in("reviewer", "ann")
    filled.add("mia", "compliance")
    filled.add("north-only", "reviewer", teams=("north",))
    filled.add("gone", "reviewer", active=False)
    filled.add("jo-herself", "reviewer", agent_id="jo")
    assert ann.post("/queue/assign", {"call_id": LOW, "to": to}).status_code == 409
    assert _acts(filled, "assignment") == []
    assert LOW in _listed(ann, "?whose=anybody")


def test_nothing_chosen_is_told(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    assert ann.post("/queue/assign", {"to": "ann"}).status_code == 400
    assert ann.post("/queue/assign", {"call_id": LOW, "to": "*"}).status_code == 400
    assert ann.post("/queue/assign", {"call_id": [f"c-{at}" for at in range(201)], "to": "ann"}).status_code == 400


def test_call_is_taken_off_with_a_reason(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    assert ann.post("/queue/take-off", {"call_id": LOW, "reason": " "}).status_code == 409
    assert LOW in _listed(ann)
    answer = ann.post("/queue/take-off", {"call_id": [LOW, OPEN], "reason": "test calls"})
    assert answer.headers["location"] == "/queue?done=taken-off&n=2"
    assert _listed(ann) == [GRAVE, WORSE_LATER, DRAWN]
    with filled.store.read() as connection:
        closing = list_queue_closings(connection, call_id=LOW)[0]
    assert (closing.closed_by, closing.reason) == ("ann", "test calls")
    assert [act.subject_id for act in _acts(filled, "queue")] == [LOW, OPEN]
    assert ann.post("/queue/take-off", {"call_id": LOW, "reason": "once more"}).status_code == 409


def test_sample_is_drawn_by_who_leads(filled: Console) -> None:
    max_, ann = filled.sign_in("manager", "max"), filled.sign_in("reviewer", "ann")
    form = {"policy": "random", "share": "100", "period": "all", "team": "south", "reviewers": "ann, bob"}
    assert ann.post("/queue/sample", form).status_code == 403
    assert "Draw a sample" not in ann.get("/queue").text
    answer = max_.post("/queue/sample", form)
    assert answer.status_code == 303
    with filled.store.read() as connection:
        drawn = {each.call_id for each in list_sampled(connection, policy="random", period="all")}
    assert drawn >= {WORSE_LATER, LOW, DRAWN}
    assert GRAVE not in drawn
    assert answer.headers["location"] == f"/queue?done=drawn&n={len(drawn)}"
    assert max_.post("/queue/sample", form).headers["location"] == "/queue?done=drawn&n=0"
    assert _details(_acts(filled, "sample")[0])["team"] == "south"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"policy": "best"}, 400),
        ({"count": "0"}, 400),
        ({"share": "101"}, 400),
        ({"period": "soon"}, 409),
        ({"policy": "per-reviewer", "period": "all"}, 409),
    ],
)
def test_sample_that_makes_no_sense_is_told(filled: Console, form: dict[str, str], status: int) -> None:
    assert filled.sign_in("manager").post("/queue/sample", form).status_code == status


def test_sample_stays_within_ones_teams(filled: Console) -> None:
    max_ = filled.sign_in("manager", "max", teams=("north", "west"))
    everything = {"policy": "random", "share": "100", "period": "all"}
    assert max_.post("/queue/sample", everything).status_code == 409
    assert max_.post("/queue/sample", {**everything, "team": "south"}).status_code == 409
    assert max_.post("/queue/sample", {**everything, "team": "north"}).status_code == 303
    with filled.store.read() as connection:
        drawn = {each.call_id for each in list_sampled(connection, policy="random", period="all")}
    assert {GRAVE, OPEN} <= drawn
    assert not drawn & {LOW, WORSE_LATER, DRAWN}


def test_view_is_saved_opened_and_deleted_by_its_owner(filled: Console) -> None:
    ann, bob = filled.sign_in("reviewer", "ann"), filled.sign_in("reviewer", "bob")
    answer = ann.post("/views", {"page": "queue", "name": "Grave ones", "query": "severity=critical&page=3&x=y"})
    assert answer.headers["location"] == "/queue?severity=critical&done=saved"
    page = ann.get("/queue").text
    assert '<a class="chip" href="/queue?severity=critical" >Grave ones</a>' in page
    assert "Grave ones" not in bob.get("/queue").text
    view_id = re.findall(r"/views/(v-[^/]+)/delete", page)[0]
    assert bob.post(f"/views/{view_id}/delete").status_code == 404
    assert ann.post("/views", {"page": "queue", "name": "Grave ones", "query": "why=flagged"}).status_code == 303
    assert ann.get("/queue").text.count("Grave ones</a>") == 1
    assert ann.post(f"/views/{view_id}/delete").headers["location"] == "/queue?done=deleted"
    assert "Grave ones" not in ann.get("/queue").text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"page": "queue", "name": "all", "query": ""}, 400),
        ({"page": "people", "name": "all", "query": "why=flagged"}, 400),
        ({"page": "queue", "name": " ", "query": "why=flagged"}, 409),
        ({"page": "queue", "name": "bad", "query": "why=x"}, 400),
    ],
)
def test_view_that_makes_no_sense_is_told(filled: Console, form: dict[str, str], status: int) -> None:
    assert filled.sign_in("reviewer").post("/views", form).status_code == status


@pytest.mark.parametrize("account", [{"name": "sam"}, {"name": "x", "agent_id": "sam"}])
def test_own_call_is_neither_taken_off_nor_given_away(filled: Console, account: dict[str, str]) -> None:
    own = filled.sign_in("manager", **account)
    filled.add("bob", "reviewer")
    off = own.post("/queue/take-off", {"call_id": [GRAVE, OPEN], "reason": "nothing in it"})
    given = own.post("/queue/assign", {"call_id": [OPEN], "to": "bob"})
    by_program = own.post(f"/api/v1/queue/{OPEN}/take-off", json={"reason": "nothing in it"})
    assert [answer.status_code for answer in (off, given, by_program)] == [409, 409, 409]
    assert "you took one of these calls" in off.text
    assert _listed(own) == [GRAVE, WORSE_LATER, LOW, OPEN, DRAWN]
    assert _acts(filled, "assignment") == []
