"""`earmark calls audio` and `calls show --unredacted`, in a workspace whose customers say what must not be kept."""

from __future__ import annotations

import os
import sqlite3
import stat
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.intake.decode import decode
from tests.app.conftest import run_earmark
from tests.scripted_calls import write_call

LINES = (
    ("agent", "Thank you for calling Harbour Bank, my name is Maria. This call is recorded. May I have your name?"),
    ("customer", "Walburga Quillfeather, and my email is quillfeather at gmail dot com."),
    ("agent", "Thank you, Mrs. Quillfeather. What is your card number?"),
    ("customer", "four one one one, one one one one, one one one one, one one one one"),
    ("agent", "And the security code?"),
    ("customer", "seven three nine"),
    ("agent", "Thank you for calling Harbour Bank, goodbye."),
)
# four digits alone may stand in any identifier of Prefect's database by chance; half of the number may not
SECRETS = ("quillfeather", "walburga", "one one one", "seven three nine", "4111 1111", "4111-1111", "41111111")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one call, run with `privacy.keep_unredacted` and its debug log kept."""
    base = tmp_path_factory.mktemp("private")
    write_call(base / "calls", "secret", LINES)
    (base / "earmark.toml").write_text("[privacy]\nkeep_unredacted = true\n")
    done = run_earmark(
        "run", base / "calls", "--engine", "scripted", "--workspace", base / "data", "--config", base / "earmark.toml"
    )
    assert done.returncode == 0, done.stderr
    (base / "printed.txt").write_text(done.stdout + done.stderr)
    return base


@pytest.fixture(scope="module")
def call_id(private: Path) -> str:
    with sqlite3.connect(private / "data" / "earmark.db") as connection:
        return str(connection.execute("select call_id from recordings").fetchone()[0])


@pytest.fixture
def ask(private: Path) -> Callable[..., str]:
    def run(*arguments: str | Path, fails: bool = False) -> str:
        done = run_earmark(*arguments, "--workspace", private / "data", "--config", private / "earmark.toml")
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout

    return run


def test_nothing_that_is_written_holds_what_was_said(private: Path) -> None:
    files = [file for file in private.rglob("*") if file.is_file() and file.parent != private / "calls"]
    apart = private / "data" / "unredacted"
    assert any(file.parent == apart for file in files)
    for file in files:
        text = file.read_bytes().decode("utf-8", "ignore").casefold()
        for secret in SECRETS[2:] if file.parent == apart else SECRETS:
            assert secret not in text, file


def test_recording_is_silent_where_it_was_masked_and_nowhere_else(
    private: Path, call_id: str, ask: Callable[..., str], tmp_path: Path
) -> None:
    out = tmp_path / "muted.wav"
    ask("calls", "audio", call_id, "--out", out)
    muted, before = decode(out), decode(private / "calls" / "secret.wav")
    assert muted.samples.shape == before.samples.shape
    silent = (muted.samples == 0).all(axis=0)
    words_at_ms = {"customer name": 500 + 19 * 300 + 400 + 300, "greeting": 1500}
    assert silent[words_at_ms["customer name"] * 8]
    assert not silent[words_at_ms["greeting"] * 8]
    assert 0.3 < silent.mean() < 0.8
    assert np.allclose(muted.samples[:, ~silent], before.samples[:, ~silent], atol=1e-4)


def test_clip_is_that_part_of_the_whole(private: Path, call_id: str, ask: Callable[..., str], tmp_path: Path) -> None:
    ask("calls", "audio", call_id, "--out", tmp_path / "whole.wav")
    ask("calls", "audio", call_id[:6], "--out", tmp_path / "clip.flac", "--from", "0:02", "--to", "0:04.5")
    whole, clip = decode(tmp_path / "whole.wav"), decode(tmp_path / "clip.flac")
    assert clip.samples.shape == (2, 20_000)
    assert np.allclose(clip.samples, whole.samples[:, 16_000:36_000], atol=1e-4)


def test_file_is_not_overwritten_unless_asked(call_id: str, ask: Callable[..., str], tmp_path: Path) -> None:
    out = tmp_path / "there.wav"
    out.write_bytes(b"mine")
    assert "is there already" in ask("calls", "audio", call_id, "--out", out, fails=True)
    assert out.read_bytes() == b"mine"
    ask("calls", "audio", call_id, "--out", out, "--force")
    with wave.open(str(out)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8000)
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "call.mp3"], ".wav or .flac"),
        (["--out", "nowhere/call.wav"], "no folder"),
        (["--out", "call.wav", "--from", "5:00"], "no sound"),
        (["--out", "call.wav", "--from", "0:05", "--to", "0:04"], "behind"),
        (["--out", "call.wav", "--from", "0:75"], "minutes and seconds"),
    ],
)
def test_what_cannot_be_written_is_told(
    call_id: str, ask: Callable[..., str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    arguments = [str(tmp_path / a) if a.endswith((".wav", ".mp3")) else a for a in arguments]
    assert message in ask("calls", "audio", call_id, *arguments, fails=True)
    assert list(tmp_path.iterdir()) == []


def test_changed_recording_is_no_evidence(tmp_path: Path) -> None:
    file = write_call(tmp_path / "calls", "one", LINES)
    done = run_earmark("run", tmp_path / "calls", "--engine", "scripted", "--workspace", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "data" / "earmark.db") as connection:
        (call,) = connection.execute("select call_id from recordings").fetchone()
    write_call(tmp_path / "calls", "one", LINES, seed=5)
    done = run_earmark("calls", "audio", call, "--out", tmp_path / "a.wav", "--workspace", tmp_path / "data")
    assert done.returncode == 1
    assert "another" in done.stderr or "no longer" in done.stderr
    assert not (tmp_path / "a.wav").exists()
    assert file.exists()


def test_unredacted_transcript_is_shown_only_where_it_was_kept(
    private: Path, call_id: str, ask: Callable[..., str], workspace: Path
) -> None:
    shown = ask("calls", "show", call_id, "--unredacted")
    assert "Quillfeather" in shown
    assert "seven three nine" not in shown
    assert "Quillfeather" not in ask("calls", "show", call_id)
    (file,) = (private / "data" / "unredacted").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    if os.geteuid() != 0:  # the superuser may read all
        file.chmod(0)
        assert "may not read" in ask("calls", "show", call_id, "--unredacted", fails=True)
        file.chmod(0o600)
    with sqlite3.connect(workspace / "earmark.db") as connection:
        (other,) = connection.execute("select call_id from recordings").fetchone()
    done = run_earmark("calls", "show", other, "--unredacted", "--workspace", workspace)
    assert done.returncode == 1
    assert "keep_unredacted" in done.stderr
