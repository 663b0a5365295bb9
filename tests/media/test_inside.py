"""No link leads out of a root, nor what lies beside a recording: not on a disk, not on an SFTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.config import IntakeSettings
from pipeline.intake.discover import find_recordings
from pipeline.intake.metadata import index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.sidecar import read_sidecars
from pipeline.intake.take_in import take_in
from pipeline.media.inside import OutsideError, leads_outside
from pipeline.media.opened import open_media, read_small
from pipeline.media.place import Place, place_of
from tests.intake.recordings import ZONE, codes, stereo, wav
from tests.media.sftp_server import PASSWORD, sftp_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shown" / "calls"
    made.mkdir(parents=True)
    return made


@pytest.fixture(params=["disk", "sftp"])
def root(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Iterator[Place]:
    """The same folder as a local path and as an address."""
    if request.param == "disk":
        yield folder
        return
    with sftp_folder(folder.parent, tmp_path) as server:
        settings = IntakeSettings(sftp_password=SecretStr(PASSWORD), sftp_known_hosts=server.known_hosts)
        yield place_of(f"{server.address}/calls", settings)


def taken(root: Place, settings: IntakeSettings = ZONE) -> list[IntakeOutcome]:
    index = index_metadata([root], settings)
    return [take_in(place, settings=settings, metadata=index) for place in find_recordings([root], settings)]


def secrets(folder: Path) -> Path:
    """Write a file that lies outside the root, with what must not be seen."""
    file = folder.parent / "secret.json"
    file.write_text(json.dumps({"agent_id": "eve", "db_password": "hunter2"}))
    return file


@pytest.mark.parametrize("name", ["a.json", "a.wav.json", "a_metadata.json"])
def test_sidecar_that_leads_out_is_not_read(root: Place, folder: Path, name: str) -> None:
    wav(folder / "a.wav", stereo())
    (folder / name).symlink_to(f"../{secrets(folder).name}")
    [outcome] = taken(root)
    assert "sidecar_invalid" in codes(outcome)
    assert outcome.recording is None
    assert "leads out of its folder" in "".join(found.reason for found in outcome.defects)
    assert "hunter2" not in repr(outcome)


def test_sidecar_that_leads_elsewhere_in_the_root_is_read(root: Place, folder: Path) -> None:
    for name in ("recordings", "told"):
        (folder / name).mkdir()
    wav(folder / "recordings" / "a.wav", stereo())
    (folder / "told" / "a.json").write_text('{"agent_id": "ada"}')
    (folder / "recordings" / "a.json").symlink_to("../told/a.json")
    [outcome] = taken(root)
    assert outcome.recording is not None
    assert outcome.recording.agent_id == "ada"


@pytest.mark.parametrize("name", ["manifest.csv", "calls.csv"])
def test_tables_that_lead_out_are_not_read(root: Place, folder: Path, name: str) -> None:
    wav(folder / "a.wav", stereo())
    (folder.parent / "secret.csv").write_text("file,external_id,agent_id\na.wav,a,eve\n")
    (folder / name).symlink_to("../secret.csv")
    [listed] = taken(root, ZONE.model_copy(update={"call_records": "calls.csv"}))
    assert "eve" not in repr(listed)
    beside = root / "a.wav"
    index = index_metadata([beside], ZONE.model_copy(update={"call_records": "calls.csv"}))
    named = take_in(beside, settings=ZONE, metadata=index)
    assert "leads out of its folder" in "".join(found.reason for found in named.defects)
    assert "eve" not in repr(named)


def test_recording_that_became_a_link_after_it_was_listed_is_held_back(root: Place, folder: Path) -> None:
    wav(folder / "a.wav", stereo())
    wav(folder.parent / "secret.wav", stereo())
    [place] = find_recordings([root], ZONE)
    index = index_metadata([root], ZONE)
    (folder / "a.wav").unlink()
    (folder / "a.wav").symlink_to("../secret.wav")
    outcome = take_in(place, settings=ZONE, metadata=index)
    assert outcome.recording is None
    assert "outside" in codes(outcome)


def test_recording_whose_folder_became_a_link_is_held_back(root: Place, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder.parent / "other").mkdir()
    wav(folder / "sub" / "a.wav", stereo())
    wav(folder.parent / "other" / "a.wav", stereo())
    [place] = find_recordings([root], ZONE)
    index = index_metadata([root], ZONE)
    with open_media(root / "sub" / "a.wav", root) as media:
        assert media.size_bytes > 0
    (folder / "sub" / "a.wav").unlink()
    (folder / "sub").rmdir()
    (folder / "sub").symlink_to("../other")
    assert codes(take_in(place, settings=ZONE, metadata=index)).count("outside") == 1
    with pytest.raises(OutsideError), open_media(root / "sub" / "a.wav", root):
        pass


def test_recording_that_is_a_link_and_named_itself_is_taken(folder: Path) -> None:
    (folder / "a.wav").symlink_to(wav(folder.parent / "other.wav", stereo()))
    file = folder / "a.wav"
    assert take_in(file, settings=ZONE, metadata=index_metadata([file])).recording is not None
    both = index_metadata([folder, file])
    assert take_in(file, settings=ZONE, metadata=both).recording is not None


def test_small_files_stay_in_their_own_folder_where_none_is_told(folder: Path) -> None:
    (folder / "a.json").symlink_to(secrets(folder))
    with pytest.raises(OutsideError):
        read_small(folder / "a.json")
    assert read_sidecars(folder / "a.wav")[0] == {}


def test_link_to_nothing_leads_out_and_a_missing_file_does_not(root: Place, folder: Path) -> None:
    (folder / "nowhere.wav").symlink_to("../gone.wav")
    assert leads_outside(root / "nowhere.wav", root)
    assert not leads_outside(root / "not there.wav", root)
    assert not leads_outside(root, root)
