from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import AuthoredFileError, ConfigError
from pipeline.load_settings import load_settings


def problem(tmp_path: Path, text: str) -> str:
    file = tmp_path / "earmark.toml"
    file.write_text(f"[reports]\n{text}\n", encoding="utf-8")
    with pytest.raises(AuthoredFileError) as caught:
        load_settings(file=file, environment={})
    return "\n".join(caught.value.lines())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('receivers = { north = ["lead"] }', "'lead' is no e-mail address"),
        ('receivers = { north = ["Lead <lead@example.org>"] }', "is no e-mail address"),
        ('receivers = { north = ["a@example.org, b@example.org"] }', "is no e-mail address"),
        ('receivers = { north = ["a@example.org\\nBcc: b@example.org"] }', "is no e-mail address"),
        ('receivers = { north = ["ü@example.org"] }', "is no e-mail address"),
        ('receivers = { north = ["a@exa mple.org"] }', "is no e-mail address"),
        ('receivers = { north = ["-froot@"] }', "is no e-mail address"),
        ("receivers = { north = [] }", "name at least one address"),
        ('receivers = { north = ["a@example.org", "A@example.org"] }', "named twice"),
        ('receivers = { " " = ["a@example.org"] }', "a team's name is missing"),
        ("periods = []", "each once"),
        ('periods = ["week", "week"]', "each once"),
        ('periods = ["year"]', "'day', 'week' or 'month'"),
        ('smtp_host = "mail.example.org"', "sender: name the address"),
        ('smtp_host = "smtp://mail.example.org:25"\nsender = "qa@example.org"', "its port is smtp_port"),
        ('sender = "Earmark"', "'Earmark' is no e-mail address"),
        ('sender = "Earmark <qa@example.org>, b@example.org"', "write an address"),
        ('sender = "Earmark\\r\\nBcc: b@example.org <qa@example.org>"', "write an address"),
        ('smtp_security = "none"\nsmtp_user = "earmark"', "in the clear"),
        ('smtp_pasword = "x"', "did you mean 'smtp_password'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_load(tmp_path: Path, text: str, told: str) -> None:
    assert told in problem(tmp_path, text)


def test_password_in_a_file_is_refused_without_showing_it(tmp_path: Path) -> None:
    told = problem(tmp_path, 'smtp_user = "earmark"\nsmtp_password = "hunter2-Harbour"')
    assert "earmark.toml:3" in told
    assert "EARMARK_REPORTS__SMTP_PASSWORD" in told
    assert "Harbour" not in told


def test_password_without_a_name_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(environment={"EARMARK_REPORTS__SMTP_PASSWORD": "hunter2-Harbour"})
    assert "smtp_user" in str(caught.value)
    assert "Harbour" not in str(caught.value)


def test_settings_come_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "earmark.toml"
    file.write_text('[reports]\nreceivers = { north = ["a.b+c@mail.example.org"] }\nsmtp_user = "earmark"\n')
    environment = {
        "EARMARK_REPORTS__SMTP_PASSWORD": "hunter2-Harbour",
        "EARMARK_REPORTS__PERIODS": '["day", "month"]',
        "EARMARK_REPORTS__SENDER": "Earmark <qa@example.org>",
    }
    reports = load_settings(file=file, environment=environment).reports
    assert reports.receivers == {"north": ("a.b+c@mail.example.org",)}
    assert reports.periods == ("day", "month")
    assert reports.smtp_password is not None
    assert reports.smtp_password.get_secret_value() == "hunter2-Harbour"
    assert [reports.quotes, reports.leaderboard, reports.badges, reports.attach_pdf] == [False] * 4
