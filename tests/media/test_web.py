"""Recordings on a web server: listed by its pages, read by ranges, and never followed to another place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError, MediaAwayError, SourceError
from pipeline.intake.decode import load_call_audio
from pipeline.intake.discover import find_recordings
from pipeline.intake.metadata import index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in
from pipeline.media.place import place_of
from tests.intake.recordings import ZONE, codes, stereo, taken_in, wav
from tests.media.servers import WebFolder, web_folder

SETTINGS = IntakeSettings()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shown" / "calls"
    (made / "sub").mkdir(parents=True)
    return made


@pytest.fixture
def web(folder: Path) -> Iterator[WebFolder]:
    with web_folder(folder.parent) as started:
        yield started


def found(address: str) -> list[str]:
    return [str(place) for place in find_recordings([place_of(address)], SETTINGS)]


def taken(address: str) -> IntakeOutcome:
    return take_in(place_of(address), settings=ZONE, metadata=index_metadata([]))


def test_pages_lead_to_recordings_with_odd_names(web: WebFolder, folder: Path) -> None:
    names = ("a b.wav", "sub/it's #1 100%.wav", "ü?.wav", "sub/deep.wav")
    for name in (*names, ".hidden.wav", "notes.txt"):
        wav(folder / name, stereo())
    outcomes = [taken(address) for address in found(f"{web.url}/calls/")]
    assert len(outcomes) == len(names)
    assert {outcome.recording.call_id for outcome in outcomes if outcome.recording} == {
        taken_in(folder / "a b.wav").recording.call_id  # type: ignore[union-attr]
    }


def test_names_tell_what_they_say_when_decoded(web: WebFolder, folder: Path) -> None:
    wav(folder / "2026-10-14T10-22-31Z_AGENT_zoë k_.wav", stereo())
    wav(folder / "by row.wav", stereo())
    (folder / "manifest.csv").write_text("file,agent_id,started_at\nby row.wav,ada,2026-10-14T10:22:31Z\n")
    root = place_of(f"{web.url}/calls/")
    index = index_metadata([root])
    agents = [
        outcome.recording.agent_id
        for place in find_recordings([root], SETTINGS)
        if (outcome := take_in(place, settings=ZONE, metadata=index)).recording
    ]
    assert agents == ["zoë k", "ada"]


@pytest.mark.parametrize(
    "link",
    [
        "../secret.wav",
        "..%2fsecret.wav",
        "%2e%2e/secret.wav",
        "sub/../../secret.wav",
        "..\\secret.wav",
        "/secret.wav",
        "//other.example/secret.wav",
        "http://other.example/secret.wav",
        "a.wav?signature=1",
        "file:///etc/passwd.wav",
        "%2Fetc%2Fsecret.wav",
    ],
)
def test_link_that_leads_out_of_the_root_is_not_followed(web: WebFolder, folder: Path, link: str) -> None:
    wav(folder.parent / "secret.wav", stereo())
    good = wav(folder / "good.wav", stereo())
    web.pages["/calls/"] = f'<a href="{link}">x</a> <a href="{good.name}">good</a>'
    assert found(f"{web.url}/calls/") == [f"{web.url}/calls/good.wav"]
    assert not any("secret" in path for path in web.asked)


def test_address_that_leads_out_is_refused_before_anything_is_asked(web: WebFolder) -> None:
    for path in ("calls/../secret.wav", "calls/%2e%2e/secret.wav", "calls/..%2Fsecret.wav"):
        with pytest.raises(SourceError, match="leads out"):
            place_of(f"{web.url}/{path}")
    assert web.asked == []


def test_server_that_sends_on_to_another_address_is_not_followed(web: WebFolder, folder: Path) -> None:
    wav(folder / "a.wav", stereo())
    web.redirects["/moved.wav"] = f"{web.url}/calls/a.wav"
    assert codes(taken(f"{web.url}/moved.wav")) == ["away"]
    assert set(web.asked) == {"/moved.wav"}


def test_server_that_breaks_off_in_the_middle_is_away_and_not_a_damaged_recording(web: WebFolder, folder: Path) -> None:
    local = wav(folder / "long.wav", stereo(seconds=200))  # 6.4 MB
    address = f"{web.url}/calls/long.wav"
    recording = taken(address).recording
    assert recording is not None
    web.breaks_after = web.sent + 3_000_000
    assert codes(taken(address)) == ["away"]
    with pytest.raises(MediaAwayError):
        load_call_audio(recording, ZONE)
    web.breaks_after = None
    assert load_call_audio(recording, ZONE).shape[0] == 2
    local.unlink()
    with pytest.raises(IntakeError) as gone:
        load_call_audio(recording, ZONE)
    assert gone.value.code == "gone"


def test_server_that_sends_no_ranges_is_said_so(web: WebFolder, folder: Path) -> None:
    wav(folder / "long.wav", stereo(seconds=200))
    web.ranges = False
    outcome = taken(f"{web.url}/calls/long.wav")
    assert codes(outcome) == ["away"]
