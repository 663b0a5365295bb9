"""A real server with a small real model, where `make judge-model` has installed it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.judge_server import MODEL

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-judge" / "bin" / "python"


@pytest.fixture(scope="session")
def real_server() -> Iterator[tuple[str, str]]:
    """Address and model of a llama.cpp server on loopback."""
    if not PYTHON.exists() or not (ROOT / ".venv-judge" / ".installed").exists():
        pytest.skip("no language model is installed to test with: make judge-model")
    environment = {"PATH": os.environ.get("PATH", "")}
    command = [str(PYTHON), str(ROOT / "tools" / "judge_server.py"), "--port", "0"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=ROOT
    )
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), f"the server did not start: exit code {server.poll()}"
        yield url, MODEL
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
