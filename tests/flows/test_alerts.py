"""Alerts on a real Prefect server: made, brought up to date, and sent when something needs attention."""

from __future__ import annotations

import ast
import json
import queue
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import flows
from flows import gone_runs
from flows.alerts import FLOWS, automations, set_up_alerts
from pipeline.config import AlertSettings
from pipeline.errors import ServerError
from pipeline.store.claim_tables import call_claims
from pipeline.store.database import open_store
from tests.flows.prefect_site import PrefectSite
from tests.store.builders import taken_in

SECRET = "hook-secret-7719"
NAMES = [
    "Earmark: a run failed",
    "Earmark: the backlog needs attention",
    "Earmark: nobody watches the backlog",
    "Earmark: workers are gone",
]


class Chat:
    """A chat's webhook on loopback, and what was posted to it."""

    def __init__(self) -> None:
        self.posted: queue.Queue[tuple[str, str, str]] = queue.Queue()
        posted = self.posted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                posted.put((self.path, self.headers["content-type"], body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/{SECRET}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A chat that is told of alerts."""
    opened = Chat()
    yield opened
    opened.close()


@pytest.fixture
def site(tmp_path: Path, chat: Chat) -> Iterator[PrefectSite]:
    """A Prefect server, and the environment of an operator who uses it."""
    variables = {
        "EARMARK_WORKSPACE": str(tmp_path),
        "EARMARK_ALERTS__WEBHOOK_URL": chat.url,
        "EARMARK_ALERTS__FREE_DISK_GB": "0",
    }
    opened = PrefectSite(tmp_path, variables)
    try:
        opened.start_server()
        yield opened
    finally:
        opened.stop()


def waiting_for_hours(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'earmark.db'}")
    with store.begin() as connection:
        taken_in(connection, "c-1", customer_ref="C-4471-982", agent_id="maria.lopez")
        since = datetime.now(UTC) - timedelta(hours=3)
        connection.execute(call_claims.update().values(waiting_since=since, backfill=False))
    store.close()


@pytest.mark.slow
def test_alerts_are_made_once_and_sent_when_a_call_waits_too_long(site: PrefectSite, chat: Chat) -> None:
    made = json.loads(site.earmark("flows", "alerts", "--json"))
    assert made["sent"] is True
    assert [(each["name"], each["became"]) for each in made["alerts"]] == [(name, "made") for name in NAMES]

    stored = site.ask("POST", "/automations/filter", {})
    assert sorted(each["name"] for each in stored) == sorted(NAMES)
    assert SECRET not in json.dumps(stored)
    off = next(each for each in stored if each["name"] == "Earmark: workers are gone")
    site.ask_nothing("PATCH", f"/automations/{off['id']}", {"enabled": False})
    again = json.loads(site.earmark("flows", "alerts", "--json"))
    assert {each["became"] for each in again["alerts"]} == {"updated"}
    assert [each["name"] for each in again["alerts"] if not each["enabled"]] == ["Earmark: workers are gone"]
    assert len(site.ask("POST", "/automations/filter", {})) == len(NAMES)

    waiting_for_hours(site.folder)
    watching = site.start("watch", "flows.watch")
    assert watching.wait(240) == 0, (site.folder / "watch.log").read_text()
    got = [chat.posted.get(timeout=120) for _ in range(2)]
    assert {(path, kind) for path, kind, _ in got} == {(f"/{SECRET}", "application/json")}
    told = {each["code"]: each for each in (json.loads(body) for _, _, body in got)}
    assert set(told) == {"queue_old", "standing_still"}
    assert told["queue_old"]["alert"] == "Earmark: the backlog needs attention"
    assert told["queue_old"]["text"].startswith(
        "Earmark: the backlog needs attention: a fresh call has waited for 3 h 0"
    )
    for personal in ("c-1", "C-4471-982", "maria"):
        assert personal not in json.dumps(told)

    for file in site.folder.glob("earmark.db*"):
        file.unlink()
    (site.folder / "earmark.db").write_text("this is no database" * 200)
    assert site.start("watch", "flows.watch").wait(240) != 0
    _, _, body = chat.posted.get(timeout=120)
    failed = json.loads(body)
    assert failed == {
        "text": "Earmark: a run failed: prefect.flow-run.Failed", "alert": "Earmark: a run failed", "code": None,
    }  # fmt: skip


def test_alerts_need_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ServerError, match="PREFECT_API_URL"):
        set_up_alerts(AlertSettings())


def test_alerts_follow_the_settings() -> None:
    found = {each.name: each for each in automations(AlertSettings(repeat_minutes=7, late_minutes=30), [])}
    assert list(found) == NAMES
    within = {name: each.trigger.within for name, each in found.items()}  # type: ignore[union-attr]
    assert within.pop("Earmark: nobody watches the backlog") == timedelta(minutes=30)
    assert set(within.values()) == {timedelta(minutes=7)}


def test_alerts_know_every_flow_that_stands_for_itself() -> None:
    inner = {"process calls", "take in arrivals", "work on a cluster"}  # parts of others, which fail with them
    named = set()
    for file in Path(flows.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "flow":
                named |= {str(ast.literal_eval(word.value)) for word in node.keywords if word.arg == "name"}
    assert named - inner == set(FLOWS)


@pytest.mark.parametrize("url", ["http://chat.example.org/x", "ftp://x", "chat"])
def test_alerts_are_sent_by_https_only_and_the_address_is_not_told(url: str) -> None:
    with pytest.raises(ValueError, match="an https address") as caught:
        AlertSettings(webhook_url=SecretStr(url))
    assert "chat.example" not in str(caught.value)


def test_page_lists_every_automation() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    section = page.split("## Alerts by Prefect")[1].split("\n## ")[0]
    assert re.findall(r"^\| (Earmark: [\w ]+) \|", section, re.MULTILINE) == [*NAMES, gone_runs.NAME]
