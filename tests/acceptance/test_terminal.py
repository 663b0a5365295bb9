"""What stands on the screen: help, `doctor`, and no escape codes where nobody can see colours."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.acceptance.command import ESCAPE, SAMPLES, Workspace, command_line, earmark, environment, gather, walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def in_terminal(*arguments: str | Path, cwd: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Run with standard output and error on a terminal of 100 columns, as one stream."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command_line(*arguments),
        cwd=cwd,
        env=environment({"TERM": "xterm-256color", "COLUMNS": "100", **env}),
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    parts = []
    try:
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        code = process.wait(120)
    finally:
        process.kill()
        process.wait(60)
        os.close(master)
    return code, b"".join(parts).decode()


def test_help_names_every_command(tmp_path: Path) -> None:
    out = earmark("--help", cwd=tmp_path).ok().out
    for name in ("run", "calls", "transcribe", "score", "rubrics", "flags", "scorecards", "flows", "doctor"):
        assert re.search(rf"\b{name}\b", out), name


def test_doctor_finds_everything_in_place(tmp_path: Path) -> None:
    out = earmark("doctor", cwd=tmp_path).ok().out
    for part in (r"Python", r"faster-whisper", r"model", r"sha256|[0-9a-f]{12}", r"database", r"disk"):
        assert re.search(part, out, re.IGNORECASE), part


def test_doctor_speaks_json(tmp_path: Path) -> None:
    document = earmark("doctor", "--json", cwd=tmp_path).json()
    text = json.dumps(document)
    assert "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"[:16] in text
    assert any(value == "database" for value in walk(document))


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    wrong = "postgresql+psycopg://nobody:a-secret-word@127.0.0.1:9/none"
    done = earmark("doctor", cwd=tmp_path, env={"EARMARK_DATABASE_URL": wrong})
    assert done.code == 1
    done.assert_quiet()
    said = done.out + done.err
    assert "database" in said
    assert "a-secret-word" not in said


def test_a_run_without_its_database_does_not_start(tmp_path: Path) -> None:
    wrong = "postgresql+psycopg://nobody:a-secret-word@127.0.0.1:9/none"
    done = earmark(
        "run", SAMPLES / "audio", "--workspace", tmp_path / "w", cwd=tmp_path, env={"EARMARK_DATABASE_URL": wrong}
    )
    assert done.code == 1
    done.assert_quiet()
    assert "a-secret-word" not in done.out + done.err
    assert len(done.err.strip().splitlines()) <= 6


@pytest.mark.parametrize("words", [("calls", "list"), ("flags", "list")])
def test_no_color_is_kept_to_in_a_terminal(scripted: Workspace, words: tuple[str, ...]) -> None:
    code, seen = in_terminal(*words, "--workspace", scripted.path, cwd=scripted.home, env={"NO_COLOR": "1"})
    assert code == 0
    for codes in COLOUR.findall(seen):
        assert not re.search(r"\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])\b", codes), repr(codes)


def test_json_in_a_terminal_is_plain_json(scripted: Workspace) -> None:
    code, seen = in_terminal("calls", "list", "--json", "--workspace", scripted.path, cwd=scripted.home, env={})
    assert code == 0
    assert ESCAPE not in seen
    assert json.loads(seen) == scripted.calls()


def test_a_run_in_a_terminal_shows_progress_and_ends_clean(scripted: Workspace, scripted_folder: Path) -> None:
    words = ("run", scripted_folder, "--engine", "scripted", "--config", SAMPLES / "earmark.toml")
    code, seen = in_terminal(*words, "--workspace", scripted.path, cwd=scripted.home, env={})
    assert code == 0, seen
    assert "Traceback" not in seen
    assert "Warning" not in seen
    assert re.search(r"\x1b\[\d*[AK]|\r", seen), "a bar that is drawn anew"


def test_every_reading_command_prints_json_and_nothing_else(scripted: Workspace) -> None:
    first = scripted.calls()[0]["call_id"]
    reading = [
        ("calls", "show", first),
        ("flags", "list"),
        ("rubrics", "list"),
        ("rubrics", "check"),
        ("scorecards", "show"),
    ]
    for done in gather(scripted, [(*words, "--json") for words in reading]):
        assert done.json() is not None
        assert done.err == "", done.command


def test_names_are_shown_as_they_are_whatever_they_hold(tmp_path: Path) -> None:
    """A name that looks like markup or like terminal codes does no harm."""
    path = tmp_path / "[bold]no\x1b[31m.json"
    done = earmark("score", path, "--rubric", "general", cwd=tmp_path)
    assert done.code in {1, 2}
    assert ESCAPE not in done.out + done.err
    assert "[bold]no" in "".join(done.err.split())


def test_the_module_and_the_installed_command_are_the_same(tmp_path: Path) -> None:
    installed = Path(sys.executable).with_name("earmark")
    by_name = subprocess.run(
        [installed, "--version"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert by_name.stdout == earmark("--version", cwd=tmp_path).ok().out
    assert re.search(r"\d+\.\d+", by_name.stdout)
