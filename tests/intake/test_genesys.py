"""What Genesys Cloud exports beside a recording becomes Earmark's fields."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.intake.genesys import genesys_fields
from pipeline.intake.sidecar import read_sidecars

EXPORT = {
    "mediaType": "Call",
    "conversationId": "5773eca4-0874-4617-a6e8-85591aa94609",
    "startTime": "2026-10-14T10:22:31.000Z",
    "userIds": ["7d0c9b52"],
    "direction": "INBOUND",
    "queueIds": ["q-cards"],
    "annotations": [{"text": "my card is"}],
}
FIELDS = {
    "external_id": "5773eca4-0874-4617-a6e8-85591aa94609",
    "started_at": "2026-10-14T10:22:31.000Z",
    "agent_id": "7d0c9b52",
    "direction": "INBOUND",
    "queue": "q-cards",
}


@pytest.mark.parametrize("name", ["r1_metadata.json", "r1.ogg_metadata.json"])
def test_export_beside_a_recording_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(EXPORT))
    assert read_sidecars(tmp_path / "r1.ogg") == (FIELDS, ())


def test_sidecar_of_ones_own_counts_more(tmp_path: Path) -> None:
    (tmp_path / "r1_metadata.json").write_text(json.dumps(EXPORT))
    (tmp_path / "r1.json").write_text('{"queue": "cards", "agent_id": ""}')
    values, _ = read_sidecars(tmp_path / "r1.ogg")
    assert values is not None
    assert (values["queue"], values["agent_id"]) == ("cards", "7d0c9b52")


def test_agent_and_queue_are_taken_from_the_one_agent_who_took_part() -> None:
    participants = [
        {"purpose": "customer", "userId": "nobody"},
        {"purpose": "agent", "userId": "ada", "queueName": "cards"},
        {"purpose": "acd", "queueName": "menu"},
    ]
    assert genesys_fields({"participants": participants}) == {"agent_id": "ada", "queue": "cards"}


def test_of_two_agents_none_is_taken() -> None:
    assert genesys_fields({"userIds": ["ada", "bob"], "queueIds": ["one", "two"]}) == {}
    both = [{"purpose": "agent", "userId": "ada"}, {"purpose": "agent", "userId": "bob"}]
    assert genesys_fields({"participants": both}) == {}


@pytest.mark.parametrize(
    "odd", [{}, {"participants": "x"}, {"userIds": [None, 7]}, {"startTime": ["x"]}, {"queue": {}}]
)
def test_what_an_export_lacks_or_writes_otherwise_is_passed_over(odd: dict[str, object]) -> None:
    assert genesys_fields(odd) == {}


def test_damaged_export_holds_its_recording_back(tmp_path: Path) -> None:
    (tmp_path / "r1_metadata.json").write_text("{")
    _, defects = read_sidecars(tmp_path / "r1.ogg")
    assert [defect.code for defect in defects] == ["sidecar_invalid"]
