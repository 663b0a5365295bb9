"""Rubrics and rules on pages: read, checked, and a change tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.web import snapshots
from app.web.rubrics.checks import MOST_YAML_BYTES
from pipeline.config import Settings
from pipeline.store.audit import entries
from tests.web.conftest import Console, Stay
from tests.web.test_packs import ended

RUBRICS = Settings().score.rubrics_dir
BANK = (RUBRICS / "bank-support.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages wait for the files to be read."""
    monkeypatch.setattr(snapshots, "WAIT_S", 60.0)
    real = snapshots.snapshot
    monkeypatch.setattr("app.web.authored.snapshot", lambda *a, **k: real(*a, **{**k, "wait_s": 60.0}))


@pytest.fixture
def bare(open_bare_console: Callable[..., Console]) -> Console:
    return open_bare_console()


def tried(stay: Stay, text: str, **fields: str) -> str:
    """Return the page that tells what became of a text."""
    answer = stay.post("/rubrics/changes", {"text": text, "kind": "rubric", "calls": "0", **fields})
    assert answer.status_code == 303, answer.text
    return ended(stay, answer.headers["location"])


def test_everybody_reads_rubrics_and_rules(bare: Console) -> None:
    for role in ("agent", "reviewer", "compliance"):
        stay = bare.sign_in(role, agent_id="maria.lopez" if role == "agent" else None)
        assert "Bank support" in stay.get("/rubrics").text
        assert "Recording notice" in stay.get("/rules").text
        assert ("Try a change" in stay.get("/rubrics").text) is (role == "compliance")


def test_rubric_is_told_in_words_with_what_failing_does(bare: Console) -> None:
    page = bare.sign_in("agent", agent_id="x").get("/rubrics/bank-support@2").text
    for text in (
        "Says that the call is recorded",
        "Critical: counts into the critical score, too.",
        "Failing it fails the call, and the total is at most 50 %.",
        'href="/rules/recording-notice"',
        "direction is inbound",
        "measure longest dead air: below 10 s earns 100 %",
        "its points are earned on top",
        "pass_share: 0.8",
    ):
        assert text in page, text


def test_rule_is_told_with_its_source_and_who_asks_for_it(bare: Console) -> None:
    stay = bare.sign_in("compliance")
    page = stay.get("/rules/recording-notice").text
    assert "- id: recording-notice" in page
    assert 'href="/rubrics/bank-support%402"' in page
    assert 'href="/compliance/rules/recording-notice"' in page
    assert "/compliance/rules/" not in bare.sign_in("reviewer").get("/rules/recording-notice").text


@pytest.mark.parametrize(
    "path", ["/rubrics/bank-support@99", "/rubrics/none", "/rubrics/@", "/rubrics/a@²", "/rules/none", "/rules/..%2Fx"]
)
def test_what_is_not_there_is_told(bare: Console, path: str) -> None:
    assert bare.sign_in("compliance").get(path).status_code == 404


def test_problems_of_files_are_told_with_line_and_without_where_they_lie(
    open_bare_console: Callable[..., Console], tmp_path: Path
) -> None:
    folder = tmp_path / "secret-place"
    shutil.copytree(RUBRICS, folder)
    console = open_bare_console(score__rubrics_dir=folder, compliance__rules_dir=folder / "rules")
    stay = console.sign_in("compliance")
    assert stay.get("/rubrics/check").text.count("no problems") == 2
    (folder / "sales.yaml").write_text("id: sales\nversion: no\n", encoding="utf-8")
    (folder / "rules" / "sales.yaml").write_text("a: [\n", encoding="utf-8")
    console.site.kept.clear()  # looked at again at once, not in a second
    page = stay.get("/rubrics/check").text
    assert "sales.yaml:2" in page
    assert "a whole number is wanted" in page
    assert str(folder) not in page
    console.site.kept.clear()
    assert "left out here" in stay.get("/rubrics").text


def test_change_is_checked_compared_and_tried_on_stored_calls(console: Console) -> None:
    officer = console.sign_in("compliance")
    text = BANK.replace("version: 2", "version: 3", 1).replace("pass_share: 0.8", "pass_share: 0.01")
    text = text.replace("points: 2", "points: 40", 1)
    page = tried(officer, text, calls="200")
    assert "The pass mark went from 80 % to 1 %." in page
    assert "<dt>Calls tried</dt><dd>8<" in page
    assert "points from 2 to 40" in page
    assert 'href="/calls/c-' in page
    assert "maria.lopez" in page
    with console.store.read() as connection:
        last = [entry for entry in entries(connection) if entry.subject_kind == "rubric"]
    assert [(entry.actor, entry.action, entry.subject_id) for entry in last] == [("compliance", "view", "bank-support")]
    assert (RUBRICS / "bank-support.yaml").read_text(encoding="utf-8") == BANK


def test_change_is_tried_on_calls_of_the_visitors_teams_only(console: Console) -> None:
    north = console.sign_in("manager", "north", teams=("north",))
    page = tried(north, BANK.replace("pass_share: 0.8", "pass_share: 0.01"), calls="200")
    assert "<dt>Calls tried</dt><dd>4<" in page
    assert "tom.becker" not in page


def test_problems_of_a_text_are_all_told_with_their_lines(bare: Console) -> None:
    officer = bare.sign_in("compliance")
    page = tried(officer, "id: x\nversion: no\npas_share: 1\n")
    for told in ("pasted.yaml:2", "pasted.yaml:3", "did you mean", "pass_share", "sections"):
        assert told in page, told
    assert "/tmp" not in page


def test_pack_of_rules_is_checked(bare: Console) -> None:
    officer = bare.sign_in("compliance")
    rules = (Settings().compliance.rules_dir / "respect.yaml").read_text(encoding="utf-8")
    assert "no problems" in tried(officer, rules, kind="rules")
    assert "pasted.yaml:2" in tried(officer, "pack: x\nrules: {}\n", kind="rules")


def test_uploaded_file_counts_instead_of_the_text(bare: Console) -> None:
    officer = bare.sign_in("compliance")
    files = {"file": ("mine.yaml", b"id: from-the-file\n", "text/yaml")}
    answer = officer.post("/rubrics/changes", {"text": BANK, "kind": "rubric", "calls": "0"}, files=files)
    assert "is missing" in ended(officer, answer.headers["location"])
    latin = {"file": ("mine.yaml", "id: \xe9".encode("latin-1"), "text/yaml")}
    assert officer.post("/rubrics/changes", {"text": ""}, files=latin).status_code == 400


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)
)


def test_text_that_would_grow_without_end_is_refused(bare: Console) -> None:
    assert "aliases" in tried(bare.sign_in("compliance"), BOMB)


@pytest.mark.parametrize("text", ["", "  \n", "a: " + "[" * 5000, "a: '" + "x" * MOST_YAML_BYTES + "'"])
def test_text_that_is_too_long_or_too_deep_is_refused_at_once(bare: Console, text: str) -> None:
    assert bare.sign_in("compliance").post("/rubrics/changes", {"text": text}).status_code == 400


def test_nobody_has_more_than_a_few_things_done_at_once(bare: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.tasks.MOST_WAITING", 0)
    answer = bare.sign_in("compliance").post("/rubrics/changes", {"text": "a: 1"})
    assert answer.status_code == 400
    assert "still being done" in answer.text


def test_only_who_may_tries_changes_and_sees_their_own(bare: Console) -> None:
    officer, other = bare.sign_in("compliance"), bare.sign_in("manager")
    address = officer.post("/rubrics/changes", {"text": "a: 1", "calls": "0"}).headers["location"]
    assert other.get(address).status_code == 404
    ended(officer, address)
    reviewer: Any = bare.sign_in("reviewer")
    assert reviewer.get("/rubrics/changes/new").status_code == 403
    assert reviewer.post("/rubrics/changes", {"text": "a: 1"}).status_code == 403
    assert reviewer.get(address).status_code == 403
