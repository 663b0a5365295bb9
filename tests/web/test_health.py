"""Whether the console lives and can work, its metrics, and who may read them."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update
from starlette.testclient import TestClient

from app.web.access.visitor import Visitor
from app.web.tasks import begin_task
from app.web.watching import DAY_KEPT_FOR, KEPT_FOR
from pipeline.records import EVERYTHING
from pipeline.store.migrate import VERSION_TABLE, newest_version
from pipeline.store.tables import recordings
from pipeline.watching.attention import CODES
from tests.store.builders import score, scored, taken_in
from tests.web.conftest import Console

TOKEN = "a-token-of-the-tests"
OpenConsole = Callable[..., Console]


def near(console: Console, address: str = "127.0.0.1", **headers: str) -> TestClient:
    """A program that asks from an address."""
    client = TestClient(console.app, base_url="http://127.0.0.1:8765", client=(address, 5), headers=headers)
    console.clients.append(client)
    return client


def figures(console: Console, **headers: str) -> dict[tuple[str, ...], float]:
    """The metrics as they are now, by name and labels in their alphabetical order."""
    told = near(console, **headers).get("/metrics").text
    families = text_string_to_metric_families(told)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def break_database(console: Console) -> None:
    console.store.close()
    (console.settings.workspace / "earmark.db").rename(console.settings.workspace / "gone.db")
    (console.settings.workspace / "earmark.db").mkdir()


def move_clock(console: Console, by: timedelta) -> None:
    """Let the console believe that time has passed."""
    now = console.site.now() + by
    object.__setattr__(console.site, "now", lambda: now)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_answers_without_the_database(open_bare_console: OpenConsole, method: str) -> None:
    console = open_bare_console()
    break_database(console)
    answer = near(console).request(method, "/health")
    assert answer.status_code == 200
    assert answer.text == ("" if method == "HEAD" else '{"status":"ok"}')


def test_health_is_ready_where_pages_can_be_shown(open_bare_console: OpenConsole) -> None:
    answer = near(open_bare_console()).get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_health_is_not_ready_without_the_database_and_names_no_address(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    break_database(console)
    answer = near(console).get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reason": "the database does not answer"}
    assert str(console.settings.workspace) not in answer.text


@pytest.mark.parametrize("version", ["0001", "9999"])
def test_health_is_not_ready_on_a_database_of_another_version(open_bare_console: OpenConsole, version: str) -> None:
    console = open_bare_console()
    with console.store.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))
    answer = near(console).get("/health/ready")
    told = f"the database is at version {version}, this Earmark works with {newest_version()}"
    assert (answer.status_code, answer.json()["reason"]) == (503, told)


def test_health_answers_to_any_name_and_pages_do_not(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    balancer = near(console, "10.0.0.7", host="10.0.0.3:8765")
    assert balancer.get("/health").status_code == 200
    assert balancer.get("/health/ready").status_code == 200
    assert balancer.get("/metrics").status_code == 421
    assert balancer.get("/sign-in").status_code == 421


@pytest.mark.parametrize(
    ("flags", "address", "authorization", "status"),
    [
        ({}, "127.0.0.1", None, 200),
        ({}, "::1", None, 200),
        ({}, "10.0.0.7", None, 401),
        ({}, "10.0.0.7", f"Bearer {TOKEN}", 401),
        ({}, "testclient", None, 401),
        # behind a proxy everybody may seem to be on this machine
        ({"console__public_url": "https://earmark.example.org"}, "127.0.0.1", None, 401),
        ({"console__metrics_token": TOKEN}, "10.0.0.7", f"Bearer {TOKEN}", 200),
        ({"console__metrics_token": TOKEN}, "10.0.0.7", f"bearer  {TOKEN}", 200),
        ({"console__metrics_token": TOKEN}, "127.0.0.1", None, 401),
        ({"console__metrics_token": TOKEN}, "127.0.0.1", f"Bearer {TOKEN}x", 401),
        ({"console__metrics_token": TOKEN}, "127.0.0.1", f"Basic {TOKEN}", 401),
        ({"console__metrics_token": TOKEN}, "127.0.0.1", "Bearer ", 401),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(
    open_bare_console: OpenConsole, flags: dict[str, Any], address: str, authorization: str | None, status: int
) -> None:
    console = open_bare_console(**flags)
    headers = {"authorization": authorization} if authorization else {}
    answer = near(console, address, **headers).get("/metrics")
    assert answer.status_code == status
    assert ("earmark_" in answer.text) == (status == 200)
    assert (answer.headers.get("www-authenticate") == "Bearer") == (status == 401)


def test_metrics_with_a_token_are_read_by_any_name(open_bare_console: OpenConsole) -> None:
    console = open_bare_console(console__metrics_token=TOKEN)
    scraper = near(console, "10.0.0.7", host="earmark-1:8765", authorization=f"Bearer {TOKEN}")
    assert scraper.get("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_metrics_token_is_refused_in_a_file_and_where_it_is_short(open_bare_console: OpenConsole) -> None:
    with pytest.raises(Exception, match="16 to 200 printable ASCII") as caught:
        open_bare_console(console__metrics_token="short secret")
    assert "short secret" not in str(caught.value)


def test_metrics_tell_how_the_workspace_gets_on(console: Console) -> None:
    found = figures(console)
    assert found["earmark_database_up",] == 1
    assert found["earmark_files_held_back", "unreadable"] == 1
    assert found["earmark_recent_calls_scored", "24h"] == 8
    assert found["earmark_calls_waiting", "fresh"] == found["earmark_calls_waiting", "backfill"] == 0
    assert found["earmark_calls_scored_total",] == 0  # they were scored before the console began


def test_metrics_count_each_first_score_once(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    assert figures(console)["earmark_calls_scored_total",] == 0
    now = console.site.now()
    with console.store.begin() as connection:
        taken_in(connection, "c-1", duration_ms=90_000, started_at=None)
        connection.execute(update(recordings).values(added_at=now - timedelta(minutes=20)))
        scored(connection, score("c-1", "s-1"), now=now)
        scored(connection, score("c-1", "s-2", rubric_version=4), now=now + timedelta(seconds=1))
    for _ in range(3):
        move_clock(console, KEPT_FOR)
        found = figures(console)
    assert found["earmark_calls_scored_total",] == 1
    assert found["earmark_audio_scored_seconds_total",] == 90
    assert found["earmark_lag_seconds_bucket", "1800.0", "taken_in"] == 1
    assert found["earmark_lag_seconds_bucket", "900.0", "taken_in"] == 0
    assert ("earmark_lag_seconds_count", "end_of_call") not in found


def test_metrics_read_the_database_no_oftener_than_needed(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    now = console.site.now()
    object.__setattr__(console.site, "now", lambda: now)
    assert figures(console)["earmark_calls_waiting", "fresh"] == 0
    with console.store.begin() as connection:
        taken_in(connection, "c-1", started_at=None)
    assert figures(console)["earmark_calls_waiting", "fresh"] == 0
    move_clock(console, KEPT_FOR)
    assert figures(console)["earmark_calls_waiting", "fresh"] == 1


def test_metrics_read_a_day_of_calls_more_seldom_than_the_last_hour(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    assert figures(console)["earmark_recent_calls_taken_in", "24h"] == 0
    with console.store.begin() as connection:
        taken_in(connection, "c-1", started_at=None)
        connection.execute(update(recordings).values(added_at=console.site.now()))
    move_clock(console, KEPT_FOR)
    found = figures(console)
    assert (found["earmark_recent_calls_taken_in", "1h"], found["earmark_recent_calls_taken_in", "24h"]) == (1, 0)
    move_clock(console, DAY_KEPT_FOR)
    assert figures(console)["earmark_recent_calls_taken_in", "24h"] == 1


def test_metrics_tell_that_the_database_is_gone_and_come_back(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    break_database(console)
    found = figures(console)
    assert found["earmark_database_up",] == 0
    assert not any(name.startswith("earmark_calls_waiting") for name, *_ in found)
    folder = console.settings.workspace
    (folder / "earmark.db").rmdir()
    (folder / "gone.db").rename(folder / "earmark.db")
    move_clock(console, KEPT_FOR)
    assert figures(console)["earmark_database_up",] == 1


def test_metrics_count_requests_by_their_route(console: Console) -> None:
    stay = console.sign_in("reviewer")
    stay.get("/calls/c-3141592653")
    stay.get("/calls/c-2718281828?said=4111111111111111")
    stay.get("/api/v1/calls/c-2718281828")
    stay.get("/nothing/of/maria.lopez")
    stay.get("/static/earmark.css")
    stay.client.request("SPY", "/calls")
    told = near(console).get("/metrics").text
    found = figures(console)
    assert found["earmark_http_requests_total", "GET", "/calls/{call_id}", "404"] == 2
    assert found["earmark_http_requests_total", "GET", "/api/v1/calls/{call_id}", "404"] == 1
    assert found["earmark_http_requests_total", "GET", "none", "404"] == 1
    assert found["earmark_http_requests_total", "GET", "/static", "200"] == 1
    assert found["earmark_http_requests_total", "other", "/calls", "405"] == 1
    assert found["earmark_http_request_duration_seconds_count", "/calls/{call_id}"] == 2
    for secret in ("c-3141592653", "c-2718281828", "4111", "maria", "reviewer"):
        assert secret not in told


def test_metrics_count_what_people_wait_for(open_bare_console: OpenConsole) -> None:
    console = open_bare_console()
    visitor = Visitor(user=console.add("ada", "reviewer"), permissions=frozenset(), scope=EVERYTHING)
    begun, end = threading.Event(), threading.Event()

    def work(_: object) -> None:
        begun.set()
        end.wait(60)

    begin_task(console.site, visitor, "packs", "evidence", work)
    begin_task(console.site, visitor, "packs", "evidence", lambda _: None)
    assert begun.wait(60)
    found = figures(console)
    end.set()
    assert (found["earmark_console_tasks", "working"], found["earmark_console_tasks", "waiting"]) == (1, 1)


def test_requests_are_logged_by_their_route(console: Console, caplog: pytest.LogCaptureFixture) -> None:
    stay = console.sign_in("reviewer")
    with caplog.at_level(logging.INFO, logger="earmark.access"):
        stay.get("/calls/c-3141592653?said=4111111111111111")
    (record,) = caplog.records
    told = {name: getattr(record, name) for name in ("method", "route", "status")}
    assert told == {"method": "GET", "route": "/calls/{call_id}", "status": 404}
    assert record.duration_ms >= 0
    assert record.getMessage() == "request"
    assert "c-3141592653" not in json.dumps(record.__dict__, default=str)


def test_page_lists_every_metric_and_no_other(open_bare_console: OpenConsole) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    section = page.split("## Metrics")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `(earmark_\w+)` \|", section, re.MULTILINE))
    console = open_bare_console()
    with console.store.begin() as connection:
        taken_in(connection, "c-1")
        scored(connection, score("c-1", "s-1"), now=console.site.now())
    told = near(console).get("/metrics").text
    types = dict(re.findall(r"^# TYPE (earmark_\w+) (\w+)$", told, re.MULTILINE))
    assert listed == set(types)
    assert {name for name, kind in types.items() if kind == "counter"} == {n for n in listed if n.endswith("_total")}


def test_page_lists_what_needs_attention() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| ", page.split("## Health")[0], re.MULTILINE)) == set(CODES)
