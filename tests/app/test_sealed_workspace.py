"""With a key at rest nothing that was said lies in the workspace in the clear, and everything can still be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.at_rest.keys import make_key, parse_keys
from tests.scripted_calls import GOOD_CALL, write_call, write_manifest

MARK = "harbourlantern"
QUOTED = "guarantee you will be approved"  # what must not be said, and a flag quotes
OLD, NEW = make_key(), make_key()
OLD_ID, NEW_ID = parse_keys(OLD).first.key_id, parse_keys(NEW).first.key_id
LINES = (*GOOD_CALL[:-1], ("agent", f"You have been speaking with {MARK}. I guarantee you will be approved, goodbye."))

Ran = subprocess.CompletedProcess[str]


def earmark(workspace: Path, *arguments: str | Path, key: str = "", **variables: str) -> Ran:
    """Run the command in a process of its own, with a key or without."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    environment |= {"EARMARK_WORKSPACE": str(workspace), "EARMARK_AT_REST_KEY": key, **variables}
    command = [sys.executable, "-m", "app.cli.main", *map(str, arguments)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in ran.stderr
    for secret in (OLD, NEW):
        assert secret not in ran.stdout + ran.stderr
    return ran


def record(folder: Path) -> Path:
    """Write two recordings of an agent, and what is said in them."""
    names = [write_call(folder, f"call-{number}", LINES, seed=number).name for number in range(2)]
    about = {"agent_id": "maria", "team": "north", "started_at": "2026-10-14T10:22:31Z"}
    write_manifest(folder, [{"file": name, **about} for name in names])
    return folder


def in_the_clear(folder: Path, phrase: str = MARK) -> list[str]:
    """Return the files below a folder in which the phrase can be read."""
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if file.is_file() and phrase.encode() in file.read_bytes().lower()
    ]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def sealed(calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which two calls were scored with a key from a file, transcripts with personal data kept."""
    folder = tmp_path_factory.mktemp("sealed")
    file = folder / "key"
    file.write_text(OLD)
    file.chmod(0o600)
    given = {"EARMARK_AT_REST_KEY_FILE": str(file), "EARMARK_PRIVACY__KEEP_UNREDACTED": "true"}
    ran = earmark(folder / "data", "run", calls, "--engine", "scripted", **given)
    assert ran.returncode == 0, ran.stderr
    return folder / "data"


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed, tmp_path / "data"))


def call_id(workspace: Path, key: str) -> str:
    ran = earmark(workspace, "calls", "list", "--json", key=key)
    assert ran.returncode == 0, ran.stderr
    found: str = json.loads(ran.stdout)[0]["call_id"]
    return found


def test_nothing_that_was_said_is_in_any_file_of_the_workspace(sealed: Path) -> None:
    assert list((sealed / "unredacted").iterdir())
    assert (sealed / "reports" / "index.html").is_file()
    assert in_the_clear(sealed) == []
    assert in_the_clear(sealed, QUOTED) == []


def test_calls_are_shown_as_ever(sealed: Path) -> None:
    wanted = call_id(sealed, OLD)
    assert MARK in earmark(sealed, "calls", "show", wanted, key=OLD).stdout.lower()
    assert MARK in earmark(sealed, "calls", "show", wanted, "--unredacted", key=OLD).stdout.lower()


def test_what_is_asked_for_quotes_calls(sealed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = earmark(sealed, "scorecards", "export", "--format", "csv", "--out", out, key=OLD)
    assert ran.returncode == 0, ran.stderr
    assert in_the_clear(tmp_path, QUOTED) != []


def test_a_copy_for_a_person_is_made_with_the_key_only_and_opens_without(copy: Path, tmp_path: Path) -> None:
    recordings = record(tmp_path / "recordings")
    assert earmark(copy, "run", recordings, "--engine", "scripted", key=OLD).returncode == 0
    assert earmark(copy, "media", "seal", recordings, key=OLD).returncode == 0
    out = tmp_path / "copy"
    command = ("subject", "export", "--agent", "maria", "--out", out)
    refused = earmark(copy, *command, key=NEW)
    assert refused.returncode == 1
    assert f"sealed with key {OLD_ID}" in refused.stderr
    assert not out.exists()
    made = earmark(copy, *command, key=OLD)
    assert made.returncode == 0, made.stderr
    assert any(name.startswith("transcripts/") for name in in_the_clear(out))
    sounds = list((out / "sound").iterdir())
    assert len(sounds) == 2
    assert {file.read_bytes()[:4] for file in sounds} == {b"fLaC"}


@pytest.mark.parametrize("key", ["", NEW], ids=["no key", "another key"])
def test_a_missing_key_is_named_and_nothing_is_done(copy: Path, calls: Path, key: str) -> None:
    before = (copy / "earmark.db").read_bytes()
    for command in (["calls", "list"], ["run", str(calls), "--engine", "scripted"]):
        ran = earmark(copy, *command, key=key)
        assert ran.returncode == 1
        assert f"sealed with key {OLD_ID}" in ran.stderr
        assert "EARMARK_AT_REST_KEY" in ran.stderr
    checks = {check["name"]: check for check in json.loads(earmark(copy, "doctor", "--json", key=key).stdout)}
    assert not checks["database"]["ok"]
    assert OLD_ID in checks["database"]["found"]
    shown = earmark(copy, "keys", "show", "--json", key=key)
    assert shown.returncode == 1
    assert {"key": OLD_ID, "at_hand": False, "needed": True} in json.loads(shown.stdout)
    assert (copy / "earmark.db").read_bytes() == before


def test_a_workspace_is_rotated(copy: Path) -> None:
    assert json.loads(earmark(copy, "keys", "show", "--json", key=f"{NEW},{OLD}").stdout) == [
        {"key": NEW_ID, "at_hand": True, "needed": False},
        {"key": OLD_ID, "at_hand": True, "needed": True},
    ]
    ran = earmark(copy, "keys", "rotate", key=f"{NEW},{OLD}")
    assert ran.returncode == 0, ran.stderr
    assert f"Not needed for this database any more: {OLD_ID}." in ran.stdout
    assert "Files: 2 sealed." in ran.stdout
    assert MARK in earmark(copy, "calls", "show", call_id(copy, NEW), "--unredacted", key=NEW).stdout.lower()
    assert in_the_clear(copy) == []


def test_a_workspace_from_before_there_was_a_key_is_sealed_and_opened_again(copy: Path, calls: Path) -> None:
    opened = earmark(copy, "keys", "unseal-database", key=OLD)
    assert opened.returncode == 0, opened.stderr
    assert earmark(copy, "media", "unseal", key=OLD).returncode == 0
    wanted = call_id(copy, "")  # without a key: nothing is sealed now
    before = json.loads(earmark(copy, "calls", "show", wanted, "--json").stdout)
    assert len(in_the_clear(copy)) >= 3  # the database and two transcripts
    told = earmark(copy, "run", calls, "--engine", "scripted")
    assert told.returncode == 0, told.stderr
    quoting = [name for name in in_the_clear(copy, QUOTED) if name.startswith("reports")]
    assert {Path(name).suffix for name in quoting} >= {".html", ".json"}
    assert earmark(copy, "keys", "seal-database").returncode == 2  # without a key
    sealed = earmark(copy, "keys", "seal-database", key=NEW)
    assert sealed.returncode == 0, sealed.stderr
    assert f"sealed by key {NEW_ID}" in sealed.stdout
    assert "files removed, which quoted calls" in sealed.stdout
    assert [name for name in in_the_clear(copy) if not name.startswith("unredacted")] == []
    assert [name for name in in_the_clear(copy, QUOTED) if not name.startswith("unredacted")] == []
    assert earmark(copy, "media", "seal", key=NEW).stdout == "Files: 2 sealed.\n"
    assert in_the_clear(copy) == []
    assert json.loads(earmark(copy, "calls", "show", wanted, "--json", key=NEW).stdout) == before
    again = earmark(copy, "run", calls, "--engine", "scripted", "--json", key=NEW)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["unchanged"] == 2
    assert (copy / "reports" / "index.html").is_file()
    assert in_the_clear(copy, QUOTED) == []
    log = json.loads(earmark(copy, "audit", "log", "--action", "seal", "--json", key=NEW).stdout)
    assert [entry["details"] for entry in log["entries"]] == [json.dumps({"key": NEW_ID}, separators=(",", ":"))]


def test_recordings_are_sealed_in_their_place_and_stay_the_same_calls(sealed: Path, copy: Path, tmp_path: Path) -> None:
    recordings = record(tmp_path / "recordings")
    young = earmark(copy, "media", "seal", recordings, key=OLD)
    assert (young.returncode, young.stdout) == (1, "Files: 2 with problems.\n")
    assert young.stderr.count("intake.settle_s") == 2
    for file in recordings.glob("*.wav"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    plain = {file.name: file.read_bytes() for file in recordings.glob("*.wav")}
    done = earmark(copy, "media", "seal", recordings, key=OLD)
    assert done.stdout == "Files: 2 sealed.\n", done.stderr
    assert earmark(copy, "media", "seal", recordings, key=OLD).stdout == "Files: 2 as wanted already.\n"
    for file in recordings.glob("*.wav"):
        assert file.read_bytes().startswith(b"EARMSEAL")
    before = {call["call_id"] for call in json.loads(earmark(copy, "calls", "list", "--json", key=OLD).stdout)}
    ran = earmark(copy, "run", recordings, "--engine", "scripted", "--json", key=OLD)
    assert json.loads(ran.stdout)["unchanged"] == 2, ran.stderr
    after = json.loads(earmark(copy, "calls", "list", "--json", key=OLD).stdout)
    assert {call["call_id"] for call in after} == before
    clip = earmark(copy, "calls", "audio", after[0]["call_id"], "--out", tmp_path / "clip.wav", key=OLD)
    assert clip.returncode == 0, clip.stderr
    assert (tmp_path / "clip.wav").read_bytes().startswith(b"RIFF")
    elsewhere = earmark(tmp_path / "other", "run", recordings, "--engine", "scripted", key=NEW)
    assert OLD_ID in elsewhere.stdout + elsewhere.stderr
    assert earmark(copy, "media", "unseal", recordings, key=NEW).returncode == 1
    assert earmark(copy, "media", "unseal", recordings, key=f"{NEW} {OLD}").stdout == "Files: 2 opened.\n"
    assert {file.name: file.read_bytes() for file in recordings.glob("*.wav")} == plain


def test_a_key_is_made_for_its_user_only(tmp_path: Path) -> None:
    printed = earmark(tmp_path, "keys", "make")
    assert parse_keys(printed.stdout)
    file = tmp_path / "key"
    made = earmark(tmp_path, "keys", "make", "--out", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert parse_keys(file.read_text()).first.key_id in made.stdout
    assert file.read_text().strip() not in made.stdout
    again = earmark(tmp_path, "keys", "make", "--out", file)
    assert again.returncode == 1
    assert "never written over" in again.stderr
