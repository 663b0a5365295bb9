"""The API: who gets in, what is refused and how that is told, lists in pages, reading and writing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.acts import Act, log_acts
from app.web.access.rights import MAY, Permission
from app.web.access.tokens import make_token
from app.web.authored import on_disk
from app.web.errors import BadRequestError
from pipeline.audit.log import check_log
from pipeline.records import UserRole
from pipeline.store.audit import entries
from pipeline.store.people import change_user
from pipeline.store.search_index import index_some
from pipeline.store.tables import recordings
from tests.store.builders import taken_in
from tests.web.api_tokens import program, token_of
from tests.web.calls import acts_of, details_of
from tests.web.conftest import Console

API = "/api/v1"
CALLS = f"{API}/calls"


def first_call(client: TestClient) -> str:
    """Return the id of the newest scored call."""
    found: str = client.get(CALLS, params={"state": "scored", "limit": 1}).json()["items"][0]["call_id"]
    return found


def test_token_says_who_asks_and_what_they_may(console: Console) -> None:
    user = console.add("ann", "manager", teams=("north",))
    client = console.visit()
    client.headers["authorization"] = f"Bearer {token_of(console, user, ['calls.see', 'search'])}"
    told = client.get(f"{API}/me").json()
    assert (told["name"], told["role"], told["permissions"]) == ("ann", "manager", ["calls.see", "search"])
    assert told["scope"] == {"agent_id": None, "teams": ["north"]}
    assert client.get(f"{API}/audit-log").status_code == 403


def test_token_is_for_the_api_only(console: Console) -> None:
    client = program(console, "admin")
    assert client.get(f"{API}/me").status_code == 200
    assert client.get("/account").status_code == 303


def test_token_has_the_rights_that_its_owner_still_has(console: Console) -> None:
    user = console.add("ann", "manager")
    words = token_of(console, user)
    with console.store.begin() as connection:
        change_user(connection, dataclasses.replace(user, role=UserRole.COMPLIANCE))
    client = console.visit()
    client.headers["authorization"] = f"Bearer {words}"
    told = set(client.get(f"{API}/me").json()["permissions"])
    assert told == {str(each) for each in MAY[UserRole.COMPLIANCE] & MAY[UserRole.MANAGER]}


@pytest.mark.parametrize(
    ("rights", "days", "name"),
    [
        (["people.manage"], 90, "x"),
        ([], 90, "x"),
        (["calls.see"], 0, "x"),
        (["calls.see"], 366, "x"),
        (["calls.see"], 9, " "),
    ],
)
def test_token_has_no_other_rights_than_its_owner_and_an_end(
    console: Console, rights: list[str], days: int, name: str
) -> None:
    user = console.add("ann", "reviewer")
    with console.store.begin() as connection, pytest.raises(BadRequestError):
        make_token(connection, user, name=name, permissions=rights, days=days, now=console.site.now())


def test_token_that_is_over_revoked_or_unknown_lets_nobody_in(console: Console) -> None:
    ann = console.sign_in("reviewer")
    site = console.site
    page = ann.post("/account/tokens", {"name": "export", "rights": ["calls.see"], "days": "7"})
    words = page.text.split('id="made" value="')[1].split('"')[0]
    client = console.visit()
    client.headers["authorization"] = f"Bearer {words}"
    assert client.get(f"{API}/me").status_code == 200
    assert words not in ann.get("/account/tokens").text
    console.app.state.site = dataclasses.replace(site, now=lambda: site.now() + timedelta(days=7, seconds=5))
    over = client.get(f"{API}/me")
    console.app.state.site = site
    token_id = ann.get("/account/tokens").text.split("/account/tokens/")[1].split("/")[0]
    assert ann.post(f"/account/tokens/{token_id}/revoke").status_code == 303
    revoked = client.get(f"{API}/me")
    client.headers["authorization"] = "Bearer ek_nobodys"
    for answer in (over, revoked, client.get(f"{API}/me")):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "unknown, over or revoked" in answer.json()["detail"]


def test_tokens_of_others_cannot_be_revoked(console: Console) -> None:
    ann, bob = console.sign_in("reviewer", "ann"), console.sign_in("reviewer", "bob")
    ann.post("/account/tokens", {"name": "of-ann", "rights": ["calls.see"], "days": "7"})
    token_id = ann.get("/account/tokens").text.split("/account/tokens/")[1].split("/")[0]
    assert bob.post(f"/account/tokens/{token_id}/revoke").status_code == 404
    assert "of-ann" not in bob.get("/account/tokens").text


def test_refusals_say_what_to_do(console: Console) -> None:
    user = console.add("max", "manager")
    client = console.visit()
    client.headers["authorization"] = f"Bearer {token_of(console, user, ['calls.see'])}"
    of_token = client.get(f"{API}/search?q=card")
    assert of_token.status_code == 403
    assert "this token was not given" in of_token.json()["detail"]
    of_role = program(console, "agent", "maria", agent_id="maria").get(f"{API}/search?q=card")
    assert "your role does not have" in of_role.json()["detail"]
    assert "like 2026-11-01T00:00:00Z" in client.get(f"{API}/calls?since=2026-11-01").json()["detail"]


def test_wrong_tokens_are_limited_and_good_ones_are_let_in_all_the_same(console: Console) -> None:
    good = program(console, "reviewer")
    wrong = console.visit()
    wrong.headers["authorization"] = "Bearer ek_wrong"
    statuses = [wrong.get(f"{API}/me").status_code for _ in range(51)]
    assert statuses == [401] * 50 + [429]
    assert wrong.get(f"{API}/me").headers["retry-after"] == "900"
    failed = acts_of(console, "sign-in-failed")
    assert [details_of(entry)["why"] for entry in failed] == ["wrong token", "too many wrong tokens"]
    assert "ek_wrong" not in str(failed)
    assert good.get(f"{API}/me").status_code == 200


def test_cookie_reads_and_writes_with_the_form_token_only(console: Console) -> None:
    ann = console.sign_in("reviewer")
    call_id = first_call(ann.client)
    comment = {"text": "Listen to the end."}
    assert ann.client.post(f"{CALLS}/{call_id}/comments", json=comment).status_code == 403
    headers = {"x-form-token": ann.form_token()}
    assert ann.client.post(f"{CALLS}/{call_id}/comments", json=comment, headers=headers).status_code == 201
    assert ann.get(f"{CALLS}/{call_id}/comments").json()["items"][0]["written_by"] == "reviewer"


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", "/calls/c-nobody", {}, 404),
        ("GET", "/calls/c", {}, 404),
        ("GET", "/calls?agnet=maria", {}, 422),
        ("GET", "/calls?agent=a&agent=b", {}, 422),
        ("GET", "/calls?limit=0", {}, 422),
        ("GET", "/calls?limit=201", {}, 422),
        ("GET", "/calls?state=sconed", {}, 422),
        ("GET", "/calls?since=2026-10-01T00:00:00", {}, 422),
        ("GET", "/calls?share_from=2", {}, 422),
        ("GET", "/calls?cursor=abc", {}, 400),
        ("GET", "/calls?cursor=W10", {}, 400),
        ("GET", "/calls?cursor=WzEsMl0", {}, 400),
        ("GET", "/me?x=1", {}, 422),
        ("DELETE", "/calls", {}, 405),
        ("POST", "/flags/fl-nobody/close", {"json": {"reason": "Seen."}}, 404),
        ("POST", "/flags/fl-nobody/close", {"json": {}}, 422),
        ("POST", "/flags/fl-nobody/close", {"json": {"reason": "Seen.", "reasn": 1}}, 422),
        ("POST", "/flags/fl-nobody/close", {"json": {"reason": ""}}, 422),
        ("POST", "/flags/fl-nobody/close", {"content": b"reason=Seen"}, 415),
        ("POST", "/flags/fl-nobody/close", {"data": {"reason": "Seen."}}, 415),
        (
            "POST",
            "/flags/fl-nobody/close",
            {"content": b'{"reason": ', "headers": {"content-type": "application/json"}},
            422,
        ),
        (
            "POST",
            "/flags/fl-nobody/close",
            {"content": b'{"reason": "' + b"x" * 1_000_001 + b'"}', "headers": {"content-type": "application/json"}},
            413,
        ),
        ("POST", "/disputes/d-nobody/ruling", {"json": {"outcome": "upheld", "reason": "Right."}}, 422),
        ("GET", "/search?q=", {}, 422),
        ("GET", '/search?q="refund', {}, 422),
        ("GET", "/rubrics/nobodys/1", {}, 404),
        ("GET", "/rules/nobodys", {}, 404),
        ("GET", "/scorecards/agents/nobody", {}, 404),
        ("GET", "/scorecards?period=days&day=2026-10-01", {}, 422),
        ("GET", "/adherence?first=2026-10-02&last=2026-10-01", {}, 422),
        ("GET", "/coaching/items", {}, 422),
        ("GET", "/coaching/items?agent=nobody", {}, 404),
    ],
)
def test_failures_are_problems_with_a_reason(
    console: Console, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    if path.startswith("/ru"):
        assert on_disk(console.site, wait_s=120).value  # rubrics and rules: a busy machine takes a while to read them
    answer = program(console, "manager").request(method, API + path, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert len(problem["detail"]) > 8


def test_misspelled_filter_names_those_that_there_are(console: Console) -> None:
    detail = program(console, "manager").get(CALLS, params={"agnet": "maria"}).json()["detail"]
    assert "'agnet'" in detail
    assert "agent" in detail.split("there are:")[1]


def test_nobody_is_told_what_is_needed(console: Console) -> None:
    answer = console.visit().get(CALLS)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def whole_list(
    client: TestClient, path: str, *, limit: int, between: Callable[[], None] = lambda: None, **more: Any
) -> list[Any]:
    """Return a list read page by page, by the links that lead from one to the next."""
    items: list[Any] = []
    answer = client.get(path, params={"limit": limit, **more})
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            assert "link" not in answer.headers
            return items
        between()
        assert f"cursor={page['next']}" in answer.headers["link"]
        answer = client.get(answer.headers["link"].split(">")[0][1:])


@pytest.mark.parametrize("order", ["newest", "oldest", "best", "worst"])
@pytest.mark.parametrize("limit", [1, 2, 3, 8])
def test_pages_of_calls_make_the_whole_list(console: Console, order: str, limit: int) -> None:
    client = program(console, "admin")
    everything = client.get(CALLS, params={"limit": 200, "order": order}).json()["items"]
    assert len(everything) == 8
    assert whole_list(client, CALLS, limit=limit, order=order) == everything


def test_pages_of_calls_hold_none_twice_while_calls_are_added(console: Console) -> None:
    client = program(console, "admin")
    before = {call["call_id"] for call in client.get(CALLS, params={"limit": 200}).json()["items"]}
    added: list[str] = []

    def add() -> None:
        number = len(added)
        at = datetime(2026, 10, 6, 12, tzinfo=UTC) + timedelta(hours=7 * number) if number % 3 else None
        with console.store.begin() as connection:
            added.append(taken_in(connection, f"c-added-{number}", started_at=at).call_id)

    seen = [call["call_id"] for call in whole_list(client, CALLS, limit=2, between=add)]
    assert len(seen) == len(set(seen))
    assert before <= set(seen) <= before | set(added)
    assert added


@pytest.mark.parametrize("path", ["flags", "queue", "reviews", "audit-log", "rules", "rubrics", "users", "findings"])
def test_pages_of_other_lists_make_the_whole_list(console: Console, path: str) -> None:
    client = program(console, "admin")
    if path in ("rules", "rubrics"):
        assert on_disk(console.site, wait_s=120).value
    call_id = first_call(client)
    client.post(f"{CALLS}/{call_id}/reviews/agree", json={})
    options: dict[str, Any] = {"action": "review"} if path == "audit-log" else {}
    everything = client.get(f"{API}/{path}", params={"limit": 200, **options}).json()["items"]
    assert everything
    assert whole_list(client, f"{API}/{path}", limit=max(2, len(everything) // 3), **options) == everything


def test_lists_and_calls_keep_to_the_teams_of_the_visitor(console: Console) -> None:
    everything = program(console, "admin")
    with console.store.begin() as connection:
        taken_in(connection, "c-far", team="far", agent_id="nora")
    north = program(console, "manager", "norman", teams=("far",))
    assert [call["call_id"] for call in north.get(CALLS).json()["items"]] == ["c-far"]
    other = first_call(everything)
    for path in (f"/calls/{other}", f"/calls/{other}/transcript", f"/calls/{other}/scores", f"/calls/{other}/comments"):
        hidden, nothing = north.get(API + path), north.get(API + path.replace(other, "c-nobody"))
        assert hidden.status_code == nothing.status_code == 404
        assert hidden.json()["detail"].replace(other, "") == nothing.json()["detail"].replace("c-nobody", "")
    answers = {"criterion_id": "greeting", "answer": "pass", "reason": "Heard it."}
    assert north.post(f"{CALLS}/{other}/reviews", json=answers).status_code == 404
    for name in ("flags", "reviews", "disputes", "findings", "queue"):
        assert north.get(f"{API}/{name}").json()["items"] == []
    flag = everything.get(f"{API}/flags").json()["items"][0]["flag"]["flag_id"]
    assert north.post(f"{API}/flags/{flag}/close", json={"reason": "Not mine."}).status_code == 404


def test_agent_sees_their_own_calls_and_nothing_of_the_queue(console: Console) -> None:
    admin = program(console, "admin")
    call = admin.get(CALLS, params={"state": "scored"}).json()["items"][0]
    agent = console.sign_in("agent", agent_id=call["agent_id"])
    found = agent.get(CALLS).json()["items"]
    assert {each["agent_id"] for each in found} == {call["agent_id"]}
    assert all(each["reasons"] == [] and each["waits"] is False for each in found)
    for path in ("/queue", f"/calls/{call['call_id']}/comments", "/users", "/search?q=hello", "/audit-log"):
        assert agent.get(API + path).status_code == 403
    assert all(each["changes"] == [] for each in agent.get(f"{API}/flags").json()["items"])


def test_call_is_as_the_command_shows_it_and_looks_are_logged(console: Console) -> None:
    client = program(console, "compliance")
    call_id = first_call(client)
    told = client.get(f"{CALLS}/{call_id}").json()
    assert set(told) >= {"recording", "transcript", "findings", "sentiment", "measures", "scores", "flags", "reviews"}
    assert told["recording"]["agent_id"]
    assert told["scores"][0]["current"] is True
    assert told["effective"]["share"] == told["scores"][0]["share"]
    assert client.get(f"{CALLS}/{call_id}/transcript").json() == told["transcript"]
    with console.store.read() as connection:
        views = [entry for entry in entries(connection) if (entry.action, entry.subject_id) == ("view", call_id)]
        assert check_log(connection, {}).problems == ()
    assert [entry.actor for entry in views] == ["compliance-program"] * 2
    assert '"token":"tk-' in views[0].details


def test_reviewer_hears_a_call_without_being_told_whose_it_is(console: Console) -> None:
    client = program(console, "reviewer")
    recording = client.get(f"{CALLS}/{first_call(client)}").json()["recording"]
    assert (recording["agent_id"], recording["media_uri"], recording["metadata"]) == (None, "", {})
    assert {each["agent_id"] for each in client.get(f"{API}/flags").json()["items"]} == {None}
    assert {each["agent_id"] for each in client.get(f"{API}/queue").json()["items"]} == {None}


def test_call_that_has_not_changed_is_not_sent_again(console: Console) -> None:
    client = program(console, "manager")
    call_id = first_call(client)
    tag = client.get(f"{CALLS}/{call_id}").headers["etag"]
    same = client.get(f"{CALLS}/{call_id}", headers={"if-none-match": f'"x", W/{tag}'})
    assert (same.status_code, same.content) == (304, b"")
    client.post(f"{CALLS}/{call_id}/reviews/agree", json={})
    assert client.get(f"{CALLS}/{call_id}", headers={"if-none-match": tag}).status_code == 200


def test_answer_said_again_is_kept_once(console: Console) -> None:
    client = program(console, "reviewer")
    call_id = first_call(client)
    result = client.get(f"{CALLS}/{call_id}").json()["scores"][0]["results"][0]
    answer = {"criterion_id": result["criterion_id"], "answer": "fail", "reason": "Nobody says it."}
    first, second = (client.post(f"{CALLS}/{call_id}/reviews", json=answer) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    other = client.post(f"{CALLS}/{call_id}/reviews", json={**answer, "answer": "pass"})
    assert other.status_code == 201
    reviews = client.get(f"{API}/reviews", params={"call_id": call_id}).json()["items"]
    assert [review["status"] for review in reviews] == ["fail", "pass"]


def test_flag_is_closed_once_and_opened_again(console: Console) -> None:
    client = program(console, "manager")
    flag = client.get(f"{API}/flags", params={"state": "open"}).json()["items"][0]["flag"]["flag_id"]
    path = f"{API}/flags/{flag}"
    assert client.post(f"{path}/close", json={"reason": "Looked into."}).json()["state"] == "closed"
    assert client.post(f"{path}/close", json={"reason": "Looked into."}).status_code == 409
    assert flag in {each["flag"]["flag_id"] for each in client.get(f"{API}/flags?state=closed").json()["items"]}
    assert client.post(f"{path}/reopen", json={"reason": "Not yet."}).json()["state"] == "open"


def test_next_call_leaves_the_queue_when_it_is_taken_off(console: Console) -> None:
    client = program(console, "reviewer")
    waiting = client.get(f"{API}/queue/next").json()["call"]["call_id"]
    assert client.get(f"{API}/queue", params={"limit": 1}).json()["items"][0]["call_id"] == waiting
    answer = client.post(f"{API}/queue/{waiting}/take-off", json={"reason": "A wrong number."})
    assert answer.json()["closed_by"] == "reviewer-program"
    assert client.get(f"{API}/queue/next").json()["call"]["call_id"] != waiting
    assert client.post(f"{API}/queue/{waiting}/take-off", json={"reason": "Again."}).status_code == 409


def test_agent_disputes_and_acknowledges_and_a_reviewer_rules(console: Console) -> None:
    manager = program(console, "manager")
    calls = manager.get(CALLS, params={"state": "scored"}).json()["items"]
    call_id, agent_id, criterion = next(
        (call["call_id"], call["agent_id"], result["criterion_id"])
        for call in calls
        for result in manager.get(f"{CALLS}/{call['call_id']}").json()["effective"]["results"]
        if result["status"] == "fail"
    )
    agent = console.sign_in("agent", agent_id=agent_id)
    headers = {"x-form-token": agent.form_token()}
    dispute = {"criterion_id": criterion, "reason": "I said it at the end."}
    opened = agent.client.post(f"{CALLS}/{call_id}/disputes", json=dispute, headers=headers)
    assert opened.status_code == 201, opened.text
    dispute_id = opened.json()["dispute"]["dispute_id"]
    seen = agent.client.post(f"{CALLS}/{call_id}/acknowledgements", headers=headers)
    assert seen.json()["new"] is True
    reviewer = program(console, "reviewer")
    (listed,) = reviewer.get(f"{API}/disputes", params={"state": "open"}).json()["items"]
    assert (listed["agent_id"], listed["dispute"]["opened_by"]) == (None, "the agent")
    ruling = {"outcome": "upheld", "answer": "pass", "reason": "It is there."}
    ruled = reviewer.post(f"{API}/disputes/{dispute_id}/ruling", json=ruling)
    assert ruled.json()["state"] == "upheld"
    assert reviewer.post(f"{API}/disputes/{dispute_id}/ruling", json=ruling).status_code == 409
    assert program(console, "compliance").get(f"{API}/disputes").status_code == 403


def test_text_of_a_rubric_is_checked_whole(console: Console) -> None:
    client = program(console, "manager")
    told = client.post(f"{API}/rubrics/check", json={"text": "id: x\nversion: one\n"}).json()["problems"]
    assert len(told) > 1
    assert {problem["line"] for problem in told} & {1, 2}
    assert client.post(f"{API}/rules/check", json={"text": "["}).json()["problems"]


def test_search_finds_what_was_said(console: Console) -> None:
    with console.store.begin() as connection:
        index_some(connection, most=20)
    client = program(console, "reviewer")
    found = client.get(f"{API}/search", params={"q": "thank*", "limit": 2})
    assert found.status_code == 200, found.text
    assert all(call["turns"] for call in found.json()["items"])
    assert "thank" not in str([entry for entry in _log(console) if entry.action == "search"]).lower()


def _log(console: Console) -> list[Any]:
    with console.store.read() as connection:
        return list(entries(connection))


@pytest.mark.parametrize("by", ["cookie", "token"])
def test_log_of_an_officer_of_a_team_tells_of_its_calls_and_their_own_acts(console: Console, by: str) -> None:
    with console.store.read() as connection:
        teams = {row.team: row.call_id for row in connection.execute(recordings.select())}
    acts = [Act(action="view", subject=("call", call_id)) for call_id in teams.values()]
    acts += [Act(action="view", subject=("scorecard", "south")), Act(action="user", subject=("user", "u-ann"))]
    log_acts(console.store, console.settings, acts, actor="ann")
    if by == "cookie":
        client = console.sign_in("compliance", "olive", teams=("north",)).client
    else:
        client = program(console, "compliance", "olive", teams=("north",))
    client.get(CALLS)
    told = client.get(f"{API}/audit-log").json()["items"]
    assert {each["subject_id"] for each in told if each["actor"] == "ann"} == {teams["north"]}
    assert {each["actor"] for each in told} == {"ann", "olive"}
    assert client.get(f"{API}/audit-log", params={"subject_id": teams["south"]}).json()["items"] == []


def test_call_tells_agents_and_reviewers_nothing_of_its_file_and_metadata(console: Console) -> None:
    admin = program(console, "admin")
    call = next(each for each in admin.get(CALLS).json()["items"] if each["agent_id"])
    with console.store.begin() as connection:
        theirs = recordings.update().where(recordings.c.call_id == call["call_id"])
        connection.execute(theirs.values(customer_ref="K-4711", metadata='{"order": "O-17"}'))
    told = {}
    for role in UserRole:
        client = program(console, role.value, f"{role.value}-2", agent_id=call["agent_id"] if role == "agent" else None)
        recording = client.get(f"{CALLS}/{call['call_id']}").json()["recording"]
        told[role.value] = (recording["customer_ref"], recording["metadata"], recording["agent_id"] is None)
        assert recording["media_uri"] == ""
    knows = ("K-4711", {"order": "O-17"}, False)
    assert told == {
        "agent": (None, {}, False),
        "reviewer": (None, {}, True),
        "compliance": knows,
        "manager": knows,
        "admin": knows,
    }


def test_comment_and_coaching_item_are_about_a_question_and_a_moment_of_the_call(console: Console) -> None:
    client = program(console, "manager")
    call_id = first_call(client)
    told = client.get(f"{CALLS}/{call_id}").json()
    known, end_ms = told["scores"][0]["results"][0]["criterion_id"], told["recording"]["duration_ms"]
    for path, body in (("comments", {"text": "Hear this."}), ("coaching-items", {"note": "Practise this."})):
        address = f"{CALLS}/{call_id}/{path}"
        unknown = client.post(address, json={**body, "criterion_id": "nobody-asked"})
        assert unknown.status_code == 404, unknown.text
        assert "nobody-asked" in unknown.json()["detail"]
        assert client.post(address, json={**body, "criterion_id": known}).status_code == 201
        assert client.post(address, json=body).status_code == 201
    late = client.post(f"{CALLS}/{call_id}/comments", json={"text": "Too late.", "at_ms": end_ms + 1})
    assert late.status_code == 400
    assert client.post(f"{CALLS}/{call_id}/comments", json={"text": "The end.", "at_ms": end_ms}).status_code == 201
    assert len(client.get(f"{CALLS}/{call_id}/comments").json()["items"]) == 3


def test_own_call_is_answered_by_nobody_in_a_blind_session(console: Console) -> None:
    manager = console.sign_in("manager", "max")
    scored = manager.get(CALLS, params={"state": "scored"}).json()["items"]
    call = next(each for each in scored if each["agent_id"])
    user = console.add("ann", "reviewer")
    ann = console.visit()
    ann.headers["authorization"] = f"Bearer {token_of(console, user)}"
    form = {"calls": call["call_id"], "reviewers": ["ann"], "expert": "max"}
    session = manager.post("/calibration", form).headers["location"].rpartition("/")[2]
    with console.store.begin() as connection:  # only now it is known that they took the call
        change_user(connection, dataclasses.replace(user, agent_id=call["agent_id"]))
    asked = ann.get(f"{API}/calibration-sessions/{session}").json()["questions"][call["call_id"]]
    answer = {"call_id": call["call_id"], "criterion_id": asked[0], "answer": "pass", "reason": "Heard it."}
    refused = ann.post(f"{API}/calibration-sessions/{session}/answers", json=answer)
    assert refused.status_code == 409, refused.text
    assert "somebody else has to judge it" in refused.json()["detail"]


def test_every_operation_is_described(console: Console) -> None:
    document = program(console, "reviewer").get(f"{API}/openapi.json").json()
    ids = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            ids.append(operation["operationId"])
            assert "_" in operation["operationId"], path
            assert "Needs the right" in operation["description"] or path.endswith("/me"), (method, path)
            assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
            assert operation["security"] == [{"token": []}, {"session": []}]
    assert len(ids) == len(set(ids)) > 40
    rights = {right for right in Permission if f"`{right}`" in str(document["paths"])}
    assert Permission.CALLS_SEE in rights


def test_reviewer_is_told_no_agent_by_any_list_and_asks_for_none(console: Console) -> None:
    with console.store.begin() as connection:
        index_some(connection, most=20)
    client, admin = program(console, "reviewer"), program(console, "admin")
    agent = admin.get(CALLS, params={"state": "scored", "limit": 1}).json()["items"][0]["agent_id"]
    for path, params in (("calls", {}), ("flags", {}), ("disputes", {}), ("search", {"q": "card"})):
        address = f"{API}/{path}"
        told, known = client.get(address, params=params), admin.get(address, params=params)
        assert told.status_code == 200
        assert {item["agent_id"] for item in told.json()["items"]} <= {None}
        assert len(told.json()["items"]) == len(known.json()["items"])
        refused = client.get(address, params={**params, "agent": agent})
        assert (refused.status_code, "not told whose they are" in refused.json()["detail"]) == (422, True)
        assert admin.get(address, params={**params, "agent": agent}).status_code == 200


def test_reviewer_is_not_told_who_has_seen_a_score_nor_whom_they_sent_to_coaching(console: Console) -> None:
    client, admin = program(console, "reviewer"), program(console, "admin")
    call = admin.get(CALLS, params={"state": "scored", "limit": 1}).json()["items"][0]
    address, agent = f"{CALLS}/{call['call_id']}", call["agent_id"]
    own = console.sign_in("agent", "the-one", agent_id=agent)
    assert own.post(f"{address}/acknowledgements").status_code in (200, 201)
    [seen] = client.get(f"{address}/scores").json()["acknowledgements"]
    assert seen["acknowledged_by"] == "the agent"
    [seen] = admin.get(f"{address}/scores").json()["acknowledgements"]
    assert seen["acknowledged_by"] == "the-one"
    made = client.post(f"{address}/coaching-items", json={"note": "Hear this."})
    assert (made.status_code, made.json()["agent_id"]) == (201, "the agent")
    assert admin.get(f"{API}/coaching/items", params={"agent": agent}).json()["items"][0]["item"]["agent_id"] == agent
