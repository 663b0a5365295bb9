"""`earmark serve --log-format json`, as a process of its own, writes lines that a log store can read."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx


def test_serve_tells_requests_as_json_and_nothing_of_their_addresses(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EARMARK_")}
    options = ["--workspace", str(tmp_path), "--port", str(port), "--log-format", "json"]
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "serve", *options],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "Earmark's console" in process.stdout.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:
            assert browser.get("/health").json() == {"status": "ok"}
            assert browser.get("/calls/c-3141592653?said=4111111111111111").status_code == 303
            assert "earmark_http_requests_total" in browser.get("/metrics").text
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    requests = [(line["method"], line["route"], line["status"]) for line in lines if line["event"] == "request"]
    assert requests == [("GET", "/health", 200), ("GET", "/calls/{call_id}", 303), ("GET", "/metrics", 200)]
    for secret in ("c-3141592653", "4111", "127.0.0.1"):
        assert secret not in "".join(map(json.dumps, lines))
    spoken = [line for line in told.splitlines() if not line.startswith("{")]
    assert not any("Uvicorn" in line or "INFO" in line for line in spoken)
