"""`earmark sentiment`, as scripts use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.sentiment import batches_of_lines

SETTINGS = '[sentiment]\nengine = "vader"\n'


def sentiment(*arguments: str, given: bytes = b"", cwd: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "app.cli.main", "sentiment", *arguments]
    return subprocess.run(command, cwd=cwd, input=given, capture_output=True, timeout=120, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose settings choose the engine that needs no training."""
    (tmp_path / "earmark.toml").write_text(SETTINGS)
    return tmp_path


def test_predict_answers_every_line_in_order(folder: Path) -> None:
    lines = b"this is terrible\r\n\nI love it\n...\n\xff\xfe awful\nthe last one ends here"
    done = sentiment("predict", "--json", given=lines, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["label"] for answer in answers] == ["negative", None, "positive", None, "negative", "neutral"]
    assert all(list(answer) == ["label", "score", "confidence"] for answer in answers)
    assert answers[0]["score"] == -answers[0]["confidence"] < 0
    assert answers[2]["score"] == answers[2]["confidence"] > 0
    assert answers[1] == {"label": None, "score": None, "confidence": None}
    assert answers[5]["score"] == 0


def test_predict_shows_people_the_scale_to_five(folder: Path) -> None:
    done = sentiment("predict", "--role", "agent", given=b"this is terrible \x1b[31m\n\n", cwd=folder)
    first, second = done.stdout.decode().split("\n")[:2]
    assert first.startswith("negative")
    assert "-3.7" in first
    assert "\x1b" not in first
    assert second.startswith("–")


def test_predict_of_nothing_says_nothing_and_an_unknown_role_is_wrong_usage(folder: Path) -> None:
    assert sentiment("predict", "--json", cwd=folder).stdout == b""
    assert sentiment("predict", "--role", "boss", cwd=folder).returncode == 2


def test_card_of_heads_without_one_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "earmark.toml").write_text(f'models_dir = "{tmp_path}"\n')
    done = sentiment("card", cwd=tmp_path)
    assert done.returncode == 1
    assert b"earmark sentiment train" in done.stderr


def test_lines_are_given_out_as_they_come_and_none_waits_for_the_next() -> None:
    chunks = [b"one\ntw", b"o\n", b"thr", b"ee\nfour\xe2\x82", b"\xac", b""]
    assert list(batches_of_lines(iter(chunks).__next__)) == [["one"], ["two"], ["three"], ["four€"]]
    assert list(batches_of_lines(iter([b"a\x85b\x0cc\r\n\n", b""]).__next__)) == [["a\ufffdb\x0cc", ""]]
