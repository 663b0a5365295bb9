"""Calls go everywhere or stay whole; what was killed is finished; the record can be checked by anybody."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from pipeline.at_rest.files import seal_file, unseal_file
from pipeline.at_rest.keys import make_key, parse_keys
from pipeline.audit.log import check_log, record_act
from pipeline.audit.pack import prepare_pack
from pipeline.config import Settings
from pipeline.errors import ConfigError, IntakeError, NotFoundError, ReportError
from pipeline.intake.decode import call_audio, load_call_audio
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.retention import deletion, finish
from pipeline.retention.deleting import Deleting, Deletion
from pipeline.retention.deletion import apply_policies, delete_on_request
from pipeline.retention.plan import make_plan
from pipeline.retention.record import check_record, written_record
from pipeline.retention.signing import SigningKey, make_signing_key
from pipeline.store.audit import AskedEntries, entries
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.deletions import allow_again, list_records, was_deleted
from pipeline.store.holds import LegalHold, lift_hold, put_hold
from pipeline.store.intake import put_intake
from pipeline.store.old_calls import aged_call
from pipeline.store.retention_tables import deletion_files
from pipeline.store.search_index import index_some
from pipeline.store.snapshot import dump
from pipeline.store.tables import files
from tests.audit.workspace import Workspace

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return make_signing_key(tmp_path / "key.pem")


def who(made: Workspace, key: SigningKey | None = None, *, below: bool = True, **retention: Any) -> Deleting:
    given = {"delete_media_below": (made.recordings,) if below else (), **retention}
    changed = made.settings.retention.model_copy(update=given)
    settings: Settings = made.settings.model_copy(update={"retention": changed})
    return Deleting(store=made.store, settings=settings, actor="olga", now=lambda: NOW, key=key, zone=UTC)


def ids(made: Workspace) -> list[str]:
    with made.store.read() as connection:
        return sorted(call.call_id for call in list_calls(connection))


def holding(made: Workspace, **given: Any) -> None:
    with made.store.begin() as connection:
        put_hold(connection, LegalHold(hold_id="lh-1", reason="r", placed_by="ann", placed_at=NOW, **given))


def words_on_disk(folder: Path, words: str) -> list[str]:
    return [str(file) for file in folder.rglob("*") if file.is_file() and words.encode() in file.read_bytes()]


def leave_traces(made: Workspace, call_id: str) -> None:
    """Everything that Earmark makes of a call on disk."""
    with made.store.begin() as connection:
        assert index_some(connection, most=9)
    folder = made.folder
    for path, words in (
        (f"unredacted/{call_id}.abc.json", "I guarantee"),
        (f"cache/audio/{call_id}.tag.flac", "I guarantee"),
        (f"cache/audio/{call_id}.tag.json", "[]"),
        ("reports/index.html", "I guarantee"),
        ("reports/agents/maria.csv", "I guarantee"),
        ("reports/.made-from", "x"),
    ):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words)
    out = folder / "packs" / "20261122-0123456789ab.zip"
    with prepare_pack(
        [call_id], out, store=made.store, settings=made.settings, now=NOW, clips=False, tell=lambda _: None
    ) as pack:
        pack.publish()
    out.with_suffix(".json").write_text("{}")


def test_a_deleted_call_is_in_no_file_of_the_workspace(workspace: Workspace, key: SigningKey) -> None:
    first, second = workspace.calls
    leave_traces(workspace, first)
    with workspace.store.read() as connection:
        media = [Path(get_recording(connection, call).media_uri) for call in (first, second)]
    exported = media[0].with_name(f"{media[0].stem}_metadata.json")
    exported.write_text("{}")
    beside = media[0].with_suffix(".json")
    beside.write_text('{"agent_id": "maria"}')
    assert words_on_disk(workspace.folder, "<Maria> & co")
    for call in (first, second):
        [done] = delete_on_request([call], "asked for by the customer", who(workspace, key))
        assert done.left == ()

    assert ids(workspace) == []
    for words in ("<Maria> & co", "guarantee it will", "guarantee will", "C-77"):
        found = words_on_disk(workspace.folder, words)
        assert found == [], words
    assert not any(path.exists() for path in (*media, beside, exported))
    assert [path.name for path in workspace.folder.rglob("*") if first in path.name] == []


def test_only_what_is_due_goes_and_the_rest_is_untouched(workspace: Workspace) -> None:
    _first, second = workspace.calls
    leave_traces(workspace, second)
    [done] = apply_policies(who(workspace, keep_call_days={"*": 47}))  # the calls are 48 and 47 days old
    assert done.deleted == 1
    assert ids(workspace) == [second]
    assert (workspace.folder / f"unredacted/{second}.abc.json").exists()
    assert (workspace.folder / "packs" / "20261122-0123456789ab.zip").exists()
    assert apply_policies(who(workspace, keep_call_days={"*": 47})) == []


def test_nothing_is_deleted_without_a_policy(workspace: Workspace) -> None:
    with workspace.store.read() as connection:
        before = dump(connection)
    assert apply_policies(who(workspace)) == []
    with workspace.store.read() as connection:
        assert dump(connection) == before


@pytest.mark.parametrize("given", [{"agent_id": "maria.lopez"}, {"customer_ref": "C-77"}])
def test_a_hold_stands_above_policy_and_request(workspace: Workspace, given: dict[str, str]) -> None:
    holding(workspace, **given)
    for done in (
        apply_policies(who(workspace, keep_call_days={"*": 1})),
        delete_on_request(workspace.calls, "asked", who(workspace)),
    ):
        [deletion] = done
        assert deletion.held == dict.fromkeys(workspace.calls, ("lh-1",))
        assert (deletion.deleted, deletion.record) == (0, None)
    assert ids(workspace) == sorted(workspace.calls)
    with workspace.store.begin() as connection:
        lift_hold(connection, "lh-1", by="ann", reason="settled", now=NOW)
    [deletion] = apply_policies(who(workspace, keep_call_days={"*": 1}))
    assert deletion.deleted == 2


def test_a_hold_that_is_placed_between_two_calls_keeps_the_second(workspace: Workspace) -> None:
    first, second = workspace.calls
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if line.startswith(f"deleting {second}"):
            holding(workspace, call_id=second)

    [done] = delete_on_request([first, second], "asked", replace(who(workspace), tell=tell))
    assert done.held == {second: ("lh-1",)}
    assert ids(workspace) == [second]
    assert done.record is not None
    assert json.loads(done.record.document or "")["holds"] == {"calls_kept_back": 1, "checked": True, "standing": 1}


def test_sound_alone_goes_and_the_score_stays(workspace: Workspace) -> None:
    first, second = workspace.calls
    leave_traces(workspace, first)
    with workspace.store.read() as connection:
        media = Path(get_recording(connection, first).media_uri)
        scores = dump(connection)["scores"]
    deleting = who(workspace, keep_media_days={"*": 47})
    [done] = apply_policies(deleting)
    assert not media.exists()
    assert (workspace.folder / f"unredacted/{first}.abc.json").exists()
    assert not list((workspace.folder / "cache/audio").iterdir())
    with workspace.store.read() as connection:
        assert dump(connection)["scores"] == scores
        assert was_deleted(connection, get_recording(connection, first).sha256)
        assert not was_deleted(connection, get_recording(connection, second).sha256)
    assert done.record is not None
    assert [call["what"] for call in json.loads(done.record.document or "")["calls"]] == ["media"]
    assert apply_policies(deleting) == []
    [later] = apply_policies(who(workspace, keep_call_days={"*": 47}))
    assert later.deleted == 1


def test_sound_that_was_deleted_is_not_heard_where_its_file_returns_before_that_is_allowed(
    workspace: Workspace,
) -> None:
    first, _ = workspace.calls
    settings = workspace.settings.intake
    with workspace.store.read() as connection:
        recording = get_recording(connection, first)
    media = Path(recording.media_uri)
    held = media.read_bytes()
    apply_policies(who(workspace, keep_media_days={"*": 47}))
    media.write_bytes(held)
    with workspace.store.read() as connection:
        without = get_recording(connection, first)
    for listen in (load_call_audio, lambda *given: list(call_audio(*given)())):
        with pytest.raises(IntakeError, match="sound was deleted by retention") as refused:
            listen(without, settings)
        assert refused.value.code == "sound_deleted"
    with workspace.store.begin() as connection:
        assert allow_again(connection, recording.sha256)
        put_intake(
            connection,
            take_in(media, settings=settings, metadata=index_metadata([media]), for_sound_only=True),
            now=NOW,
        )
        again, aged = get_recording(connection, first), aged_call(connection, first)
    assert again.media_uri == recording.media_uri
    assert load_call_audio(again, settings).any()
    assert aged is not None
    assert not aged.media_deleted  # the policy applies to it once more


def test_a_recording_outside_the_named_folders_stays_and_the_record_says_so(workspace: Workspace) -> None:
    first, _ = workspace.calls
    [done] = delete_on_request([first], "asked", who(workspace, below=False))
    [(path, why)] = [(path, why) for path, why in done.left if path.endswith(".wav")]
    assert Path(path).exists()
    assert why == "outside retention.delete_media_below"
    assert done.record is not None
    document = json.loads(done.record.document or "")
    assert document["files"][why]["recording"] == 1
    assert path not in (done.record.document or "")
    with workspace.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(deletion_files)) == 0


def _link_out(media: Path, elsewhere: Path) -> None:
    media.replace(elsewhere)
    media.symlink_to(elsewhere)


def _folder_link_out(media: Path, elsewhere: Path) -> None:
    elsewhere.mkdir()
    media.parent.rename(elsewhere / "moved")
    media.parent.symlink_to(elsewhere / "moved")


def _another_recording(media: Path, _elsewhere: Path) -> None:
    media.write_bytes(b"another call")


@pytest.mark.parametrize("change", [_link_out, _folder_link_out, _another_recording])
def test_nothing_else_is_deleted_in_a_recordings_place(
    workspace: Workspace, tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    first, _ = workspace.calls
    with workspace.store.read() as connection:
        media = Path(get_recording(connection, first).media_uri)
    deleting = who(workspace, delete_media_below=(workspace.folder,))
    change(media, tmp_path / "elsewhere")
    kept = media.read_bytes()
    if change is _folder_link_out:
        deleting = who(workspace, delete_media_below=(workspace.folder / "uploads",))
    [done] = delete_on_request([first], "asked", deleting)
    assert media.read_bytes() == kept
    assert [path for path, _ in done.left if path == str(media)] == [str(media)]


def test_what_was_made_of_a_deleted_call_afterwards_goes_with_the_next_apply(workspace: Workspace) -> None:
    first, second = workspace.calls
    paths = ("unredacted/{}.abc.json", "unredacted/.{}.abc.json.x1", "cache/audio/{}.tag.flac")

    def make(call_id: str) -> list[Path]:
        files = [workspace.folder / path.format(call_id) for path in paths]
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("I guarantee")
        return files

    of_stranger, of_second = make("c-0123456789abcdef"), make(second)
    assert apply_policies(who(workspace)) == []
    assert all(file.exists() for file in of_stranger), "nothing was ever deleted here: they may be older than it"
    delete_on_request([first], "asked", who(workspace))
    late = make(first)
    (workspace.folder / "reports").mkdir(exist_ok=True)
    (workspace.folder / "reports" / "index.html").write_text("of today")

    assert apply_policies(who(workspace)) == []

    assert not any(file.exists() for file in late)
    assert all(file.exists() for file in of_second)
    assert (workspace.folder / "reports" / "index.html").exists(), "nothing was deleted, so they may stay"


@pytest.mark.parametrize("first_sealed", [False, True], ids=["sealed since", "opened since"])
def test_a_recording_that_was_sealed_or_opened_since_it_was_taken_in_goes(
    workspace: Workspace, first_sealed: bool
) -> None:
    first, _ = workspace.calls
    ring = parse_keys(make_key())
    with workspace.store.begin() as connection:
        media = Path(get_recording(connection, first).media_uri)
        if first_sealed:
            seal_file(media, media, ring)
            of_call = files.update().where(files.c.call_id == first)
            connection.execute(of_call.values(size_bytes=media.stat().st_size, modified_ns=media.stat().st_mtime_ns))
    (unseal_file if first_sealed else seal_file)(media, media, ring)
    [done] = delete_on_request([first], "asked", who(workspace))
    assert not media.exists()
    assert done.left == ()


@pytest.mark.parametrize("is_upload", [True, False])
def test_an_upload_goes_whatever_its_size_and_time_are(workspace: Workspace, tmp_path: Path, is_upload: bool) -> None:
    first, _ = workspace.calls
    deleting = who(workspace, delete_media_below=(tmp_path,))
    name = "up-0123456789abcdef.wav" if is_upload else "holiday.wav"
    place = deleting.settings.uploads_dir / name
    with workspace.store.begin() as connection:
        media = Path(get_recording(connection, first).media_uri)
        place.parent.mkdir()
        media.replace(place)
        connection.execute(files.update().where(files.c.call_id == first).values(media_uri=str(place)))
    place.write_bytes(b"as a back-up had it")
    [done] = delete_on_request([first], "asked", deleting)
    assert place.exists() is not is_upload
    assert done.left == (() if is_upload else ((str(place), "another file lies there now"),))


class KilledError(BaseException):
    """As if the process ended here: nothing catches it."""


@pytest.mark.parametrize("at", ["before the files", "within the files", "before the record"])
def test_what_was_killed_is_finished_by_the_next_deletion(
    workspace: Workspace, key: SigningKey, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    leave_traces(workspace, workspace.calls[0])
    places = {
        "before the files": (deletion, "finish"),
        "within the files": (finish, "remove"),
        "before the record": (finish, "record_document"),
    }
    module, name = places[at]
    real = getattr(module, name)
    seen: list[object] = []

    def killed(*given: Any, **named: Any) -> Any:
        seen.append(given)
        if at != "within the files" or len(seen) == 3:
            raise KilledError
        return real(*given, **named)

    monkeypatch.setattr(module, name, killed)
    deleting = who(workspace, key, keep_call_days={"*": 1})
    with pytest.raises(KilledError):
        apply_policies(deleting)
    monkeypatch.undo()
    with workspace.store.read() as connection:
        [record] = list_records(connection, unfinished=True)

    [done] = apply_policies(deleting)
    assert done.record is not None
    assert done.record.record_id == record.record_id
    assert done.deleted == 2
    assert words_on_disk(workspace.folder, "<Maria> & co") == []
    assert not list(workspace.recordings.glob("*.wav"))
    assert apply_policies(deleting) == []


def test_a_call_whose_rows_could_not_go_stays_whole(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with workspace.store.read() as connection:
        before = dump(connection)

    def killed(*_given: Any, **_named: Any) -> Any:
        raise KilledError

    monkeypatch.setattr(deletion, "record_act", killed)  # the last that the transaction does
    with pytest.raises(KilledError):
        delete_on_request([workspace.calls[0]], "asked", who(workspace))
    monkeypatch.undo()
    with workspace.store.read() as connection:
        after = dump(connection)
    assert {name: rows for name, rows in after.items() if name != "deletion_records"} == {
        name: rows for name, rows in before.items() if name != "deletion_records"
    }
    assert len(list(workspace.recordings.glob("*.wav"))) == 2
    assert apply_policies(who(workspace)) == [Deletion(record=None)]
    with workspace.store.read() as connection:
        assert list_records(connection) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may delete everything")
def test_a_file_that_cannot_be_deleted_now_is_tried_again(workspace: Workspace) -> None:
    workspace.recordings.chmod(0o500)
    [done] = delete_on_request([workspace.calls[0]], "asked", who(workspace))
    assert done.unfinished
    workspace.recordings.chmod(0o700)
    [done] = apply_policies(who(workspace))
    assert done.record is not None
    assert done.left == ()


def test_a_record_is_signed_chained_and_free_of_the_call(workspace: Workspace, key: SigningKey) -> None:
    first, _ = workspace.calls
    with workspace.store.begin() as connection:
        record_act(connection, actor="x", action="export", subject=("call", first), details={}, now=NOW)
    [done] = delete_on_request([first], "asked", who(workspace, key))
    record = done.record
    assert record is not None
    assert record.document is not None
    assert first not in record.document
    data = json.loads(record.document)
    assert data["handed_out"] == 1
    assert data["rows"]["recordings"] == 1
    assert data["rows"]["steps"] == 5
    text = written_record(record.document, record.signature)
    found = check_record(text, public=key.public)
    assert (found.problems, found.signed_by, found.calls) == ((), key.public, 1)
    with workspace.store.read() as connection:
        named = list(entries(connection, AskedEntries(subject_id=record.record_id)))
        assert [entry.action for entry in named] == ["deletion"]
        assert json.loads(named[0].details)["sha256"] == found.sha256
        assert check_log(connection, {}).problems == ()
        of_call = list(entries(connection, AskedEntries(subject_id=first)))
        assert [entry.action for entry in of_call] == ["export", "deletion"]


def test_a_record_that_was_changed_does_not_pass(workspace: Workspace, key: SigningKey, tmp_path: Path) -> None:
    [done] = delete_on_request([workspace.calls[0]], "asked", who(workspace, key))
    assert done.record is not None
    text = written_record(done.record.document or "", done.record.signature)
    other = make_signing_key(tmp_path / "other.pem")
    assert check_record(text, public=other.public).problems == (f"it was signed with another key ({key.public[:16]}…)",)
    changed = text.replace('"reason": "asked"', '"reason": "never"')
    assert changed != text
    assert "the signature is not that of this record" in check_record(changed, public=None).problems[0]
    data = json.loads(text)
    assert check_record(json.dumps({**data, "signature": None}), public=None).problems == (
        "the signature was taken away",
    )


@pytest.mark.parametrize(
    ("at", "forged"), [('"record": {', '"record": {"calls": [], "reason": "never"},'), ('"calls": [', '"calls": [],')]
)
def test_a_record_with_a_field_twice_does_not_pass(workspace: Workspace, key: SigningKey, at: str, forged: str) -> None:
    [done] = delete_on_request([workspace.calls[0]], "asked", who(workspace, key))
    assert done.record is not None
    text = written_record(done.record.document or "", done.record.signature)
    changed = text.replace(at, forged + at, 1)
    assert json.loads(changed) == json.loads(text), "whoever reads the last of the two sees nothing"
    with pytest.raises(ReportError, match="stands there twice"):
        check_record(changed, public=key.public)


def test_without_a_key_a_record_is_unsigned_and_says_so_or_nothing_is_deleted(workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match="require_signature is set and there is no key"):
        delete_on_request([workspace.calls[0]], "asked", who(workspace, require_signature=True))
    with pytest.raises(ConfigError, match="require_signature is set and there is no key"):
        apply_policies(who(workspace, require_signature=True, keep_call_days={"*": 1}))
    assert len(ids(workspace)) == 2
    [done] = delete_on_request([workspace.calls[0]], "asked", who(workspace))
    assert done.record is not None
    [problem] = check_record(written_record(done.record.document or "", None), public=None).problems
    assert problem.startswith("the record is unsigned")


def test_a_plan_tells_what_would_go_and_changes_nothing(workspace: Workspace) -> None:
    holding(workspace, call_id=workspace.calls[1])
    with workspace.store.read() as connection:
        before = dump(connection)
    plan = make_plan(who(workspace, below=False, keep_call_days={"*": 1}, keep_media_days={"sales": 1}))
    whole, media = plan.policies
    assert (whole.policy, whole.due, whole.held, whole.recordings, whole.recordings_left) == (
        "call * 1 days",
        2,
        1,
        1,
        1,
    )
    assert whole.rows["recordings"] == 1
    assert (media.due, media.rows) == (0, {})
    with workspace.store.read() as connection:
        assert dump(connection) == before


def test_a_process_whose_record_another_one_finished_begins_another(workspace: Workspace) -> None:
    first, second = workspace.calls

    def tell(line: str) -> None:
        if line.startswith(f"deleting {second}"):
            apply_policies(who(workspace))  # takes the record of the first for that of a dead process

    [done] = delete_on_request([first, second], "asked", replace(who(workspace), tell=tell))
    with workspace.store.read() as connection:
        records = list_records(connection)
    assert [json.loads(record.document or "")["calls"].__len__() for record in records] == [1, 1]
    assert done.record in records  # both began in one moment of the test's clock
    assert ids(workspace) == []


def test_deleting_what_is_gone_does_nothing(workspace: Workspace) -> None:
    first, _ = workspace.calls
    delete_on_request([first], "asked", who(workspace))
    assert delete_on_request([first], "asked", who(workspace)) == [Deletion(record=None)]
    with pytest.raises(NotFoundError), workspace.store.read() as connection:
        get_recording(connection, first)
