"""Recordings on an SFTP server: its key is checked, links do not lead out, a broken connection is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError, MediaAwayError
from pipeline.intake.decode import load_call_audio
from pipeline.intake.discover import find_recordings
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.media.place import place_of
from tests.intake.recordings import codes, stereo, taken_in, wav
from tests.media.sftp_server import PASSWORD, SftpFolder, sftp_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shown" / "srv" / "calls"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def server(folder: Path, tmp_path: Path) -> Iterator[SftpFolder]:
    with sftp_folder(folder.parent.parent, tmp_path) as started:
        yield started


@pytest.fixture
def settings(server: SftpFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IntakeSettings:
    monkeypatch.setenv("HOME", str(tmp_path))  # no keys and no known hosts of whoever runs the tests
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return IntakeSettings(
        site_timezone="America/New_York", sftp_password=SecretStr(PASSWORD), sftp_known_hosts=server.known_hosts
    )


def test_folder_is_listed_and_its_recordings_are_taken_in(
    server: SftpFolder, folder: Path, settings: IntakeSettings
) -> None:
    (folder / "sub").mkdir()
    for name in ("a #1?%20.wav", "sub/b.wav", ".hidden.wav"):
        wav(folder / name, stereo())
    (folder / "manifest.csv").write_text("file,agent_id\nsub/b.wav,ada\n")
    root = place_of(f"{server.address}/srv/calls", settings)
    index = index_metadata([root])
    outcomes = [take_in(place, settings=settings, metadata=index) for place in find_recordings([root], settings)]
    assert [outcome.media_uri.removeprefix(server.address) for outcome in outcomes] == [
        "/srv/calls/a #1?%20.wav",
        "/srv/calls/sub/b.wav",
    ]
    here = taken_in(folder / "sub/b.wav").recording
    there = outcomes[1].recording
    assert here is not None
    assert there is not None
    assert (there.call_id, there.agent_id) == (here.call_id, "ada")
    assert outcomes[1].modified_ns // 10**9 == (folder / "sub/b.wav").stat().st_mtime_ns // 10**9


def test_links_that_lead_out_of_the_root_are_not_listed(
    server: SftpFolder, folder: Path, settings: IntakeSettings
) -> None:
    secret = wav(folder.parent / "secret.wav", stereo())
    wav(folder / "a.wav", stereo())
    (folder / "out.wav").symlink_to(secret)
    (folder / "up").symlink_to(folder.parent)
    (folder / "nowhere.wav").symlink_to("gone.wav")
    (folder / "circle.wav").symlink_to("circle.wav")
    (folder / "inside.wav").symlink_to("a.wav")
    found = find_recordings([place_of(f"{server.address}/srv/calls/", settings)], settings)
    assert [place.name for place in found] == ["a.wav", "inside.wav"]


def test_server_whose_key_is_not_known_is_not_spoken_to(
    server: SftpFolder, folder: Path, settings: IntakeSettings, tmp_path: Path
) -> None:
    wav(folder / "a.wav", stereo())
    empty = tmp_path / "no hosts"
    empty.touch()
    unknown = settings.model_copy(update={"sftp_known_hosts": empty})
    with pytest.raises(MediaAwayError, match="known hosts"):
        find_recordings([place_of(f"{server.address}/srv/calls", unknown)], unknown)
    kind, other = server.known_hosts.read_text().split()[:2], "AAAAB3NzaC1yc2EAAAADAQABAAAAgQC5"
    empty.write_text(f"{kind[0]} {kind[1]} {other}\n")
    with pytest.raises(MediaAwayError):
        find_recordings([place_of(f"{server.address}/srv/calls", unknown)], unknown)


def test_wrong_password_is_said_and_not_repeated(server: SftpFolder, folder: Path, settings: IntakeSettings) -> None:
    wrong = settings.model_copy(update={"sftp_password": SecretStr("hunter2")})
    with pytest.raises(MediaAwayError, match="EARMARK_INTAKE__SFTP_PASSWORD") as refused:
        find_recordings([place_of(f"{server.address}/srv/calls", wrong)], wrong)
    assert "hunter2" not in str(refused.value)


def test_connection_that_broke_is_made_anew(server: SftpFolder, folder: Path, settings: IntakeSettings) -> None:
    wav(folder / "a.wav", stereo())
    place = place_of(f"{server.address}/srv/calls/a.wav", settings)
    recording = take_in(place, settings=settings, metadata=index_metadata([])).recording
    assert recording is not None
    for transport in server.connections:
        transport.close()
    with pytest.raises(MediaAwayError):
        load_call_audio(recording, settings)
    assert load_call_audio(recording, settings).shape[0] == 2
    (folder / "a.wav").unlink()
    with pytest.raises(IntakeError) as gone:
        load_call_audio(recording, settings)
    assert gone.value.code == "gone"


def test_file_without_credentials_to_get_in_is_away(server: SftpFolder, folder: Path, settings: IntakeSettings) -> None:
    wav(folder / "a.wav", stereo())
    nobody = settings.model_copy(update={"sftp_password": None})
    outcome = take_in(
        place_of(f"{server.address}/srv/calls/a.wav", nobody), settings=nobody, metadata=index_metadata([])
    )
    assert codes(outcome) == ["away"]
