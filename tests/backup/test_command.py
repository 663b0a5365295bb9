"""`earmark backup` as somebody at a terminal sees it, and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.backup import app
from pipeline.config import Settings
from pipeline.errors import StoreError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "backup.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_backup_commands_say_what_is_there_and_what_is_not(settings: Settings) -> None:
    (settings.workspace / "earmark.toml").write_text("[run]\nworkers = 3\n")
    runner = CliRunner()

    made = runner.invoke(app, ["create", "b", "--workspace", str(settings.workspace)])
    proved = runner.invoke(app, ["verify", "b"])
    restored = runner.invoke(app, ["restore", "b", "--workspace", "new"])

    assert (made.exit_code, proved.exit_code, restored.exit_code) == (0, 0, 0), (made, proved, restored)
    assert "3 calls, 1 scores" in made.stdout
    assert "1 unredacted transcripts, 1 uploaded files" in made.stdout
    assert "b: whole" in proved.stdout
    assert "Recordings: 1 of 3 are where the database says." in restored.stdout
    assert "earmark-of-backup.toml: look it over" in restored.stdout


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_backup_keeps_the_settings_file_that_the_environment_names(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "site.toml").write_text("[run]\nworkers = 5\n")
    monkeypatch.setenv("EARMARK_CONFIG", str(tmp_path / "site.toml"))
    runner = CliRunner()

    assert runner.invoke(app, ["create", "b", "-w", str(settings.workspace)]).exit_code == 0
    assert runner.invoke(app, ["restore", "b", "-w", "new"]).exit_code == 0
    assert Path("new", "earmark-of-backup.toml").read_text() == "[run]\nworkers = 5\n"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_backup_commands_give_json(settings: Settings) -> None:
    runner = CliRunner()
    made = json.loads(runner.invoke(app, ["create", "b", "-w", str(settings.workspace), "--json"]).stdout)
    restored = json.loads(runner.invoke(app, ["restore", "b", "-w", "new", "--json"]).stdout)

    assert made["rows"]["recordings"] == 3
    assert (made["unredacted"], made["uploads"]) == (1, 1)
    assert restored["recordings_missing"] == ["c-0002", "c-0003"]
    assert {key: restored[key] for key in made} == made


def test_backup_create_says_so_where_there_is_nothing_yet() -> None:
    result = CliRunner().invoke(app, ["create", "b", "--workspace", "none"])

    assert isinstance(result.exception, StoreError)
    assert not Path("none").exists()


def test_the_page_shows_every_command_and_no_other() -> None:
    shown = set(re.findall(r"earmark backup (\w+)", PAGE))

    assert shown == {
        str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback
    }
