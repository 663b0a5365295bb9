"""A copy of what is kept about somebody: all of it, nothing of others, whole or not there."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from sqlalchemy import Connection

from pipeline.audit.verify import verify_pack
from pipeline.errors import NotFoundError, ReportError
from pipeline.retention.subject import prepare_export
from pipeline.retention.subject_words import IN_WORDS
from pipeline.store.call_record import read_call
from pipeline.store.console_tables import coaching_items, coaching_sessions, comments, metadata, users
from pipeline.store.erase import reached_tables
from pipeline.store.kpi_tables import phone_calls, phone_days
from pipeline.store.old_calls import calls_of
from pipeline.store.subject_rows import LEFT_OUT, OF_AGENTS, subject_tables
from pipeline.store.subject_values import Subject
from pipeline.store.tables import audit_log, recordings, reviews, steps
from tests.audit.workspace import NOW, Workspace
from tests.media.servers import web_folder
from tests.retention.filled import call_id, fill, marker
from tests.retention.test_deletion import holding

MARIA, CUSTOMER = Subject(agent="maria.lopez"), Subject(customer="C-77")


def told(connection: Connection, subject: Subject) -> dict[str, list[dict[str, Any]]]:
    """Everything that somebody is told of the database."""
    ids = calls_of(connection, customer=subject.customer, agent=subject.agent)
    return {name: list(rows) for name, rows in subject_tables(connection, subject, ids, match_within_s=30)}


def of_two(connection: Connection) -> None:
    """Fill all tables for two calls, each with an agent, an account and a customer of its own."""
    for number in (1, 2):
        fill(connection, number)
        of_call = recordings.c.call_id == call_id(number)
        people = {"agent_id": f"agent-{number}", "customer_ref": f"customer-{number}"}
        told_by_phone = json.dumps({"external_id": f"ext-{number}", "agent_name": f"Agnes {number}", "topic": "loans"})
        connection.execute(recordings.update().where(of_call).values(**people, metadata=told_by_phone))
        account = users.c.user_id == f"kept-users-user_id-{number}"
        names = {"agent_id": f"agent-{number}", "name": f"account-{number}"}
        connection.execute(users.update().where(account).values(**names))
        log = audit_log.update().where(audit_log.c.sequence == number)
        connection.execute(log.values(actor=f"account-{number}", subject_id=call_id(number), action="export"))
        by_ref = phone_calls.c.call_ref == f"ext-{number}"
        connection.execute(phone_calls.update().where(by_ref).values(**people))
        for table, key in ((phone_days, "agent_id"), (coaching_sessions, "session_id"), (coaching_items, "item_id")):
            row = table.c[key].like(f"%-{number}")
            connection.execute(table.update().where(row).values(agent_id=f"agent-{number}"))


def test_every_table_is_told_of_or_left_out_with_a_reason(connection: Connection) -> None:
    """A new table has to be looked at by a person."""
    of_two(connection)
    agents, customers = told(connection, Subject(agent="agent-1")), told(connection, Subject(customer="customer-1"))
    assert set(metadata.tables) == agents.keys() | LEFT_OUT.keys()
    assert not agents.keys() & LEFT_OUT.keys()
    assert agents.keys() - customers.keys() == OF_AGENTS
    assert agents.keys() | {"handed_out"} == IN_WORDS.keys()
    for name, rows in agents.items():  # else the next test could not fail
        assert len(rows) == 1, name
    assert {name for name, rows in customers.items() if not rows} == set()


@pytest.mark.parametrize(
    "subject", [Subject(agent="agent-1"), Subject(customer="customer-1")], ids=["agent", "customer"]
)
def test_all_words_about_somebody_are_told_and_none_of_others(connection: Connection, subject: Subject) -> None:
    of_two(connection)
    rows = told(connection, subject)
    text = {name: json.dumps(each) for name, each in rows.items()}
    for table in reached_tables():
        if table.name in text and {"payload", "text", "note", "evidence", "customer_sentiment"} & set(table.c.keys()):
            assert marker(1) in text[table.name] or table.name == "call_measures", table.name
    whole = json.dumps(rows)
    assert call_id(1) in whole
    for other in (call_id(2), marker(2), "agent-2", "customer-2", "account-2", "Agnes 2"):
        assert other not in whole, other
    for name in ("reviewer", "written_by", "sent_by", "sampled_by"):
        values = [row[name] for each in rows.values() for row in each if name in row]
        assert set(values) <= {"(somebody else)"}
        assert values or subject.agent is None or name == "written_by", name


def test_a_customer_is_not_told_who_the_agent_is_and_an_agent_not_who_called(connection: Connection) -> None:
    of_two(connection)
    customer = told(connection, Subject(customer="customer-1"))
    text = json.dumps(customer)
    assert "customer-1" in text
    assert "agent-1" not in text
    assert "Agnes" not in text
    assert customer["recordings"][0]["metadata"] == {
        "external_id": "ext-1",
        "agent_name": "(somebody else)",
        "topic": "loans",
    }
    agent = told(connection, Subject(agent="agent-1"))
    text = json.dumps(agent)
    assert "agent-1" in text
    assert "customer-1" not in text
    assert agent["recordings"][0]["metadata"] == "(left out: it may name others)"
    assert agent["recordings"][0]["media_uri"] == "(left out: it may name others)"


def test_what_an_agent_wrote_under_their_account_is_theirs(connection: Connection) -> None:
    of_two(connection)
    connection.execute(comments.update().values(written_by="account-1"))
    connection.execute(reviews.update().values(reviewer="ann"))
    rows = told(connection, Subject(agent="agent-1"))
    assert rows["comments"][0]["written_by"] == "account-1"
    assert rows["reviews"][0]["reviewer"] == "(somebody else)"
    assert [sorted(row) for row in rows["audit_log"]] == [["action", "at", "subject_kind"]]
    assert "password" not in json.dumps(rows)
    assert "token_hash" not in json.dumps(rows)


def test_coaching_stays_an_agents_when_the_call_is_given_to_another(connection: Connection) -> None:
    of_two(connection)
    connection.execute(recordings.update().values(agent_id="agent-2"))
    rows = told(connection, Subject(agent="agent-1"))
    for table in ("coaching_items", "coaching_sessions", "coaching_session_items", "coaching_withdrawals"):
        assert len(rows[table]) == 1, table
    assert rows["recordings"] == []


def export(made: Workspace, subject: Subject, out: Path, **changes: Any) -> Path:
    given = {"store": made.store, "settings": made.settings, "now": NOW, "basis": None, "version": "1.2.3", **changes}
    with prepare_export(subject, out, **given) as prepared:
        prepared.pack.publish()
    return out


def texts(folder: Path) -> str:
    """The text of every file of a copy but for sound."""
    return "".join(f.read_text() for f in sorted(folder.rglob("*")) if f.is_file() and f.suffix != ".flac")


def samples(file: Path) -> Any:
    with av.open(str(file)) as sound:
        rate_hz = sound.streams.audio[0].rate
        parts = [frame.to_ndarray().reshape(-1, len(frame.layout.channels)).T for frame in sound.decode(audio=0)]
    return np.concatenate(parts, axis=1), rate_hz


def test_a_customer_gets_calls_with_sound_and_text(workspace: Workspace, tmp_path: Path) -> None:
    out = export(workspace, CUSTOMER, tmp_path / "copy", basis="GDPR Art. 15, request 2026-118")
    assert verify_pack(out).problems == ()
    assert verify_pack(out).calls == workspace.calls
    page = (out / "index.html").read_text()
    assert "customer C-77" in page
    assert "GDPR Art. 15, request 2026-118" in page
    assert "Score" not in page
    for link in re.findall(r'(?:href|src)="([^"#:,]+)"', page):
        assert (out / link).is_file(), link
    for call in workspace.calls:
        assert "My card is [card_number] thanks" in (out / "transcripts" / f"{call}.txt").read_text()
        sound, rate_hz = samples(out / "sound" / f"{call}.flac")
        assert not sound[:, int(4.4 * rate_hz) : int(4.7 * rate_hz)].any()
        assert sound.any()
    kept = {file.stem for file in (out / "kept").iterdir()}
    assert {"recordings", "steps", "files", "findings"} <= kept
    assert not kept & OF_AGENTS
    assert "maria.lopez" not in texts(out)
    assert "C-77" in texts(out)


def test_an_agent_gets_scores_and_their_own_voice(workspace: Workspace, tmp_path: Path) -> None:
    out = export(workspace, MARIA, tmp_path / "copy")
    assert verify_pack(out).problems == ()
    page = (out / "index.html").read_text()
    assert "Score" in page
    assert "No basis was given" in page
    assert {"scores", "criterion_results"} <= {file.stem for file in (out / "kept").iterdir()}
    assert "C-77" not in texts(out)
    sound, rate_hz = samples(out / "sound" / f"{workspace.calls[0]}.flac")
    with workspace.store.read() as connection:
        transcript = read_call(connection, workspace.calls[0]).transcript
    assert transcript is not None
    heard = {}
    for turn in transcript.turns:
        part = sound[:, turn.start_ms * rate_hz // 1000 : turn.end_ms * rate_hz // 1000]
        heard[turn.index] = bool(part.any())
    assert heard == {0: True, 1: False, 2: True}


def test_a_zip_is_the_same_and_its_owners_alone(workspace: Workspace, tmp_path: Path) -> None:
    folder, packed = export(workspace, CUSTOMER, tmp_path / "copy"), export(workspace, CUSTOMER, tmp_path / "copy.zip")
    assert verify_pack(packed).hash == verify_pack(folder).hash
    assert packed.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    with zipfile.ZipFile(packed) as opened:
        assert "index.html" in opened.namelist()


def test_a_legal_hold_does_not_keep_people_from_their_copy(workspace: Workspace, tmp_path: Path) -> None:
    holding(workspace, customer_ref="C-77")
    given: dict[str, Any] = {"settings": workspace.settings, "now": NOW, "basis": None, "version": "1"}
    with prepare_export(CUSTOMER, tmp_path / "copy", store=workspace.store, **given) as made:
        assert made.holds == 1
        made.pack.publish()
    assert (tmp_path / "copy" / "index.html").is_file()
    assert "lh-1" not in texts(tmp_path / "copy")


def test_nothing_is_written_about_nobody(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nothing is kept about customer c-77; references are compared letter"):
        export(workspace, Subject(customer="c-77"), tmp_path / "copy")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ReportError, match="is there already"):
        export(workspace, CUSTOMER, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


def test_a_call_without_its_sound_is_told_of_and_the_rest_is_there(workspace: Workspace, tmp_path: Path) -> None:
    first, second = workspace.calls
    next(workspace.recordings.glob("2026-10-05*.wav")).unlink()
    with workspace.store.begin() as connection:
        connection.execute(steps.delete().where(steps.c.call_id == second, steps.c.step == "transcript"))
    out = export(workspace, MARIA, tmp_path / "copy")
    notes = " ".join(json.loads((out / "manifest.json").read_text())["notes"])
    assert f"Call {first} is without sound" in notes
    assert "C-77" not in notes, "the path of a recording often names the customer"
    assert f"Call {second} is without sound: it has no transcript" in notes
    assert (out / "transcripts" / f"{first}.txt").is_file()
    assert not (out / "sound").exists()


def test_sound_that_lies_elsewhere_is_fetched(workspace: Workspace, tmp_path: Path) -> None:
    with web_folder(workspace.recordings) as web:
        with workspace.store.begin() as connection:
            for row in connection.execute(recordings.select()).all():
                this = recordings.update().where(recordings.c.call_id == row.call_id)
                connection.execute(this.values(media_uri=f"{web.url}/{Path(row.media_uri).name}"))
        out = export(workspace, CUSTOMER, tmp_path / "copy")
    assert len(list((out / "sound").iterdir())) == 2


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.load_settings import load_settings
from pipeline.retention import subject as module
from pipeline.store.database import open_store
from pipeline.store.subject_values import Subject

settings = load_settings(environment={}, flags={"workspace": Path(sys.argv[1])})
module.write_audio = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
given = {"store": open_store(settings.store_url), "settings": settings, "now": datetime.now(UTC)}
with module.prepare_export(Subject(customer="C-77"), Path(sys.argv[2]), basis=None, version="1", **given) as made:
    made.pack.publish()
"""


@pytest.mark.parametrize("name", ["copy", "copy.zip"])
def test_a_killed_export_leaves_no_copy_and_the_next_one_removes_its_traces(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out" / name
    command = [sys.executable, "-c", KILLED, str(workspace.folder), str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert not out.exists()
    [left] = out.parent.iterdir()
    assert left.name.startswith(f".{name}.")
    assert left.stat().st_mode & 0o777 == 0o700
    export(workspace, CUSTOMER, out)
    assert list(out.parent.iterdir()) == [out]


def test_an_export_that_is_being_made_is_left_alone_by_another(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out" / "copy"
    given: dict[str, Any] = {"settings": workspace.settings, "now": NOW, "basis": None, "version": "1"}
    with prepare_export(CUSTOMER, out, store=workspace.store, **given) as first:
        export(workspace, CUSTOMER, out)
        assert first.pack.staged.is_dir()
        with pytest.raises(ReportError, match="is there already"):
            first.pack.publish()
    assert list(out.parent.iterdir()) == [out]
