"""Servers that say nothing, never end, or send more than they are asked for: each costs one time-out and no memory."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import MediaAwayError
from pipeline.intake.discover import find_recordings
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.media import listing, servers, web
from pipeline.media.listing import files_under
from pipeline.media.opened import open_media
from pipeline.media.place import place_of
from tests.intake.recordings import ZONE, codes, stereo, wav
from tests.media.servers import AWS

DEADLINE_S = 0.5


class EvilServer:
    """A web server that lists ``a.wav`` and ``b.wav``, and misbehaves.

    Attributes:
        endless: Paths whose answer never ends.
        drips: Paths whose answer comes a byte at a time.
        pages: Lists, by path; of ``{}`` each ask makes a new number.
        asked: Paths that were asked for.
    """

    def __init__(self, sound: bytes) -> None:
        self.sound, self.over = sound, threading.Event()
        self.endless: set[str] = set()
        self.drips: set[str] = set()
        self.pages = {"/calls/": "<a href='a.wav'>a</a><a href='b.wav'>b</a>"}
        self.asked: list[str] = []
        evil = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def _answer(self, *, with_body: bool) -> None:
                evil.asked.append(self.path)
                page = evil.pages.get(self.path)
                if page is None and not self.path.endswith(".wav"):
                    self.send_error(404)
                    return
                body = page.encode() if page is not None else evil.sound
                asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                first, last = (int(asked[1]), min(int(asked[2]), len(body) - 1)) if asked else (0, len(body) - 1)
                self.send_response(206 if asked else 200)
                self.send_header("ETag", '"1"')
                if asked:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
                if with_body and self.path in evil.endless:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(last - first + 1))
                self.end_headers()
                if with_body:
                    with suppress(OSError):
                        self._send(body[first : last + 1])

            def _send(self, body: bytes) -> None:
                while self.path in evil.endless and not evil.over.is_set():
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
                for byte in body if self.path in evil.drips else b"":
                    self.wfile.write(bytes([byte]))
                    if evil.over.wait(DEADLINE_S / 4):
                        return
                if self.path not in evil.drips:
                    self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/calls/"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a test say what time it is."""
    now = [1000.0]
    monkeypatch.setattr(servers, "steady_s", lambda: now[0])
    return now


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvilServer]:
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install -e '.[dev]'")
    monkeypatch.setattr(web, "ANSWER_S", DEADLINE_S)
    started = EvilServer(wav(tmp_path / "a.wav", stereo()).read_bytes())
    thread = threading.Thread(target=started.server.serve_forever)
    thread.start()
    servers.forget()
    try:
        yield started
    finally:
        started.over.set()
        started.server.shutdown()
        started.server.server_close()
        thread.join()
        servers.forget()


def test_page_without_end_is_left(evil: EvilServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_PAGE_BYTES", 1000)
    evil.endless.add("/calls/")
    with pytest.raises(MediaAwayError, match="more than it is asked for"):
        find_recordings([place_of(evil.url)], ZONE)


def test_range_gives_no_more_than_was_asked_for(evil: EvilServer) -> None:
    evil.endless.add("/calls/a.wav")
    with open_media(place_of(f"{evil.url}a.wav")) as media:
        assert media.file.read() == b""
        with pytest.raises(MediaAwayError, match="more than it is asked for"):
            media.check()


def test_page_that_drips_is_left_and_its_server_not_asked_again_for_a_while(
    evil: EvilServer, clock: list[float]
) -> None:
    root = place_of(evil.url)
    evil.drips.add("/calls/")
    with pytest.raises(MediaAwayError, match="does not answer in time"):
        find_recordings([root], ZONE)
    asked = len(evil.asked)
    evil.drips.clear()
    with pytest.raises(MediaAwayError, match="does not answer in time"):
        find_recordings([root], ZONE)
    assert len(evil.asked) == asked
    clock[0] += servers.LEFT_ALONE_S
    assert len(find_recordings([root], ZONE)) == 2


def test_recording_that_drips_holds_up_no_other(evil: EvilServer, clock: list[float]) -> None:
    evil.drips.add("/calls/a.wav")
    root = place_of(evil.url)
    index = index_metadata([root])
    first, second = find_recordings([root], ZONE)
    assert codes(take_in(first, settings=ZONE, metadata=index)) == ["away"]
    asked = len(evil.asked)
    assert codes(take_in(second, settings=ZONE, metadata=index)) == ["away"]
    assert len(evil.asked) == asked
    clock[0] += servers.LEFT_ALONE_S
    assert take_in(second, settings=ZONE, metadata=index).recording is not None


def test_list_that_leads_ever_deeper_has_a_deadline(evil: EvilServer, clock: list[float]) -> None:
    evil.pages = {f"/calls/{'d/' * depth}": "<a href='d/'>d</a>" for depth in range(50)}

    def later() -> float:
        clock[0] += listing._LISTING_S / 10
        return clock[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "steady_s", later)
        with pytest.raises(MediaAwayError, match="without end"):
            list(files_under(place_of(evil.url)))
    assert 0 < len(evil.asked) < 20


def test_list_of_too_many_links_is_left(evil: EvilServer, monkeypatch: pytest.MonkeyPatch) -> None:
    evil.pages["/calls/"] += "<a href='more/'>more</a>"
    evil.pages["/calls/more/"] = "<a href='c.wav'>c</a>"
    monkeypatch.setattr(listing, "_MOST_LINKS", 1)
    with pytest.raises(MediaAwayError, match="without end"):
        list(files_under(place_of(evil.url)))


def test_object_store_that_says_nothing_costs_one_time_out(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install -e '.[dev]'")
    monkeypatch.setattr(servers, "READ_S", DEADLINE_S)
    connections: list[socket.socket] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        for name, value in {**AWS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.getsockname()[1]}"}.items():
            monkeypatch.setenv(name, value)
        servers.forget()
        try:
            outcomes = [
                take_in(place_of(f"s3://calls/{name}.wav"), settings=ZONE, metadata=index_metadata([]))
                for name in "abc"
            ]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            servers.forget()
            for connection in connections:
                connection.close()
    assert [codes(outcome) for outcome in outcomes] == [["away"]] * 3
    assert 1 <= len(connections) <= servers.S3_ATTEMPTS
