"""Servers of recordings that tests start on this machine: S3 (moto), SFTP (paramiko) and HTTP."""

from __future__ import annotations

import os
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.media import servers

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(kw_only=True)
class Bucket:
    """A bucket of a server that runs; ``variables`` lead another process to it."""

    name: str
    client: Any
    server: Any
    variables: dict[str, str]

    def put(self, key: str, data: bytes | Path) -> str:
        """Store an object and return its address."""
        body = data.read_bytes() if isinstance(data, Path) else data
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        return f"s3://{self.name}/{key}"

    def put_folder(self, folder: Path, prefix: str) -> None:
        """Store a folder's files below a prefix."""
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.put(f"{prefix}/{file.relative_to(folder).as_posix()}", file)


@contextmanager
def s3_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Start moto's S3 server with an empty bucket, and point the environment to it."""
    for module in ("s3fs", "moto", "flask", "flask_cors"):
        pytest.importorskip(module, reason=f"{module} is not installed: pip install -e '.[dev]'")
    import botocore.session
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    variables = {**AWS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    servers.forget()
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()  # its buckets outlive a server
    client = botocore.session.Session().create_client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="calls")
    try:
        yield Bucket(name="calls", client=client, server=server, variables=variables)
    finally:
        server.stop()
        servers.forget()


@dataclass(kw_only=True)
class WebFolder:
    """A folder that a web server shows.

    Attributes:
        breaks_after: Bytes of files that are sent before the server breaks off every answer.
        ranges: Whether it sends parts of files.
        asked: Paths that were asked for.
        redirects: Where it sends on to, by path.
    """

    url: str
    breaks_after: int | None = None
    ranges: bool = True
    sent: int = 0
    asked: list[str] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)


@contextmanager
def web_folder(folder: Path) -> Iterator[WebFolder]:
    """Start a web server that lists a folder and sends ranges of its files."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install -e '.[dev]'")
    state = WebFolder(url="")

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            state.asked.append(self.path)
            if self.path in state.redirects:
                self.send_response(302)
                self.send_header("Location", state.redirects[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path in state.pages:
                self._send(200, state.pages[self.path].encode(), {"Content-Type": "text/html"}, with_body=with_body)
                return
            file = Path(self.translate_path(self.path))
            if file.is_dir() or not file.exists():
                super().do_GET() if with_body else super().do_HEAD()
                return
            data = file.read_bytes()
            headers = {"ETag": f'"{file.stat().st_mtime_ns}"', "Content-Type": "audio/wav"}
            asked = self.headers.get("Range")
            if asked is None or not state.ranges:
                self._send(200, data, headers, with_body=with_body)
                return
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
            if start > end:
                self._send(416, b"", headers, with_body=with_body)
                return
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            self._send(206, data[start : end + 1], headers, with_body=with_body)

        def _send(self, status: int, body: bytes, headers: dict[str, str], *, with_body: bool) -> None:
            if with_body and state.breaks_after is not None and state.sent + len(body) > state.breaks_after:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body)), "Accept-Ranges": "bytes"}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                state.sent += len(body)
                with suppress(ConnectionError):  # a client that wanted only a part
                    self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="web folder")
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    servers.forget()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        servers.forget()
