"""Every route against every role; what colleagues add is tested without a line here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.acts import Act, log_acts
from app.web.access.rights import MAY, Permission
from pipeline.records import UserRole
from tests.web.conftest import Console, Stay
from tests.web.routes import OPEN, ids_of, routes_of

DESIGN = Path(__file__).resolve().parents[2] / "docs" / "design" / "0006-console.md"
_LEFT_OUT = frozenset({("POST", "/sign-out"), ("POST", "/account/stays/end")})  # they would end the test's own stays


def test_routes_all_say_whom_they_let_in(console: Console) -> None:
    routes = routes_of(console.app)
    silent = [
        (r.method, r.path) for r in routes if not r.signed_in and (r.method, r.path) not in OPEN and r.path != "/static"
    ]
    assert silent == []
    assert len(routes) > 20
    assert all(len(route.needs) <= 1 for route in routes)


def test_table_of_rights_in_the_design_note_is_the_one_in_force() -> None:
    rows = re.findall(r"^\| (`.+?`.*?) \| (.*) \|$", DESIGN.read_text(encoding="utf-8"), re.MULTILINE)
    roles = [UserRole.AGENT, UserRole.REVIEWER, UserRole.COMPLIANCE, UserRole.MANAGER, UserRole.ADMIN]
    told: dict[UserRole, set[str]] = {role: set() for role in roles}
    for names, marks in rows:
        cells = [cell.strip() for cell in marks.split("|")]
        assert len(cells) == len(roles), names
        for role, cell in zip(roles, cells, strict=True):
            told[role] |= set(re.findall(r"`([\w.]+)`", names)) if cell else set()
    assert told == {role: {permission.value for permission in MAY[role]} for role in roles}
    assert set().union(*told.values()) == {permission.value for permission in Permission}


def test_nobody_gets_in_without_signing_in(console: Console) -> None:
    values, browser = ids_of(console), console.visit()
    let_in = []
    for route in routes_of(console.app):
        if not route.signed_in:
            continue
        stay = Stay(browser, None)  # type: ignore[arg-type]
        answer = route.ask(stay, values, "x")
        expected = {401, 415, 422} if route.path.startswith("/api/") else {303}
        ok = answer.status_code in expected
        if not ok or (answer.status_code == 303 and not answer.headers["location"].startswith("/sign-in")):
            let_in.append((route.method, route.path, answer.status_code))
    assert let_in == []


@pytest.mark.parametrize("role", list(UserRole))
def test_each_route_lets_in_exactly_who_has_the_right(console: Console, role: UserRole) -> None:
    values = ids_of(console)
    console.add("spare", "reviewer")
    stay = console.sign_in(role.value, "visitor", agent_id=values["agent"])
    form_token = stay.form_token()
    wrong = []
    for route in routes_of(console.app):
        if not route.signed_in or (route.method, route.path) in _LEFT_OUT:
            continue
        answer = route.ask(stay, values, form_token)
        missing = [permission.value for permission in route.needs if permission not in MAY[role]]
        named = re.findall(r"needs the right (?:'|&#39;)([\w.]+)", answer.text) if answer.status_code == 403 else []
        allowed = {permission.value for permission in MAY[role]}
        right = named == missing if missing else not set(named) & allowed
        if not right or answer.status_code == 500 or (missing and answer.status_code != 403):
            wrong.append((route.method, route.path, answer.status_code, answer.text[:200] if missing else named))
    assert wrong == []


@pytest.mark.parametrize("role", [role for role in UserRole if role is not UserRole.ADMIN])
def test_calls_of_others_are_not_there(console: Console, role: UserRole) -> None:
    values = ids_of(console)
    stay = console.sign_in(role.value, "visitor", agent_id="somebody.else", teams=("another team",))
    form_token = stay.form_token()
    seen = []
    for route in routes_of(console.app):
        if "call_id" not in route.fields or any(permission not in MAY[role] for permission in route.needs):
            continue
        answer = route.ask(stay, values, form_token)
        of_nobody = route.ask(stay, {**values, "call_id": "not-there-2"}, form_token)
        hidden = answer.status_code == of_nobody.status_code and 400 <= answer.status_code < 500
        same = answer.text.replace(values["call_id"], "") == of_nobody.text.replace("not-there-2", "")
        if not hidden or not same or (route.method == "GET" and answer.status_code != 404):
            seen.append((route.method, route.path, answer.status_code, of_nobody.status_code))
    assert seen == []


@pytest.mark.parametrize("role", [role for role in UserRole if role is not UserRole.ADMIN])
def test_pages_that_list_name_no_call_and_no_agent_of_others(console: Console, role: UserRole) -> None:
    values = ids_of(console)
    seen = (Act(action="view", subject=("call", values["call_id"]), details={"agent": values["agent"]}),)
    log_acts(console.store, console.settings, seen, actor="somebody")
    stay = console.sign_in(role.value, "visitor", agent_id="somebody.else", teams=("another team",))
    told = []
    for route in routes_of(console.app):
        if route.method != "GET" or route.fields or any(need not in MAY[role] for need in route.needs):
            continue
        answer = stay.get(route.path)
        if route.signed_in:
            told += [(route.path, name) for name in (values["call_id"], values["agent"]) if name in answer.text]
    assert told == []
