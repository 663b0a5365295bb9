"""Call records of the phone system find their recordings by id, or by agent and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.intake.call_metadata import CallMetadata, gather_metadata
from pipeline.intake.metadata import index_metadata

SETTINGS = IntakeSettings(site_timezone="America/New_York", call_records="calls.csv")
CONTACT = "5773eca4-0874-4617-a6e8-85591aa94609"
CONNECT = (
    "ContactId,InitiationTimestamp,Agent.Username,Queue.Name,InitiationMethod,CustomerEndpoint.Address,"
    "LastUpdateTimestamp,Attributes.ssn\n"
)


def about(folder: Path, name: str, settings: IntakeSettings = SETTINGS) -> CallMetadata:
    return gather_metadata(folder / name, settings=settings, index=index_metadata([folder], settings))


def test_connect_record_is_found_by_the_id_that_begins_the_name(tmp_path: Path) -> None:
    row = f"{CONTACT},2026-10-14T10:22:31Z,ada,cards,INBOUND,+13125551212,2026-10-14T11:00:00Z,123-45-6789\n"
    (tmp_path / "calls.csv").write_text(CONNECT + row)
    found = about(tmp_path, f"{CONTACT}_20261014T10:22_UTC.wav")
    assert (found.agent_id, found.queue, found.direction) == ("ada", "cards", "inbound")
    assert str(found.started_at) == "2026-10-14 10:22:31+00:00"
    assert found.others == {"customer_phone": "+13125551212", "external_id": CONTACT}
    assert found.defects == ()


def test_record_that_came_again_counts_as_it_was_updated_last(tmp_path: Path) -> None:
    rows = [
        f"{CONTACT},2026-10-14T10:22:31Z,{agent},cards,INBOUND,,2026-10-14T{hour}:00:00Z,\n"
        for agent, hour in (("ada", 11), ("bob", 13), ("eve", 12))
    ]
    (tmp_path / "calls.csv").write_text(CONNECT + "".join(rows))
    assert about(tmp_path, f"{CONTACT}.wav").agent_id == "bob"


@pytest.mark.parametrize(
    ("started_at", "queue"),
    [("2026-10-14T10:23:01-04:00", "cards"), ("2026-10-14 10:21:40", "cards"), ("2026-10-14T10:24:00-04:00", None)],
)
def test_record_without_an_id_is_found_by_agent_and_time(tmp_path: Path, started_at: str, queue: str | None) -> None:
    (tmp_path / "calls.csv").write_text(f"Agent ID;Started At;Queue\nada;{started_at};cards\nbob;{started_at};loans\n")
    assert about(tmp_path, "2026-10-14T10-22-31_AGENT_ada_.wav").queue == queue


def test_of_two_records_about_that_time_none_is_taken(tmp_path: Path) -> None:
    rows = "ada,2026-10-14T10:22:00-04:00,cards\nada,2026-10-14T10:23:00-04:00,loans\n"
    (tmp_path / "calls.csv").write_text(f"agent_id,started_at,queue\n{rows}")
    assert about(tmp_path, "2026-10-14T10-22-31_AGENT_ada_.wav").queue is None


def test_manifest_and_sidecar_count_more_than_records_and_those_more_than_names(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("external_id,agent_id,queue,team\n7f3a,bob,cards,north\n")
    (tmp_path / "manifest.csv").write_text("file,queue\n2026-10-14T10-22-31_GUID_7f3a_AGENT_ada_.wav,loans\n")
    found = about(tmp_path, "2026-10-14T10-22-31_GUID_7f3a_AGENT_ada_.wav")
    assert (found.agent_id, found.queue, found.team) == ("bob", "loans", "north")


def test_nearest_file_of_records_is_asked_first_and_folders_above_after_it(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "calls.csv").write_text("external_id,agent_id\na,far\nb,far\n")
    (tmp_path / "day" / "calls.csv").write_text("external_id,agent_id\na,near\n")
    index = index_metadata([tmp_path], SETTINGS)
    agents = [
        gather_metadata(tmp_path / "day" / name, settings=SETTINGS, index=index).agent_id for name in ("a.wav", "b.wav")
    ]
    assert agents == ["near", "far"]


@pytest.mark.parametrize("text", ["", "name,team\nx,y\n", 'external_id\n"a\n', "\udcff"])
def test_unusable_records_hold_recordings_back(tmp_path: Path, text: str) -> None:
    (tmp_path / "calls.csv").write_bytes(text.encode(errors="surrogateescape"))
    assert [defect.code for defect in about(tmp_path, "a.wav").defects if defect.fatal] == ["call_records_invalid"]


def test_records_are_read_only_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("no records at all")
    found = about(tmp_path, "a.wav", IntakeSettings())
    assert [defect.code for defect in found.defects] == ["metadata_missing"]
