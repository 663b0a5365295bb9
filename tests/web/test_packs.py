"""Evidence packs: made beside requests, handed out, removed, and checked when they come back."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.web.jobs import left_packs
from app.web.pages import packs
from pipeline.audit.verify import verify_pack
from pipeline.store.audit import AuditEntry, entries
from pipeline.store.findings import AskedCalls
from pipeline.store.violations import Outcome, calls_with_outcome
from tests.web.conftest import Console, Stay
from tests.web.waiting import page_when

RULES = ("empathy", "anything-else", "recap", "offer-help", "closing-thanks")
ORDER: dict[str, Any] = {"period": "all", "rules": list(RULES), "outcome": "violated", "reason": "asked for in a test"}


def made(stay: Stay, **changes: Any) -> str:
    """Have a pack made and return its id."""
    answer = stay.post("/compliance/packs", {**ORDER, **changes})
    assert answer.status_code == 303, answer.text
    page = ended(stay, answer.headers["location"])
    assert "Open the pack" in page, page
    found = re.search(r'href="/compliance/packs/(\d{8}-[0-9a-f]{12})"', page)
    assert found
    return found[1]


def ended(stay: Stay, address: str) -> str:
    """Return the page of something that is being done, once it is done."""
    return page_when(stay, address, lambda page: 'aria-busy="true"' not in page)


def logged(console: Console, action: str) -> list[AuditEntry]:
    with console.store.read() as connection:
        return [entry for entry in entries(connection) if entry.action == action]


def upload(stay: Stay, content: bytes, **fields: str) -> Any:
    return stay.post("/compliance/packs/check", fields, files={"pack": ("pack.zip", content, "application/zip")})


def test_officer_makes_downloads_verifies_and_removes_a_pack(console: Console, tmp_path: Path) -> None:
    officer = console.sign_in("compliance")
    pack_id = made(officer, clips="true")
    page = officer.get(f"/compliance/packs/{pack_id}").text
    answer = officer.get(f"/compliance/packs/{pack_id}/file")
    assert answer.headers["content-disposition"] == f'attachment; filename="earmark-pack-{pack_id}.zip"'
    file = tmp_path / "got.zip"
    file.write_bytes(answer.content)
    found = verify_pack(file)
    assert found.problems == ()
    assert found.hash
    assert found.hash in page
    with console.store.read() as connection:
        wanted = calls_with_outcome(connection, AskedCalls(), RULES, Outcome.VIOLATED, limit=100)
    assert set(found.calls) == set(wanted)
    assert any(name.endswith(".flac") for name in zipfile.ZipFile(file).namelist())
    exports = [entry for entry in logged(console, "export") if entry.subject_kind == "pack"]
    assert [entry.subject_id for entry in exports] == [found.hash, found.hash]  # made, downloaded
    assert "asked for in a test" in exports[0].details
    assert {entry.subject_id for entry in logged(console, "export") if entry.subject_kind == "call"} == set(wanted)

    verdict = upload(officer, answer.content, expect=found.hash).text
    assert "Its hash is the one that you gave" in verdict
    assert "made a pack with this hash" in verdict
    assert "NOT as it was made" in upload(officer, answer.content, expect="0" * 64).text

    assert officer.post(f"/compliance/packs/{pack_id}/remove").status_code == 303
    assert officer.get(f"/compliance/packs/{pack_id}/file").status_code == 404
    assert not list((console.settings.workspace / "packs").iterdir())
    assert [entry.subject_id for entry in logged(console, "deletion")] == [found.hash]


def test_pack_of_an_officer_of_a_team_holds_that_teams_calls_and_others_do_not_get_theirs(console: Console) -> None:
    whole = console.sign_in("compliance", "whole")
    north, south = (console.sign_in("compliance", team, teams=(team,)) for team in ("north", "south"))
    of_north, of_all = made(north), made(whole)
    assert south.get(f"/compliance/packs/{of_north}").status_code == 404
    assert south.get(f"/compliance/packs/{of_north}/file").status_code == 404
    assert north.get(f"/compliance/packs/{of_all}/file").status_code == 404
    assert north.post(f"/compliance/packs/{of_all}/remove").status_code == 404
    assert of_all not in north.get("/compliance/packs").text
    calls = verify_bytes(whole.get(f"/compliance/packs/{of_north}/file").content)
    with console.store.read() as connection:
        wanted = calls_with_outcome(connection, AskedCalls(team="north"), RULES, Outcome.VIOLATED, limit=100)
    assert set(calls) == set(wanted)


def verify_bytes(content: bytes) -> tuple[str, ...]:
    """Return the calls of a pack."""
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return tuple({name.split("/")[1] for name in pack.namelist() if name.startswith("calls/")})


def test_nobody_else_sees_what_is_being_made(console: Console) -> None:
    one, other = console.sign_in("compliance", "one"), console.sign_in("compliance", "other")
    address = one.post("/compliance/packs", ORDER).headers["location"]
    assert other.get(address).status_code == 404
    ended(one, address)


def test_pack_of_no_call_or_too_many_says_what_to_do(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = console.sign_in("compliance")
    none = officer.post("/compliance/packs", {**ORDER, "rules": ["no-such-rule"]}).headers["location"]
    assert "no call fits: choose other rules or days" in ended(officer, none)
    monkeypatch.setattr("app.web.compliance.packs.MOST_CALLS", 1)
    many = officer.post("/compliance/packs", ORDER).headers["location"]
    assert "more than 1 calls fit" in ended(officer, many)
    assert logged(console, "export") == []


@pytest.mark.parametrize("changes", [{"reason": "  "}, {"rules": []}, {"reason": "x" * 501}, {"from": "x", "to": ""}])
def test_order_that_lacks_something_is_told(console: Console, changes: dict[str, Any]) -> None:
    assert console.sign_in("compliance").post("/compliance/packs", {**ORDER, **changes}).status_code == 400


@pytest.mark.parametrize("pack_id", ["20261122-zzzzzzzzzzzz", "..%2F..%2Fearmark", "x", "20261122-0123456789ab"])
def test_address_of_no_pack_is_not_there(open_bare_console: Callable[..., Console], pack_id: str) -> None:
    console = open_bare_console()
    officer = console.sign_in("compliance")
    assert officer.get(f"/compliance/packs/{pack_id}").status_code == 404
    assert officer.get(f"/compliance/packs/{pack_id}/file").status_code == 404


def test_damaged_note_beside_a_pack_hides_it_and_breaks_nothing(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console()
    folder = console.settings.workspace / "packs"
    folder.mkdir()
    for number, text in enumerate(("{", "[]", '{"teams": 3}', "\x00")):
        (folder / f"20261122-{number:012x}.json").write_text(text, encoding="utf-8")
    assert "No packs yet" in console.sign_in("compliance").get("/compliance/packs").text


def test_what_a_killed_server_left_of_packs_is_no_pack_and_goes(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console()
    folder = console.settings.workspace / "packs"
    hidden = folder / ".20261122-000000000001.zip.abcd"
    hidden.mkdir(parents=True)
    left = [hidden / "transcript.json", folder / "20261122-000000000001.json", folder / "20261122-000000000002.zip"]
    for each in left:
        each.write_text("{}", encoding="utf-8")
    officer = console.sign_in("compliance")
    assert "No packs yet" in officer.get("/compliance/packs").text
    left_packs.remove_left_packs(console.site)
    assert all(each.exists() for each in left)  # they may be in the making
    for each in (hidden, *left):
        os.utime(each, (0, 0))
    left_packs.remove_left_packs(console.site)
    assert not list(folder.iterdir())


def test_what_is_no_pack_is_refused_and_nothing_is_unpacked(open_bare_console: Callable[..., Console]) -> None:
    officer = open_bare_console().sign_in("compliance")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 20_000_000)
        archive.writestr("../../outside.txt", b"x")
    verdict = upload(officer, bomb.getvalue()).text
    assert "NOT as it was made" in verdict
    assert "is compressed" in verdict
    assert "leads out of the folder" in verdict
    assert "no zip that can be read whole" in upload(officer, b"PK\x03\x04 cut off").text
    assert "choose the pack&#39;s zip file first" in upload(officer, b"").text
    assert upload(officer, b"x", expect="abc").status_code == 400


def test_upload_is_refused_by_its_length_before_it_is_read(
    open_bare_console: Callable[..., Console],
) -> None:
    officer = open_bare_console().sign_in("compliance")
    too_long = {"content-length": str(packs.MOST_CHECKED_BYTES + 1), "content-type": "multipart/form-data; boundary=x"}
    answer = officer.client.post(
        "/compliance/packs/check", content=b"x", headers={**too_long, "x-form-token": officer.form_token()}
    )
    assert answer.status_code == 413


def test_who_may_not_export_can_check_packs_only(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console()
    manager, reviewer = console.sign_in("manager"), console.sign_in("reviewer")
    assert "Make a pack" not in manager.get("/compliance/packs").text
    assert manager.get("/compliance/packs/new").status_code == 403
    assert manager.post("/compliance/packs", ORDER).status_code == 403
    assert "NOT as it was made" in upload(manager, b"x").text
    assert upload(reviewer, b"x").status_code == 403


def test_packs_are_for_nobody_else_on_the_machine(console: Console) -> None:
    folder = console.settings.workspace / "packs"
    folder.mkdir(mode=0o755)
    made(console.sign_in("compliance"))
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert {file.suffix for file in files} == {".zip", ".json"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
