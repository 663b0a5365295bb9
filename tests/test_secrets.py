"""Secrets come from the environment, or from a file that it names, and are shown nowhere."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.cli.main import main
from pipeline.at_rest.keys import make_key
from pipeline.config import Settings
from pipeline.config.secret import secrets_of
from pipeline.errors import AuthoredFileError, ConfigError, EarmarkError
from pipeline.load_secrets import variable_of
from pipeline.load_settings import load_settings

MARK = "hunter2-Harbour"
KEY = make_key()
ADDRESS = f"postgresql://earmark:{MARK}@db.example.org/calls"
SECRETS = secrets_of(Settings)
ALONE = [keys for keys, is_address in SECRETS.items() if not is_address]
BESIDE = {
    "smtp_password": {"EARMARK_REPORTS__SMTP_USER": "ada", "EARMARK_REPORTS__SMTP_HOST": "mail.example.org"},
}
"""What a secret cannot be without."""


FORMED = {
    ("at_rest_key",): KEY,
    ("alerts", "webhook_url"): f"https://hooks.example.org/{MARK}",
    ("console", "metrics_token"): f"{MARK}-and-more",
}
"""Secrets that have a form."""


def value_of(keys: tuple[str, ...]) -> str:
    return FORMED.get(keys, MARK)


def in_environment(keys: tuple[str, ...]) -> dict[str, str]:
    told = {"EARMARK_REPORTS__SENDER": "qa@example.org", **BESIDE.get(keys[-1], {})} if keys[-1] in BESIDE else {}
    return {**told, variable_of(keys): value_of(keys)}


def read(settings: Settings, keys: tuple[str, ...]) -> str:
    value = settings
    for key in keys:
        value = getattr(value, key)
    return value.get_secret_value()


def all_fields(group: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in group.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from all_fields(kind, (*before, name))
        else:
            yield (*before, name)


def test_the_secrets_are_known():
    assert {("at_rest_key",), ("judge", "api_key"), ("sign_in", "client_secret"), ("reports", "smtp_password")} <= set(
        ALONE
    )
    assert SECRETS["database_url",] is True


def test_a_setting_that_sounds_like_a_secret_is_one():
    sounding = re.compile(r"(^|_)(key|secret|password|passphrase|token|credentials|url)$")
    no_secrets = {("judge", "url"), ("console", "public_url")}  # those with a user or password are refused
    found = {keys for keys in all_fields(Settings) if sounding.search(keys[-1])}
    assert found - set(SECRETS) == no_secrets


def test_no_other_setting_is_called_like_the_file_of_a_secret():
    files = {f"{variable_of(keys)}_FILE" for keys in SECRETS}
    assert not files & {variable_of(keys) for keys in all_fields(Settings)}


@pytest.mark.parametrize("keys", ALONE, ids=".".join)
def test_a_secret_in_a_settings_file_is_refused_by_its_line_and_not_shown(tmp_path: Path, keys: tuple[str, ...]):
    file = tmp_path / "earmark.toml"
    table = f"[{'.'.join(keys[:-1])}]\n" if keys[:-1] else ""
    file.write_text(f'# mine\n{table}{keys[-1]} = "{value_of(keys)}"\n')
    with pytest.raises(AuthoredFileError) as told:
        load_settings(file=file, environment={})
    (line,) = told.value.lines()
    assert line.startswith(f"{file}:{3 if table else 2}: [secret] {'.'.join(keys)}: ")
    assert variable_of(keys) in line
    assert value_of(keys) not in line


def test_all_secrets_of_a_settings_file_are_told_at_once(tmp_path: Path):
    file = tmp_path / "earmark.toml"
    file.write_text(f'database_url = "{ADDRESS}"\n[judge]\napi_key = "{MARK}"\n[sign_in]\nclient_secret = "{MARK}"\n')
    with pytest.raises(AuthoredFileError) as told:
        load_settings(file=file, environment={})
    assert [problem.where for problem in told.value.problems] == [
        "database_url",
        "judge.api_key",
        "sign_in.client_secret",
    ]
    assert MARK not in str(told.value)


def test_an_address_without_a_password_may_stand_in_a_settings_file(tmp_path: Path):
    file = tmp_path / "earmark.toml"
    for address in ("postgresql://earmark@db.example.org/calls", "sqlite:////data/calls.db"):
        file.write_text(f'database_url = "{address}"\n')
        assert load_settings(file=file, environment={}).database_url == address
    for address in (ADDRESS, f"postgresql://earmark@db/calls?password={MARK}"):
        file.write_text(f'database_url = "{address}"\n')
        with pytest.raises(AuthoredFileError, match="EARMARK_DATABASE_URL"):
            load_settings(file=file, environment={})
        assert load_settings(environment={"EARMARK_DATABASE_URL": address}).database_url == address


@pytest.mark.parametrize("keys", ALONE, ids=".".join)
def test_a_secret_comes_from_the_environment_or_from_a_file_that_it_names(tmp_path: Path, keys: tuple[str, ...]):
    environment = in_environment(keys)
    assert read(load_settings(environment=environment), keys) == value_of(keys)
    file = tmp_path / "secret"
    file.write_text(f"{value_of(keys)}\n")
    file.chmod(0o600)
    del environment[variable_of(keys)]
    environment[f"{variable_of(keys)}_FILE"] = str(file)
    assert read(load_settings(environment=environment), keys) == value_of(keys)


def test_the_address_of_the_database_comes_from_a_file_too(tmp_path: Path):
    file = tmp_path / "url"
    file.write_text(ADDRESS)
    assert load_settings(environment={"EARMARK_DATABASE_URL_FILE": str(file)}).database_url == ADDRESS


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path):
    name = "EARMARK_JUDGE__API_KEY_FILE"
    empty, binary, long = tmp_path / "empty", tmp_path / "binary", tmp_path / "long"
    empty.write_text(" \n")
    binary.write_bytes(b"\xff\xfe\x00")
    long.write_text("x" * 70_000)
    for file, what in (
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot be read"),
        (empty, "is empty"),
        (binary, "is no text"),
        (long, "is too long"),
    ):
        with pytest.raises(ConfigError, match=f"{name}: .*{what}"):
            load_settings(environment={name: str(file)})


def test_a_secret_twice_is_refused(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text(MARK)
    with pytest.raises(ConfigError, match="both set") as told:
        load_settings(environment={"EARMARK_JUDGE__API_KEY": MARK, "EARMARK_JUDGE__API_KEY_FILE": str(file)})
    assert MARK not in str(told.value)


def test_the_file_of_the_key_at_rest_may_not_be_read_by_others(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text(KEY)
    environment = {"EARMARK_AT_REST_KEY_FILE": str(file)}
    for mode in (0o644, 0o604, 0o606):
        file.chmod(mode)
        with pytest.raises(ConfigError, match=r"others may read .*chmod 600") as told:
            load_settings(environment=environment)
        assert KEY not in str(told.value)
    for mode in (0o600, 0o400, 0o440):  # a group of its own is how Kubernetes hands files out
        file.chmod(mode)
        assert load_settings(environment=environment).at_rest_keys is not None


def test_a_key_that_is_none_is_refused_without_being_shown():
    with pytest.raises(ConfigError, match=r"at_rest_key: .*earmark keys make") as told:
        load_settings(environment={"EARMARK_AT_REST_KEY": MARK})
    assert MARK not in str(told.value)


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    environment = {"EARMARK_WORKSPACE": str(tmp_path / "workspace")}
    for keys in ALONE:
        environment |= in_environment(keys)
    environment["EARMARK_DATABASE_URL"] = ADDRESS.replace("db.example.org", "127.0.0.1:1")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return environment


def test_no_secret_is_in_what_settings_show(everything: dict[str, str]):
    settings = load_settings(environment=everything)
    for shown in (repr(settings), str(settings), repr(settings.at_rest_keys)):
        assert MARK not in shown
        assert KEY not in shown
    dumped = json.dumps({**settings.model_dump(mode="json"), "database_url": ""})
    assert MARK not in dumped
    assert KEY not in dumped


@pytest.mark.parametrize("command", [["doctor"], ["doctor", "--json"], ["calls", "list"], ["users", "list"]])
@pytest.mark.parametrize("debug", ["", "1"])
def test_no_command_shows_a_secret(
    everything: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: list[str],
    debug: str,
):
    monkeypatch.setattr("sys.argv", ["earmark", *command])
    monkeypatch.setenv("EARMARK_DEBUG", debug)
    with pytest.raises(SystemExit) as ended:
        main()
    said = "".join(capfd.readouterr())
    assert ended.value.code != 0  # there is no such server
    assert "127.0.0.1:1" in said
    assert MARK not in said
    assert KEY not in said


def test_no_traceback_shows_a_secret(everything: dict[str, str]):
    try:
        load_settings(environment={**everything, "EARMARK_RUN__WORKERS": "many"})
    except EarmarkError as error:
        said = "".join(traceback.format_exception(error))
    assert "run.workers" in said
    assert MARK not in said
    assert KEY not in said
