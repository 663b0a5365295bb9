"""How the rules were kept, and the calls behind it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.web import snapshots
from app.web.compliance.filters import read_filter
from app.web.errors import BadRequestError
from pipeline.store.audit import AuditEntry, entries
from pipeline.store.findings import AskedCalls, known_rules
from pipeline.store.tables import recordings
from pipeline.store.violations import FoundInCall, Outcome, every_outcome
from tests.web.conftest import Console, Stay


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages wait for their figures: what they show until then is tested apart."""
    monkeypatch.setattr(snapshots, "WAIT_S", 30.0)


def violations(console: Console, rule_id: str = "empathy") -> list[FoundInCall]:
    """What the database holds."""
    with console.store.read() as connection:
        return list(every_outcome(connection, AskedCalls(), [rule_id], Outcome.VIOLATED, limit=1000))


def broken_rule(console: Console) -> str:
    """A rule that was broken in a call of each team."""
    rules = ("empathy", "anything-else", "recap", "offer-help", "closing-thanks", "recording-notice", "greeting")
    for rule in rules:
        if {found.team for found in violations(console, rule)} == {"north", "south"}:
            return rule
    pytest.fail("no rule was broken by both teams")


def logged(console: Console, actor: str) -> list[AuditEntry]:
    with console.store.read() as connection:
        return [entry for entry in entries(connection) if entry.actor == actor]


def test_page_tells_adherence_of_every_rule_that_judged(console: Console) -> None:
    officer = console.sign_in("compliance")
    page = officer.get("/compliance?period=all").text
    assert "Recording notice" in page
    rule = broken_rule(console)
    found = violations(console, rule)
    assert re.search(rf'href="/compliance/rules/{rule}[^"]*" aria-label="{len(found)} violations of', page)


def test_figures_that_are_not_there_yet_are_announced(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.compliance.figures.count_adherence", lambda *_, **__: 1 / 0)
    page = console.sign_in("compliance").get("/compliance?period=all").text
    assert "could not be computed: something went wrong (ZeroDivisionError)" in page
    assert 'hx-trigger="every 2s"' in page


def test_days_without_calls_lead_to_all_days(console: Console) -> None:
    page = console.sign_in("compliance").get("/compliance?from=2001-01-01&to=2001-01-31").text
    assert "No call of these days" in page
    assert "All days, no filters" in page


def test_officer_of_a_team_sees_figures_of_that_team_only(console: Console) -> None:
    whole, north = console.sign_in("compliance", "all"), console.sign_in("compliance", "north", teams=("north",))
    rule = broken_rule(console)
    of_team = [found for found in violations(console, rule) if found.team == "north"]

    def told(stay: Stay, address: str) -> int:
        stats = stay.get(f"{address}&rule={rule}").text
        return int(re.findall(r"<dt>Violations</dt><dd>(\d+)", stats)[0])

    assert told(whole, "/compliance?period=all") == len(violations(console, rule)) > len(of_team)
    assert told(north, "/compliance?period=all") == len(of_team) > 0
    assert "No call of these days" in north.get("/compliance?period=all&team=south").text
    assert "south" not in north.get("/compliance?period=all").text


def test_rule_page_lists_calls_with_proof_and_place_in_the_call(console: Console) -> None:
    officer = console.sign_in("compliance")
    rule = broken_rule(console)
    page = officer.get(f"/compliance/rules/{rule}?period=all").text
    for found in violations(console, rule):
        assert f'id="call-{found.call_id}"' in page
    last = logged(console, "compliance")[-1]
    assert (last.action, last.subject_kind, last.subject_id) == ("view", "rule", rule)
    assert violations(console, rule)[0].call_id in last.details


def test_rule_page_plays_clips_of_what_was_said(console: Console) -> None:
    officer = console.sign_in("compliance")
    with console.store.read() as connection:
        every = every_outcome(connection, AskedCalls(), known_rules(connection), Outcome.PRESENT, limit=100)
        found = next(each for each in every if each.expected == "signal" and each.start_ms is not None)
    page = officer.get(f"/compliance/rules/{found.rule_id}?period=all&what=present").text
    assert re.search(
        rf'<audio controls preload="none" src="/calls/{found.call_id}/clip\?from_ms=\d+&amp;to_ms=\d+"', page
    )
    assert re.search(rf'href="/calls/{found.call_id}#t=\d', page)
    assert "“" in page


def test_rule_page_of_a_team_bound_officer_lists_no_other_calls(console: Console) -> None:
    north = console.sign_in("compliance", "north", teams=("north",))
    rule = broken_rule(console)
    page = north.get(f"/compliance/rules/{rule}?period=all").text
    for found in violations(console, rule):
        assert (found.call_id in page) is (found.team == "north")


@pytest.mark.parametrize(
    "rule", ["no-such-rule", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd", "%3Cscript%3E", "a%2Fb", "%F0%9F%92%A3"]
)
def test_unknown_rule_is_not_there(console: Console, rule: str) -> None:
    answer = console.sign_in("compliance").get(f"/compliance/rules/{rule}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_csv_holds_every_violation_in_scope_and_no_words(console: Console) -> None:
    north = console.sign_in("compliance", "north", teams=("north",))
    rule = broken_rule(console)
    answer = north.get(f"/compliance/violations.csv?period=all&rule={rule}")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    wanted = [found for found in violations(console, rule) if found.team == "north"]
    assert [line["call_id"] for line in lines if line["violated"] == "true"] == [found.call_id for found in wanted]
    assert "quote" not in lines[0]
    assert logged(console, "north")[-1].action == "export"


def test_trend_is_a_picture_in_both_schemes(console: Console) -> None:
    officer = console.sign_in("compliance")
    drawn = [officer.get(f"/compliance/trend.svg?period=all&scheme={scheme}") for scheme in ("light", "dark")]
    assert {answer.headers["content-type"] for answer in drawn} == {"image/svg+xml"}
    assert drawn[0].text != drawn[1].text
    assert officer.get("/compliance/trend.svg?scheme=pink").status_code == 422


@pytest.mark.parametrize(
    "query", ["from=yesterday", "period=ever", "from=2026-11-02&to=2026-11-01", "severity=grave", "step=year"]
)
def test_filter_that_cannot_be_is_told(console: Console, query: str) -> None:
    answer = console.sign_in("compliance").get(f"/compliance?{query}")
    assert answer.status_code == 400


def test_reviewers_and_agents_see_nothing_of_it(console: Console) -> None:
    for role in ("reviewer", "agent"):
        stay = console.sign_in(role, agent_id="maria.lopez" if role == "agent" else None)
        for path in ("/compliance", "/compliance/rules/empathy", "/compliance/violations.csv", "/compliance/packs"):
            assert stay.get(path).status_code == 403
    assert console.sign_in("manager").get("/compliance/violations.csv").status_code == 403


def test_periods_are_whole_weeks_and_months() -> None:
    today = datetime(2026, 11, 22, tzinfo=UTC).date()  # a Sunday
    days = {period: read_filter({"period": period}, today) for period in ("4-weeks", "last-month", "12-months", "all")}
    assert [(str(each.first_day), str(each.last_day)) for each in days.values()] == [
        ("2026-10-26", "2026-11-22"),
        ("2026-10-01", "2026-10-31"),
        ("2025-12-01", "2026-11-22"),
        ("None", "None"),
    ]
    own = read_filter({"from": "2026-11-01", "to": " "}, today)
    assert (own.period, str(own.first_day), own.last_day) == ("days", "2026-11-01", None)
    with pytest.raises(BadRequestError):
        read_filter({"to": "2026-02-31"}, today)


def test_filter_writes_the_address_that_it_was_read_from() -> None:
    today = datetime(2026, 11, 22, tzinfo=UTC).date()
    query = {"period": "days", "from": "2026-11-01", "team": "a&b", "rule": "x/y"}
    asked = read_filter(query, today)
    assert asked.query() == "?period=days&from=2026-11-01&team=a%26b&rule=x%2Fy"
    assert asked.query(team=None, rule="z") == "?period=days&from=2026-11-01&rule=z"


def test_call_of_unknown_time_counts_with_all_days_only(open_console: Callable[..., Console]) -> None:
    console = open_console()
    rule = broken_rule(console)
    chosen = violations(console, rule)[0]
    with console.store.begin() as connection:
        connection.execute(recordings.update().where(recordings.c.call_id == chosen.call_id).values(started_at=None))
        found = connection.scalars(select(recordings.c.call_id).where(recordings.c.started_at.is_(None))).all()
    assert chosen.call_id in found
    officer = console.sign_in("compliance")
    assert chosen.call_id in officer.get(f"/compliance/rules/{rule}?period=all").text
    assert chosen.call_id not in officer.get(f"/compliance/rules/{rule}?from=2020-01-01").text
    assert "of unknown time are in no period" in officer.get("/compliance?from=2020-01-01").text


def test_log_of_an_export_holds_the_filters_that_there_are_and_nothing_else(console: Console) -> None:
    officer = console.sign_in("compliance")
    answer = officer.get("/compliance/violations.csv?period=all&team=south&invented=something")
    assert answer.status_code == 200
    with console.store.read() as connection:
        [entry] = [each for each in entries(connection) if each.action == "export"]
    assert set(json.loads(entry.details)) == {"period", "team", "lines"}
