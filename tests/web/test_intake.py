"""The intake page: files are received safely, run in the background, and failures can be tried again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.web.intake import receive, run
from app.web.intake.keep import remove_unfinished, shown_name
from app.web.jobs import uploads as job
from pipeline.config import CONFIG_VARIABLE, Settings
from pipeline.errors import StoreError
from pipeline.load_settings import load_settings
from pipeline.records import EVERYTHING
from pipeline.store.failures import put_failure
from pipeline.store.uploads import Upload, UploadState, list_uploads
from tests.scripted_calls import write_call
from tests.web.api_tokens import program
from tests.web.conftest import Console, Stay
from tests.web.waiting import page_when

SOUND = b"RIFF....WAVE not really"
LONG_AGO = timedelta(days=999)


def send(stay: Stay, *names: str, content: bytes = SOUND, data: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Upload files of these names."""
    return stay.post(
        "/intake/uploads", dict(data or {}), files=[("recordings", (n, content)) for n in names], **options
    )


def kept(console: Console) -> list[Path]:
    """Everything that lies in the uploads folder."""
    folder = console.settings.uploads_dir
    return sorted(folder.rglob("*")) if folder.is_dir() else []


def listed(console: Console) -> list[Upload]:
    with console.store.read() as connection:
        return list_uploads(connection, EVERYTHING, "", since=console.site.now() - LONG_AGO, limit=100)


def last_acts(console: Console, count: int = 1) -> list[tuple[str, str, str]]:
    with console.store.read() as connection:
        rows = connection.execute(text(f"SELECT * FROM audit_log ORDER BY sequence DESC LIMIT {count}")).all()
    return [(row.actor, row.action, row.subject_kind) for row in rows]


class Process:
    """A process that does nothing until it is told how it ends."""

    def __init__(self, *_: Any, **options: Any) -> None:
        self.code: int | None = None
        self.stderr = options["stderr"]

    def ends(self, code: int = 0, said: str = "") -> None:
        self.stderr.write(said.encode())
        self.code = code

    def poll(self) -> int | None:
        return self.code

    def wait(self) -> int:
        assert self.code is not None
        return self.code

    def terminate(self) -> None:
        self.code = -15


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Process]]:
    """What was started, instead of starting it."""
    made: list[tuple[list[str], Process]] = []

    def popen(command: list[str], **options: Any) -> Process:
        made.append((command, Process(**options)))
        return made[-1][1]

    monkeypatch.setattr(run.subprocess, "Popen", popen)
    return made


def test_upload_is_kept_under_a_name_of_the_server_with_what_is_known_beside_it(console: Console) -> None:
    stay = console.sign_in("manager", "max")
    name = "2026-10-14T10-22-31_GUID_7f3a_AGENT_maria.lopez_CUST_C-1_.WAV"
    answer = send(stay, name, data={"team": " north ", "queue": "", "started_at": "2026-10-15T08:00"})
    assert (answer.status_code, answer.headers.get("location")) == (201, None)
    (upload,) = listed(console)
    place = Path(upload.media_uri)
    assert (upload.name, upload.state, upload.uploaded_by) == (name, UploadState.WAITING, "max")
    assert re.fullmatch(r"up-[0-9a-f]{16}\.wav", place.name)
    assert place.read_bytes() == SOUND
    assert kept(console) == sorted([place, place.with_name(f"{place.name}.json")])
    assert json.loads(place.with_name(f"{place.name}.json").read_text()) == {
        "started_at": "2026-10-15T08:00:00+00:00",
        "external_id": "7f3a",
        "agent_id": "maria.lopez",
        "customer_ref": "C-1",
        "team": "north",
    }
    assert all(each.stat().st_mode & 0o077 == 0 for each in kept(console))
    assert last_acts(console) == [("max", "upload", "upload")]


def test_upload_without_scripts_leads_back_to_the_page(console: Console) -> None:
    stay = console.sign_in("manager")
    form = {"form_token": stay.form_token()}
    files = [("recordings", (name, SOUND)) for name in ("a.wav", "b.mp3")]
    answer = stay.client.post("/intake/uploads", data=form, files=files)
    assert (answer.status_code, answer.headers["location"]) == (303, "/intake")
    assert sorted(upload.name for upload in listed(console)) == ["a.wav", "b.mp3"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("../../etc/passwd.wav", "passwd.wav"),
        ("C:\\calls\\a.wav", "a.wav"),
        ("/abs/a.wav", "a.wav"),
        ("a\0b\x1b[31m.wav", "ab [31m.wav"),
        ("x" * 5000 + ".wav", "x" * 120 + ".wav"),
        ("\u202egnp.wav", "gnp.wav"),
    ],
)
def test_name_that_is_shown_is_never_a_path(told: str, shown: str) -> None:
    assert shown_name(told) == shown


def test_upload_with_a_hostile_name_stays_in_its_folder_and_is_shown_as_text(console: Console) -> None:
    stay = console.sign_in("manager")
    assert send(stay, "../../<img src=x onerror=alert(1)>.wav").status_code == 201
    assert all(each.parent == console.settings.uploads_dir.resolve() for each in kept(console))
    page = stay.get("/intake").text
    assert "&lt;img src=x onerror=alert(1)&gt;.wav" in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("names", "data", "told"),
    [
        (["notes.txt"], {}, "is no recording by its name; taken are"),
        (["noname"], {}, "is no recording by its name"),
        ([".wav"], {}, "is no recording by its name"),
        (["good.wav", "bad.exe"], {}, "bad.exe is no recording"),
        (["a.wav"], {"started_at": "yesterday"}, "the start is written like"),
        (["a.wav"], {"queue": "q" * 201}, "queue has more than 200 characters"),
        (["a.wav"], {"started_at": "2026-10-14" + " " * 200}, "started_at has more than 200 characters"),
        ([], {}, "choose at least one recording"),
    ],
)
def test_upload_that_cannot_be_taken_leaves_nothing(
    console: Console, names: list[str], data: dict[str, str], told: str
) -> None:
    stay = console.sign_in("manager")
    files: Any = [("recordings", (name, SOUND)) for name in names] or [("recordings", ("", b""))]
    answer = stay.post("/intake/uploads", data, files=files)
    assert answer.status_code == 400
    assert told in answer.text
    assert kept(console) == []
    assert listed(console) == []


def test_upload_that_is_empty_is_refused(console: Console) -> None:
    answer = send(console.sign_in("manager"), "a.wav", content=b"")
    assert (answer.status_code, "a.wav is empty" in answer.text) == (400, True)
    assert kept(console) == []


def test_upload_that_is_too_large_is_refused_by_its_length_and_by_what_comes(
    open_console: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = open_console(console__upload_mb=1)
    stay = console.sign_in("manager")
    for content in (b"x" * 2_100_000, b"x" * 1_500_000):
        answer = send(stay, "a.wav", content=content)
        assert answer.status_code == 413
        assert "a file may have 1 MB" in answer.text
    assert send(stay, "a.wav", content=b"x" * 1_000_000).status_code == 201
    assert len([each for each in kept(console) if each.suffix == ".wav"]) == 1
    assert len(kept(console)) <= 2


def test_upload_of_unknown_length_is_refused(console: Console) -> None:
    stay = console.sign_in("manager")
    headers = {"x-form-token": stay.form_token(), "content-type": "multipart/form-data; boundary=b"}
    answer = stay.client.post("/intake/uploads", content=iter([b"--b--"]), headers=headers)
    assert answer.status_code == 411


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=b"])
def test_upload_that_is_no_form_is_refused(console: Console, kind: str) -> None:
    stay = console.sign_in("manager")
    headers = {"x-form-token": stay.form_token(), "content-type": kind}
    assert stay.client.post("/intake/uploads", content=b"--b\r\nnonsense", headers=headers).status_code == 400
    assert kept(console) == []


def test_upload_needs_room_on_the_disk(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "ROOM_BYTES", 10**18)
    answer = send(console.sign_in("manager"), "a.wav")
    assert (answer.status_code, "not enough room" in answer.text) == (507, True)
    assert kept(console) == []


def test_upload_that_cannot_be_listed_is_not_kept(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr("app.web.pages.intake.put_upload", fails)
    stay = console.sign_in("manager")
    stay.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    assert send(stay, "2026-10-14T10-22-31_AGENT_a_.wav").status_code == 500
    assert kept(console) == []


@pytest.mark.parametrize("role", ["agent", "reviewer", "compliance"])
def test_upload_is_for_those_who_may_add_and_nothing_of_others_is_read(console: Console, role: str) -> None:
    stay = console.sign_in(role, agent_id="maria.lopez")
    assert send(stay, "a.wav").status_code == 403
    assert console.visit().post("/intake/uploads", files={"recordings": ("a.wav", SOUND)}).status_code == 303
    assert kept(console) == []


def test_upload_wants_the_form_token(console: Console) -> None:
    stay = console.sign_in("manager")
    for headers in ({}, {"x-form-token": "x"}):
        sent = stay.client.post("/intake/uploads", files={"recordings": ("a.wav", SOUND)}, headers=headers)
        assert sent.status_code == 403
    assert kept(console) == []


def test_upload_of_somebody_with_teams_is_for_their_teams(console: Console) -> None:
    stay = console.sign_in("manager", teams=("north",))
    for data in ({}, {"team": "south"}):
        answer = send(stay, "a.wav", data=data)
        assert answer.status_code == 400
        assert "choose the team of the call" in answer.text
    assert send(stay, "a.wav", data={"team": "north"}).status_code == 201


def test_upload_is_seen_by_those_who_sent_it_and_those_who_see_all(console: Console) -> None:
    north = console.sign_in("manager", "north", teams=("north",))
    send(north, "mine.wav", data={"team": "north"})
    other = console.sign_in("manager", "other", teams=("north",))
    assert "mine.wav" in north.get("/intake/work").text
    assert "mine.wav" not in other.get("/intake/work").text
    assert "mine.wav" in console.sign_in("compliance").get("/intake").text
    assert "mine.wav" not in console.sign_in("reviewer").get("/intake").text  # names of files name agents
    (upload,) = listed(console)
    assert other.post(f"/intake/retry/uploads/{upload.upload_id}").status_code == 404


def test_background_runs_what_waits_one_process_at_a_time(
    console: Console, started: list[tuple[list[str], Process]]
) -> None:
    stay = console.sign_in("manager")
    send(stay, "a.wav")
    assert job.run_uploads(console.site) is False
    send(stay, "b.wav")
    assert job.run_uploads(console.site) is False
    ((command, process),) = started
    assert command[-3] == "run"
    assert [upload.state for upload in sorted(listed(console), key=lambda each: each.name)] == ["working", "waiting"]
    assert "being read" in stay.get("/intake/work").text
    process.ends(1, "starting\nearmark: rubric <gone>: there is none\n")
    assert job.run_uploads(console.site) is True
    assert "rubric &lt;gone&gt;: there is none" in stay.get("/intake/work").text
    job.run_uploads(console.site)
    assert [upload.state for upload in sorted(listed(console), key=lambda each: each.name)] == ["failed", "working"]
    assert len(started) == 2


def test_background_waits_for_another_run(console: Console, started: list[tuple[list[str], Process]]) -> None:
    stay = console.sign_in("manager")
    send(stay, "a.wav")
    job.run_uploads(console.site)
    started[0][1].ends(1, f"earmark: {run.ANOTHER_RUN} in workspace x; wait for it\n")
    job.run_uploads(console.site)
    (upload,) = listed(console)
    assert upload.state is UploadState.WAITING
    assert "comes after it" in stay.get("/intake/work").text
    job.run_uploads(console.site)
    assert len(started) == 1


def test_background_of_a_new_server_takes_up_what_the_old_one_was_at(
    console: Console, started: list[tuple[list[str], Process]]
) -> None:
    send(console.sign_in("manager"), "a.wav")
    job.run_uploads(console.site)
    console.site.kept.clear()  # as after a kill
    job.run_uploads(console.site)
    assert len(started) == 2
    assert [upload.state for upload in listed(console)] == [UploadState.WORKING]


def test_background_settles_a_run_once_the_database_is_back(
    console: Console, started: list[tuple[list[str], Process]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise StoreError("gone")

    send(console.sign_in("manager"), "a.wav")
    job.run_uploads(console.site)
    started[0][1].ends(1, "earmark: the rubric is gone\n")
    with monkeypatch.context() as patched:
        patched.setattr(job, "set_state", gone)
        with pytest.raises(StoreError):
            job.run_uploads(console.site)
    job.run_uploads(console.site)
    (upload,) = listed(console)
    assert (upload.state, upload.reason) == (UploadState.FAILED, "the rubric is gone")


def test_background_that_cannot_start_a_run_tries_again(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OSError("no more processes")

    send(console.sign_in("manager"), "a.wav")
    monkeypatch.setattr(job, "start", fails)
    for _ in range(2):
        with pytest.raises(OSError, match="no more processes"):
            job.run_uploads(console.site)


def test_recording_that_nobody_was_told_of_is_listed_and_can_be_tried_again(console: Console) -> None:
    stay = console.sign_in("manager")
    send(stay, "a.wav", data={"agent_id": "maria"})
    folder = receive.uploads_folder(console.site)
    left = folder / "up-00000000000000aa.wav"
    lonely = folder / "up-00000000000000bb.wav.json"
    somebodys = folder / "up-town.wav"
    for each in (left, left.with_name(f"{left.name}.json"), lonely, somebodys):
        each.write_bytes(b"x")
    job.find_leftovers(console.site)
    assert len(listed(console)) == 1  # the others may be arriving just now
    for each in kept(console):
        os.utime(each, (0, 0))
    for _ in range(2):
        job.find_leftovers(console.site)
    [found] = [each for each in listed(console) if each.state is UploadState.FAILED]
    assert found.media_uri == str(left)
    assert "was not told" in stay.get("/intake/work").text
    assert lonely not in kept(console)
    assert {left, somebodys} < set(kept(console))
    assert stay.post(f"/intake/retry/uploads/{found.upload_id}").status_code == 303


def test_upload_is_kept_where_only_the_head_of_the_log_cannot_be(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StoreError("no space left on device")

    stay = console.sign_in("manager")
    monkeypatch.setattr("app.acts.keep_head", full)
    assert send(stay, "a.wav").status_code == 201
    (upload,) = listed(console)
    assert Path(upload.media_uri).is_file()
    assert "no space left" in caplog.text


def test_background_tells_a_run_that_was_killed(console: Console, started: list[tuple[list[str], Process]]) -> None:
    send(console.sign_in("manager"), "a.wav")
    job.run_uploads(console.site)
    started[0][1].ends(-9)
    job.run_uploads(console.site)
    (upload,) = listed(console)
    assert (upload.state, upload.reason) == (UploadState.FAILED, "the run ended unexpectedly (exit code -9)")


def test_unfinished_files_of_a_killed_server_go_after_a_day(console: Console) -> None:
    folder = receive.uploads_folder(console.site)
    old, new, whole = folder / ".x1.part", folder / ".x2.part", folder / "up-1.wav"
    for each in (old, new, whole):
        each.write_bytes(b"x")
    os.utime(old, (0, 0))
    os.utime(whole, (0, 0))
    remove_unfinished(folder, older_than_s=3600, now=console.site.now())
    assert sorted(folder.iterdir()) == [new, whole]


def test_run_gets_exactly_the_settings_of_the_server(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    settings = Settings(workspace=tmp_path / "my data", database_url="postgresql://u:p@h/d").model_copy(
        update={"models_dir": tmp_path}
    )
    settings = settings.model_copy(
        update={
            "intake": settings.intake.model_copy(update={"agent_teams": {"a": "north"}, "suffixes": (".wav",)}),
            "judge": settings.judge.model_copy(update={"api_key": SecretStr("very-secret")}),
            "compliance": settings.compliance.model_copy(update={"rules_dir": rules}),
        }
    )
    before = {"PATH": "/bin", "EARMARK_CONFIG": "elsewhere.toml", "EARMARK_SCORE__RUBRIC": "other"}
    environment = run.environment_of(settings, before)
    assert environment["PATH"] == "/bin"
    assert environment[CONFIG_VARIABLE] == os.devnull
    read = load_settings(environment=environment)
    assert read == settings
    assert read.judge.api_key
    assert read.judge.api_key.get_secret_value() == "very-secret"


def test_failed_call_is_listed_and_processed_again(console: Console, started: list[tuple[list[str], Process]]) -> None:
    with console.store.begin() as connection:
        call_id = str(connection.scalar(text("SELECT call_id FROM recordings ORDER BY call_id LIMIT 1")))
        connection.execute(text("UPDATE recordings SET team = 'north' WHERE call_id = :id"), {"id": call_id})
        put_failure(connection, call_id, step="process", reason="the <disk> is full", now=console.site.now())
    south = console.sign_in("manager", "south", teams=("south",))
    assert call_id not in south.get("/intake").text
    assert south.post(f"/intake/retry/calls/{call_id}").status_code == 404
    stay = console.sign_in("manager", "max", teams=("north",))
    assert "the &lt;disk&gt; is full" in stay.get("/intake").text
    assert stay.post(f"/intake/retry/calls/{call_id}").status_code == 303
    assert last_acts(console) == [("max", "retry", "call")]
    assert stay.post(f"/intake/retry/calls/{call_id}").status_code == 409
    job.run_uploads(console.site)
    assert started[0][0][-5:] == ["calls", "retry", "--here", call_id, "--json"]
    with console.store.begin() as connection:
        connection.execute(text("DELETE FROM failures"))
    started[0][1].ends()
    job.run_uploads(console.site)
    assert [upload.state for upload in listed(console)] == [UploadState.DONE]
    assert f'href="/calls/{call_id}"' in stay.get("/intake/work").text


def test_held_back_file_is_listed_for_those_who_see_all_and_can_be_run_again(
    console: Console, started: list[tuple[list[str], Process]]
) -> None:
    stay = console.sign_in("manager")
    page = stay.get("/intake").text
    assert "damaged.wav" in page
    assert "export the recording again" in page
    assert "damaged.wav" not in console.sign_in("manager", "north", teams=("north",)).get("/intake").text
    (file_id,) = re.findall(r'/intake/retry/files/(f-[0-9a-f]+)"[^§]*?damaged', page)[:1]
    assert stay.post(f"/intake/retry/files/{file_id}").status_code == 303
    assert stay.post("/intake/retry/files/f-0000").status_code == 404
    job.run_uploads(console.site)
    ((command, _),) = started
    assert command[-3] == "run"


def test_held_back_file_with_a_manifest_above_it_is_run_with_its_folder(console: Console, tmp_path: Path) -> None:
    folder = tmp_path / "export" / "day"
    folder.mkdir(parents=True)
    (folder.parent / "manifest.csv").write_text("file,agent_id\n")
    with console.store.begin() as connection:
        statement = "UPDATE files SET media_uri = :uri WHERE media_uri LIKE '%damaged.wav'"
        connection.execute(text(statement), {"uri": str(folder / "damaged.wav")})
        file_id = connection.scalar(text("SELECT file_id FROM files WHERE media_uri LIKE '%damaged.wav'"))
    stay = console.sign_in("manager")
    assert f"earmark run {folder.parent}" in stay.get("/intake").text
    answer = stay.post(f"/intake/retry/files/{file_id}")
    assert (answer.status_code, "run its folder" in answer.text) == (400, True)


def test_upload_that_failed_can_be_tried_again_once(console: Console, started: list[tuple[list[str], Process]]) -> None:
    stay = console.sign_in("manager", "max")
    send(stay, "a.wav")
    job.run_uploads(console.site)
    started[0][1].ends(1, "earmark: no\n")
    job.run_uploads(console.site)
    (upload,) = listed(console)
    assert stay.post(f"/intake/retry/uploads/{upload.upload_id}").status_code == 303
    assert last_acts(console) == [("max", "retry", "upload")]
    assert stay.post(f"/intake/retry/uploads/{upload.upload_id}").status_code == 409
    assert stay.post("/intake/retry/uploads/up-none").status_code == 404
    assert console.sign_in("reviewer").post(f"/intake/retry/uploads/{upload.upload_id}").status_code == 403


def test_page_asks_often_only_while_something_goes_on(console: Console) -> None:
    stay = console.sign_in("manager")
    assert 'hx-trigger="every 20s' in stay.get("/intake/work").text
    send(stay, "a.wav")
    assert 'hx-trigger="every 2s' in stay.get("/intake/work").text


def test_page_shows_room_and_what_came_through(console: Console) -> None:
    page = page_when(console.sign_in("reviewer"), "/intake", lambda page: "Being counted" not in page)
    assert re.search(r"<dt>Database</dt><dd>\d+ MB</dd>", page)
    assert " free of " in page
    assert 'id="upload"' not in page


@pytest.mark.slow
def test_upload_is_scored_in_the_background_as_by_the_command_line(
    open_console: Callable[..., Console], tmp_path: Path
) -> None:
    console = open_console(transcribe__engine="scripted")
    stay = console.sign_in("manager")
    call = write_call(tmp_path / "new", "new", seed=4321)
    assert send(stay, "AGENT_x_.wav", content=call.read_bytes(), data={"agent_id": "new.agent"}).status_code == 201
    send(stay, "broken.wav")
    good = next(Path(upload.media_uri) for upload in listed(console) if upload.name == "AGENT_x_.wav")
    good.with_suffix(".transcript.json").write_bytes(call.with_suffix(".transcript.json").read_bytes())
    job.run_uploads(console.site)
    console.site.kept["uploads"]["run"].process.wait(timeout=280)
    assert job.run_uploads(console.site) is True
    ended = {upload.name: upload for upload in listed(console)}
    assert ended["AGENT_x_.wav"].state is UploadState.DONE, ended["AGENT_x_.wav"].reason
    assert ended["broken.wav"].state is UploadState.FAILED
    assert "export the recording again" in str(ended["broken.wav"].reason)
    assert "scored" in stay.get("/intake/work").text
    page = stay.get(f"/calls/{ended['AGENT_x_.wav'].call_id}")
    assert page.status_code == 200
    assert "new.agent" in page.text


def test_intake_tells_who_reviews_neither_agents_nor_names_of_files(console: Console) -> None:
    lead, ann = console.sign_in("manager", "max"), console.sign_in("reviewer", "ann")
    send(lead, "maria.lopez_today.wav")
    for path in ("/intake", "/intake/work", "/api/v1/intake/uploads"):
        assert "maria.lopez" in lead.get(path).text
        told = ann.get(path).text
        assert "maria.lopez" not in told
        assert "tom.becker" not in told
        assert listed(console)[0].upload_id in told


def test_program_cannot_upload_with_a_field_longer_than_the_description_says(console: Console) -> None:
    client = program(console, "manager")
    properties = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/intake/uploads"]["post"]["requestBody"][
        "content"
    ]["multipart/form-data"]["schema"]["properties"]
    for field in ("agent_id", "team", "queue", "customer_ref"):
        most = properties[field]["maxLength"]
        files = {"file": ("a.wav", SOUND)}
        refused = client.post("/api/v1/intake/uploads", data={field: "q" * (most + 1)}, files=files)
        assert (refused.status_code, f"{field} has more than {most} characters" in refused.text) == (400, True)
        assert kept(console) == []
    taken = client.post("/api/v1/intake/uploads", data={"queue": "q" * most}, files={"file": ("a.wav", SOUND)})
    assert taken.status_code == 201
