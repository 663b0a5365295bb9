"""Webhooks: made and switched by admins, delivered with a signature, tried again, kept out of this network."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.web.errors import BadRequestError
from app.web.jobs import webhooks
from app.web.jobs.webhooks import TRIED_FOR, deliver, wait_s
from app.web.webhooks.addresses import check_url, is_public, resolve
from app.web.webhooks.sending import send
from pipeline.records.webhooks import Delivery, DeliveryState, WebhookEvent
from pipeline.store.webhooks import DueDelivery, deliveries_of, list_webhooks, tell
from tests.web.conftest import Console, Stay

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HERE = "127.0.0.1"


@dataclass
class Receiver:
    """A program that is told, and answers as a test needs."""

    url: str
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    hangs: threading.Event | None = None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine: answers 200, or what is in ``answers`` first."""
    told = Receiver(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if told.hangs is not None:
                told.hangs.wait(10)
            status = told.answers.pop(0) if told.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{told.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HERE, 0), Handler)
    server.daemon_threads = True
    told.url = f"http://{HERE}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield told
    if told.hangs is not None:
        told.hangs.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def console(open_console: Callable[..., Console]) -> Console:
    """A console that may tell programs on this machine."""
    return open_console(console__webhooks_insecure_hosts=[HERE])


def make(admin: Stay, url: str, *events: str) -> str:
    """Make a webhook on its page and return the secret that is shown."""
    answer = admin.post("/webhooks", {"url": url, "events": list(events) or ["score.created", "batch.finished"]})
    assert answer.status_code == 201, answer.text
    shown = re.search(r'value="(ews_[^"]+)"', answer.text)
    assert shown
    return shown[1]


def told(console: Console) -> list[Delivery]:
    """Return the deliveries of the one webhook there is."""
    with console.store.read() as connection:
        (hook,) = list_webhooks(connection)
        return deliveries_of(connection, hook.webhook_id, limit=99)


def happens(console: Console, now: datetime = NOW) -> None:
    """Let something be told."""
    with console.store.begin() as connection:
        tell(connection, WebhookEvent.SCORE_CREATED, [{"call_id": "c-1", "score_id": "s-1", "flags": 0}], now=now)


def at(console: Console, now: datetime) -> Any:
    """Return the console's site at another time."""
    return dataclasses.replace(console.site, now=lambda: now)


def sample() -> Callable[[str, str, bytes, float], bool]:
    """Return the receiver's check as docs/api.md has it."""
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    check: Callable[[str, str, bytes, float], bool] = names["is_from_earmark"]
    return check


def test_delivery_is_signed_and_holds_ids_and_links(console: Console, receiver: Receiver) -> None:
    secret = make(console.sign_in("admin"), f"{receiver.url}/earmark")
    happens(console)
    deliver(at(console, NOW))
    ((headers, body),) = receiver.got
    verify = sample()
    assert verify(secret, headers["earmark-signature"], body, NOW.timestamp())
    assert not verify("another", headers["earmark-signature"], body, NOW.timestamp())
    assert not verify(secret, headers["earmark-signature"], body + b" ", NOW.timestamp())
    assert not verify(secret, headers["earmark-signature"], body, NOW.timestamp() + 301)
    said = json.loads(body)
    assert said["event"] == headers["earmark-event"] == "score.created"
    assert said["delivery_id"] == headers["earmark-delivery"]
    assert said["data"] == {"call_id": "c-1", "score_id": "s-1", "flags": 0}
    assert said["links"]["call"].endswith("/calls/c-1")
    (done,) = told(console)
    assert (done.state, done.answer, done.attempts) == (DeliveryState.DELIVERED, "200 OK", 1)
    deliver(at(console, NOW + timedelta(days=1)))
    assert len(receiver.got) == 1


def test_delivery_that_fails_is_tried_again_later_and_later(console: Console, receiver: Receiver) -> None:
    make(console.sign_in("admin"), receiver.url)
    receiver.answers = [500, 503]
    happens(console)
    deliver(at(console, NOW))
    (first,) = told(console)
    assert (first.state, first.answer) == (DeliveryState.WAITING, "500 Internal Server Error")
    assert timedelta(seconds=24) <= first.next_at - NOW <= timedelta(seconds=36)
    deliver(at(console, first.next_at - timedelta(seconds=1)))
    assert len(receiver.got) == 1
    deliver(at(console, first.next_at))
    (second,) = told(console)
    assert second.next_at - first.next_at > timedelta(seconds=45)
    deliver(at(console, second.next_at))
    (third,) = told(console)
    assert (third.state, third.attempts) == (DeliveryState.DELIVERED, 3)
    assert len({headers["earmark-delivery"] for headers, _ in receiver.got}) == 1


def test_delivery_is_given_up_after_a_day_and_may_be_tried_again(console: Console, receiver: Receiver) -> None:
    admin = console.sign_in("admin")
    make(admin, receiver.url)
    receiver.answers = [500]
    happens(console)
    deliver(at(console, NOW + TRIED_FOR))
    (given_up,) = told(console)
    assert given_up.state is DeliveryState.GIVEN_UP
    path = f"/webhooks/{given_up.webhook_id}"
    assert "given up" in admin.get(path).text
    assert admin.post(f"{path}/deliveries/{given_up.delivery_id}/again").status_code == 303
    deliver(console.site)
    assert told(console)[0].state is DeliveryState.DELIVERED
    assert admin.post(f"{path}/deliveries/{given_up.delivery_id}/again").status_code == 404


def test_delivery_that_breaks_stops_no_other(
    console: Console, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(console.sign_in("admin"), receiver.url)
    for _ in range(3):
        happens(console)
    begun: list[DueDelivery] = []

    async def breaks_once(one: DueDelivery, **options: Any) -> tuple[bool, str]:
        begun.append(one)
        if len(begun) == 1:
            raise ExceptionGroup("connecting", [OverflowError("port must be 0-65535")])
        return await send(one, **options)

    monkeypatch.setattr(webhooks, "send", breaks_once)
    deliver(at(console, NOW))
    assert len(receiver.got) == 2
    states = sorted((each.state.value, each.answer) for each in told(console))
    assert states == [("delivered", "200 OK")] * 2 + [("waiting", "could not be sent (ExceptionGroup)")]
    deliver(at(console, NOW + TRIED_FOR))
    assert {each.state for each in told(console)} == {DeliveryState.DELIVERED}


def test_address_with_a_port_that_cannot_be_is_told() -> None:
    taken, answer = asyncio.run(send(due("https://crm.example.org:99999/"), base="", insecure_hosts=[], now=NOW))
    assert not taken
    assert "from 1 to 65535" in answer


def test_redirect_is_not_followed(console: Console, receiver: Receiver) -> None:
    make(console.sign_in("admin"), receiver.url)
    receiver.answers = [302]
    happens(console)
    deliver(at(console, NOW))
    assert len(receiver.got) == 1
    (waiting,) = told(console)
    assert waiting.state is DeliveryState.WAITING
    assert "redirects are not followed" in (waiting.answer or "")


def due(url: str) -> DueDelivery:
    delivery = Delivery(
        delivery_id="wd-1",
        webhook_id="wh-1",
        event=WebhookEvent.TEST,
        payload={},
        state=DeliveryState.WAITING,
        attempts=0,
        next_at=NOW,
        made_at=NOW,
    )
    return DueDelivery(delivery=delivery, url=url, secret="s")


def test_receiver_that_hangs_is_left(receiver: Receiver) -> None:
    receiver.hangs = threading.Event()
    taken = asyncio.run(send(due(receiver.url), base="http://x", insecure_hosts=[HERE], now=NOW, timeout_s=0.3))
    assert taken == (False, "no answer within 0.3 s")


def test_address_that_nobody_answers_is_told(receiver: Receiver) -> None:
    taken, answer = asyncio.run(send(due("http://127.0.0.1:1/x"), base="", insecure_hosts=[HERE], now=NOW))
    assert not taken
    assert answer.startswith("could not be reached")


def test_host_that_leads_into_this_network_by_now_is_not_asked(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    for url in (f"https://localhost:{port}/", f"http://localhost:{port}/", f"{receiver.url}/"):
        taken, answer = asyncio.run(send(due(url), base="", insecure_hosts=[], now=NOW))
        assert not taken
        assert "console.webhooks_insecure_hosts" in answer
    assert receiver.got == []


def test_name_of_an_inner_address_is_refused_when_it_is_resolved() -> None:
    checked = check_url("https://localhost/earmark", ())
    with pytest.raises(BadRequestError, match="into this network"):
        asyncio.run(resolve(checked))
    assert asyncio.run(resolve(check_url("https://localhost/earmark", ("LOCALHOST",))))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("::7f00:1", False),
    ],
)
def test_public_addresses_are_told_from_inner_ones(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.example.org",
        "ftp://crm.example.org/",
        "file:///etc/passwd",
        "http://crm.example.org/",
        "https://ann:secret@crm.example.org/",
        "https://crm.example.org/#x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https:///nothing",
        "https://crm.example.org:99999/",
        "https://crm.example.org:0/",
        "https://crm.example.org/" + "x" * 1500,
        "https://crm.example.org/\nx",
    ],
)
def test_page_refuses_addresses_that_webhooks_must_not_go_to(open_console: Callable[..., Console], url: str) -> None:
    admin = open_console().sign_in("admin")
    answer = admin.post("/webhooks", {"url": url, "events": ["score.created"]})
    assert answer.status_code == 422
    assert "ews_" not in answer.text
    assert "No webhooks yet" in answer.text


def test_webhook_wants_events_that_there_are(console: Console) -> None:
    admin = console.sign_in("admin")
    for events in ([], ["score.deleted"], ["test"]):
        answer = admin.post("/webhooks", {"url": "https://crm.example.org/", "events": events})
        assert answer.status_code == 422


def test_secret_is_shown_once_and_test_is_sent(console: Console, receiver: Receiver) -> None:
    admin = console.sign_in("admin")
    secret = make(admin, receiver.url)
    with console.store.read() as connection:
        (hook,) = list_webhooks(connection)
    path = f"/webhooks/{hook.webhook_id}"
    assert secret not in admin.get("/webhooks").text + admin.get(path).text
    assert admin.post(f"{path}/test").status_code == 303
    deliver(console.site)
    assert json.loads(receiver.got[0][1])["event"] == "test"
    assert admin.post(f"{path}/switch", {"active": "false"}).status_code == 303
    assert admin.post(f"{path}/test").status_code == 400
    happens(console)
    assert len(told(console)) == 1
    assert admin.post(f"{path}/remove").status_code == 303
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize("role", ["agent", "reviewer", "compliance", "manager"])
def test_webhooks_are_for_admins(console: Console, role: str) -> None:
    stay = console.sign_in(role, agent_id="a-1" if role == "agent" else None)
    assert stay.get("/webhooks").status_code == 403
    assert stay.post("/webhooks", {"url": "https://crm.example.org/"}).status_code == 403


def test_waits_grow_to_two_hours_and_are_never_quite_the_same() -> None:
    waits = [wait_s(attempts) for attempts in range(1, 30)]
    assert 24 <= waits[0] <= 36
    assert all(5760 <= wait <= 8640 for wait in waits[9:])
    assert len(set(waits)) > 20
