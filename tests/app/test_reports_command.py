"""`earmark reports` as a user runs it: to a folder, by mail, and what it says where something is wrong."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import reports
from pipeline.config import ReportSettings
from pipeline.digests.budget import FIGURES
from pipeline.store.database import open_store
from tests.digests.made import fill
from tests.digests.mail_server import MailServer, closed_port, make_certificate

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reports.md").read_text()
PASSWORD = "hunter2-Harbour"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with six scored calls of October 2026."""
    folder = tmp_path_factory.mktemp("reports") / "data"
    folder.mkdir()
    store = open_store(f"sqlite:///{folder / 'earmark.db'}")
    fill(store, marker="xyzzy-marker")
    store.close()
    return folder


def earmark(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own, with nothing of this one's settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    command = [sys.executable, "-m", "app.cli.main", *map(str, arguments)]
    return subprocess.run(command, env={**own, **variables}, capture_output=True, text=True, timeout=300, check=False)


def settings_file(folder: Path, **reports: object) -> Path:
    file = folder / "own.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in reports.items()]
    receivers = '[reports.receivers]\nnorth = ["lead@example.org"]\nsouth = ["gone@example.org"]'
    file.write_text("\n".join(["[reports]", 'periods = ["month"]', 'sender = "qa@example.org"', *lines, receivers]))
    return file


def test_reports_show_tells_the_figures_and_no_words_of_calls(workspace: Path) -> None:
    shown = earmark("reports", "show", "-p", "month", "--for", "2026-10-06", "-t", "north", "-w", workspace)
    assert shown.returncode == 0, shown.stderr
    assert "Team north: October 2026" in shown.stdout
    assert "3 calls scored, mean 100%" in shown.stdout
    assert "xyzzy" not in shown.stdout
    (command,) = set(re.findall(r"earmark (calls list --team .*)", shown.stdout))
    listed = earmark(*command.split(), "--json")  # the command that the figure leads to
    assert [call["call_id"] for call in json.loads(listed.stdout)] == ["c-1000", "c-1002", "c-1004"]
    as_json = earmark("reports", "show", "-p", "month", "--for", "2026-10-06", "-w", workspace, "--json")
    assert json.loads(as_json.stdout)["calls_scored"] == 6
    assert "xyzzy" not in as_json.stdout
    assert json.loads(as_json.stdout)["to_hear"]
    assert _views_of_digests(workspace) == []


def test_reports_show_with_words_of_calls_is_logged(workspace: Path) -> None:
    asked = ("reports", "show", "-p", "month", "--for", "2026-10-06", "-t", "north", "-w", workspace)
    shown = earmark(*asked, "--json", EARMARK_REPORTS__QUOTES="true")
    assert "xyzzy-marker" in shown.stdout
    (logged,) = _views_of_digests(workspace)
    assert logged["subject_id"] == "north"
    assert json.loads(logged["details"]) == {"calls": ["c-1000"], "period": "2026-10"}
    own = earmark(*asked, "--agent", "maria.lopez", EARMARK_REPORTS__QUOTES="true")
    assert "xyzzy" not in own.stdout
    assert len(_views_of_digests(workspace)) == 1


def _views_of_digests(workspace: Path) -> list[dict[str, Any]]:
    log = json.loads(earmark("audit", "log", "-w", workspace, "--json").stdout)
    return [act for act in log["entries"] if (act["action"], act["subject_kind"]) == ("view", "digest")]


def test_calls_list_takes_days(workspace: Path) -> None:
    listed = earmark("calls", "list", "--from", "2026-10-07", "--to", "2026-10-08", "-w", workspace, "--json")
    assert [call["call_id"] for call in json.loads(listed.stdout)] == ["c-1001", "c-1002"]


def test_reports_send_writes_into_a_folder_once(workspace: Path, tmp_path: Path) -> None:
    asked = ("reports", "send", "-p", "month", "--for", "2026-10-06", "--to-folder", tmp_path, "-w", workspace)
    first = earmark(*asked)
    assert first.returncode == 0, first.stderr
    assert (tmp_path / "2026-10" / "team-north.html").read_text().startswith("<!DOCTYPE html>")
    assert "nothing to do" in earmark(*asked).stdout
    log = earmark("audit", "log", "-w", workspace, "--json")
    assert '"digest"' in log.stdout


def test_reports_send_by_mail_tells_who_was_refused_and_tries_again(workspace: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with MailServer(certificate=certificate, user="earmark", password=PASSWORD, refused={"gone@example.org"}) as server:
        file = settings_file(
            tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_user="earmark",
            smtp_ca_file=str(certificate.file),
        )
        asked = ("reports", "send", "--for", "2026-10-06", "-w", workspace, "-c", file)
        secret = {"EARMARK_REPORTS__SMTP_PASSWORD": PASSWORD}
        dry = earmark(*asked, "--dry-run", **secret)
        assert "team north, October 2026: to lead@example.org" in dry.stdout
        assert server.received == []
        first = earmark(*asked, **secret)
        assert first.returncode == 1
        assert "sent to lead@example.org" in first.stdout
        assert "not sent to gone@example.org: 550" in first.stderr
        server.refused.clear()
        second = earmark(*asked, **secret)
        assert second.returncode == 0, second.stderr
        assert [received.receivers for received in server.received] == [["lead@example.org"], ["gone@example.org"]]
        wrong = earmark(*asked, "--again", EARMARK_REPORTS__SMTP_PASSWORD="other-Harbour")
        assert wrong.returncode == 1
        assert "did not let earmark in" in wrong.stderr
        doctor = earmark("doctor", "-w", workspace, "-c", file, "--json", **secret)
        (check,) = [each for each in json.loads(doctor.stdout) if each["name"] == "mail server"]
        assert check["ok"], check
        assert len(server.received) == 2
    for ran in (dry, first, second, wrong, doctor):
        assert "Harbour" not in ran.stdout + ran.stderr
        assert "Traceback" not in ran.stderr


def test_doctor_tells_of_a_mail_server_that_is_not_there(workspace: Path, tmp_path: Path) -> None:
    file = settings_file(tmp_path, smtp_host="127.0.0.1", smtp_port=closed_port(), budget=str(tmp_path / "none.csv"))
    doctor = earmark("doctor", "-w", workspace, "-c", file, "--json")
    checks = {each["name"]: each for each in json.loads(doctor.stdout)}
    assert "cannot be reached" in checks["mail server"]["found"]
    assert "cannot be read" in checks["targets"]["found"]
    assert doctor.returncode == 1


def test_dry_run_finds_what_sending_would_stumble_over(workspace: Path, tmp_path: Path) -> None:
    misspelt = {"EARMARK_REPORTS__RECEIVERS": json.dumps({"nroth": ["a@example.org"], "south": ["b@example.org"]})}
    given = {"smtp_host": "127.0.0.1", "smtp_port": closed_port()}
    file = settings_file(tmp_path, **given)
    asked = ("reports", "send", "--for", "2026-10-06", "-w", workspace)
    dry = earmark(*asked, "-c", file, "--dry-run", **misspelt)
    assert dry.returncode == 1
    assert "team nroth, October 2026: no call of team 'nroth' in this workspace (did you mean 'north'?)" in dry.stderr
    assert "team south, October 2026: to b@example.org" in dry.stdout
    table = tmp_path / "targets.csv"
    table.write_text("team,month,figure,value\nnorth,2026-10,pass_rat,1\n")
    file = settings_file(tmp_path, **given, budget=str(table))
    for period, code in (("month", 1), ("week", 0)):  # only digests of months have targets
        ran = earmark(*asked, "-c", file, "-p", period, "--again", "--dry-run")
        assert ran.returncode == code, ran.stderr
        assert ("did you mean 'pass_rate'" in ran.stderr) == bool(code)


def test_misspelt_team_in_the_table_of_targets_is_told(workspace: Path, tmp_path: Path) -> None:
    table = tmp_path / "targets.csv"
    table.write_text("team,month,figure,value\nnort,2026-10,mean_share,85%\nsouth,2026-10,mean_share,85%\n")
    file = settings_file(tmp_path, budget=str(table))
    told = "targets: no call names team 'nort' (did you mean 'north'?)"
    shown = earmark("reports", "show", "--for", "2026-10-06", "-w", workspace, "-c", file)
    sent = earmark("reports", "send", "--for", "2026-10-06", "--to-folder", tmp_path, "-w", workspace, "-c", file)
    for ran in (shown, sent):
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr.count(told) == 1
    checks = json.loads(earmark("doctor", "-w", workspace, "-c", file, "--json").stdout)
    (check,) = [each for each in checks if each["name"] == "targets"]
    assert check["ok"]
    assert told.removeprefix("targets: ") in check["found"]
    new = earmark("doctor", "-w", tmp_path / "none", "-c", file, "--json")
    assert f"2 in {table}" in new.stdout


def test_reports_bonus_writes_a_table_and_is_logged(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "bonus.csv"
    made = earmark("reports", "bonus", "--month", "2026-10", "--out", out, "-w", workspace)
    assert made.returncode == 0, made.stderr
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(row["agent"], row["calls_scored"], row["final"]) for row in rows] == [
        ("maria.lopez", "3", "true"),
        ("tom.becker", "3", "true"),
    ]
    assert '"bonus inputs"' in earmark("audit", "log", "-w", workspace, "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("send",), 2, "nothing says where digests go"),
        (("show", "--team", "nroth"), 2, "did you mean 'north'"),
        (("bonus", "--month", "October", "--out", "b.csv"), 2, "such as 2026-10"),
        (("bonus", "--month", "2026-10", "--out", "b.pdf"), 2, "must end in .csv or .xlsx"),
        (("send", "--to-folder", "x", "--for", "2199-01-01"), 2, "has not ended"),
        (("send", "--to-folder", "x", "--for", "9999-12-31"), 2, "end of the calendar"),
        (("show", "--for", "0001-01-01"), 2, "end of the calendar"),
        (("show", "--for", "9999-12-31"), 2, "end of the calendar"),
        (("show", "--team", "south", "--agent", "maria.lopez"), 2, "they are of north"),
    ],
)
def test_reports_say_what_is_wrong(workspace: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    ran = earmark("reports", *arguments, "-w", workspace)
    assert ran.returncode == code
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


def test_page_tells_of_every_command_setting_and_figure() -> None:
    told = [f"earmark reports {command.name}" for command in reports.app.registered_commands]
    told += [f"`reports.{name}`" for name in ReportSettings.model_fields if not name.startswith("smtp_")]
    told += [f"`{name}`" for name in (*FIGURES, "--dry-run", "--again", "--to-folder", "--digests-at")]
    assert [words for words in told if words not in PAGE] == []
