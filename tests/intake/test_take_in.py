from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipeline.config import IntakeSettings
from pipeline.intake.metadata import MetadataIndex, index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in
from pipeline.records import Recording
from tests.intake.recordings import ZONE, codes, encode, stereo, taken_in, tone, wav

PCA_NAME = "2026-10-14T10-22-31_GUID_7f3a_AGENT_priya.shah_CUST_C-1042_.wav"


def recorded(outcome: IntakeOutcome) -> Recording:
    assert outcome.recording, codes(outcome)
    return outcome.recording


def test_take_in_gives_a_recording_with_all_its_metadata(tmp_path: Path) -> None:
    path = wav(tmp_path / PCA_NAME, stereo(2.0))
    settings = IntakeSettings(site_timezone="America/New_York", agent_teams={"priya.shah": "south"})

    outcome = taken_in(path, settings)
    recording = recorded(outcome)

    assert outcome.size_bytes == path.stat().st_size
    assert outcome.modified_ns == path.stat().st_mtime_ns
    assert outcome.file_id == "f-" + hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert outcome.defects == ()
    assert recording == Recording(
        call_id=f"c-{recording.sha256[:16]}",
        sha256=recording.sha256,
        media_uri=str(tmp_path.resolve() / PCA_NAME),
        duration_ms=2000,
        sample_rate_hz=8000,
        channels=2,
        started_at=datetime(2026, 10, 14, 14, 22, 31, tzinfo=UTC),
        agent_id="priya.shah",
        team="south",
        customer_ref="C-1042",
        metadata={"external_id": "7f3a"},
    )


def test_take_in_knows_a_call_under_two_names_and_in_two_containers(tmp_path: Path) -> None:
    one = wav(tmp_path / "one.wav", stereo(2.0))
    two = shutil.copy(one, tmp_path / "two.wav")
    three = encode(tmp_path / "three.flac", stereo(2.0), codec="flac")
    outcomes = [taken_in(path) for path in (one, Path(two), three)]

    assert len({recorded(outcome).call_id for outcome in outcomes}) == 1
    assert outcomes[0].file_id == outcomes[1].file_id != outcomes[2].file_id


def test_take_in_gives_the_same_outcome_every_time(tmp_path: Path) -> None:
    path = wav(tmp_path / PCA_NAME, stereo(2.0))

    assert taken_in(path) == taken_in(path)


def test_take_in_prefers_explicit_sources_field_by_field(tmp_path: Path) -> None:
    path = wav(tmp_path / PCA_NAME, stereo(2.0))
    rows = f"file,agent_id,team,queue,started_at,customer_ref,crm case\n{PCA_NAME},maria,north,bank,,,77\n"
    (tmp_path / "manifest.csv").write_text(rows)
    path.with_suffix(".json").write_text(json.dumps({"team": "", "queue": "cards", "direction": "IN"}))

    recording = recorded(taken_in(path))

    assert (recording.agent_id, recording.team, recording.queue) == ("maria", "north", "cards")
    assert (recording.direction, recording.customer_ref) == ("inbound", "C-1042")
    assert recording.started_at == datetime(2026, 10, 14, 14, 22, 31, tzinfo=UTC)
    assert recording.metadata == {"crm_case": "77", "external_id": "7f3a"}


def test_take_in_does_not_fall_back_from_a_wrong_time(tmp_path: Path) -> None:
    path = wav(tmp_path / PCA_NAME, stereo(2.0))
    path.with_suffix(".json").write_text('{"started_at": "2026-13-01T10:00:00Z"}')

    outcome = taken_in(path)

    assert outcome.recording is None
    assert codes(outcome) == ["time_invalid"]


NOTHING: dict[str, str] = {}
KNOWN = {"agent_id": "maria", "started_at": "2026-10-14T10:22:31Z"}


@pytest.mark.parametrize(
    ("name", "sidecar", "settings", "expected"),
    [
        ("call.wav", NOTHING, {}, {"metadata_missing": False}),
        ("call.wav", NOTHING, {"require_metadata": True}, {"metadata_missing": True}),
        ("call.wav", {"queue": "bank"}, {}, {"metadata_missing": False}),
        ("call.wav", KNOWN, {"require_metadata": True}, {}),
        ("call.wav", {"agent_id": "maria"}, {"require_metadata": True}, {"time_unknown": False}),
        ("call.wav", {"started_at": KNOWN["started_at"]}, {}, {"agent_unknown": False}),
        ("call.wav", {"started_at": "2026-10-14T10:22:31"}, {}, {"time_zone_unknown": True}),
        ("2026-10-14T10-22-31_GUID_7f3a.wav", NOTHING, {"site_timezone": "UTC"}, {"agent_unknown": False}),
        ("2026-10-14T10-22-31_AGENT_eve.wav", NOTHING, {}, {"time_zone_unknown": True}),
        ("2026-10-14T10-22-31_AGENT_eve.wav", KNOWN, {}, {}),
        ("2026-10-14T10-22-31Z_AGENT_eve.wav", NOTHING, {}, {}),
        ("2026-11-01T01-30-00_AGENT_eve.wav", NOTHING, {"site_timezone": "America/Chicago"}, {"time_ambiguous": False}),
        ("2026-03-08T02-30-00_AGENT_eve.wav", NOTHING, {"site_timezone": "America/Chicago"}, {"time_invalid": True}),
        ("2026-13-40T10-22-31_AGENT_eve.wav", NOTHING, {"site_timezone": "UTC"}, {"time_invalid": True}),
        ("Auto0_GUID_000_AGENT_ChrisL_Mono.wav", NOTHING, {}, {"time_unmatched": True}),
        ("Auto0_GUID_000_AGENT_ChrisL_Mono.wav", KNOWN, {}, {}),
        ("x_AGENT_eve.wav", NOTHING, {"file_name_patterns": {"agent_id": "_AGENT_(.*?)_"}}, {"time_unknown": False}),
    ],
)
def test_take_in_tells_what_is_missing_or_wrong_about_a_call(
    tmp_path: Path, name: str, sidecar: dict[str, str], settings: dict[str, object], expected: dict[str, bool]
) -> None:
    path = wav(tmp_path / name, stereo(2.0))
    if sidecar:
        path.with_suffix(".json").write_text(json.dumps(sidecar))

    outcome = taken_in(path, IntakeSettings.model_validate(settings))

    assert {defect.code: defect.fatal for defect in outcome.defects} == expected
    assert (outcome.recording is None) == any(expected.values())
    if outcome.recording:
        assert outcome.recording.defects == outcome.defects


@pytest.mark.parametrize(
    ("second", "expected", "channels"),
    [
        (tone(2.0), ["duplicated_mono"], 1),
        (tone(2.0, hz=1000), [], 2),
        (tone(2.0) * 0, ["channel_silent"], 2),
    ],
)
def test_take_in_notes_what_is_odd_about_the_channels(
    tmp_path: Path, second: np.ndarray, expected: list[str], channels: int
) -> None:
    path = wav(tmp_path / "a.wav", np.stack([tone(2.0), second], axis=1))
    path.with_suffix(".json").write_text(json.dumps(KNOWN))

    outcome = taken_in(path)

    assert codes(outcome) == expected
    assert recorded(outcome).channels == channels


def test_take_in_lets_the_setting_decide_what_is_the_same_sound(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.stack([tone(2.0), tone(2.0)], axis=1))

    assert recorded(taken_in(path, IntakeSettings(duplicate_channel_sameness=1.0))).channels == 2


def test_take_in_notes_silence_and_scores_on(tmp_path: Path) -> None:
    outcome = taken_in(wav(tmp_path / "a.wav", np.zeros((16000, 2), np.int16)))

    assert codes(outcome) == ["metadata_missing", "silent"]
    assert recorded(outcome).channels == 2


def test_take_in_lets_the_setting_decide_what_is_too_short(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo(2.0))

    assert "too_short" in codes(taken_in(path, IntakeSettings(min_duration_ms=2001)))
    assert "too_short" not in codes(taken_in(path, IntakeSettings(min_duration_ms=2000)))


def test_take_in_notes_tracks_that_are_not_read(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.m4a"
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("aac", rate=8000, layout="mono") for _ in range(2)]
        for track in tracks:
            frame = av.AudioFrame.from_ndarray(tone(2.0).reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = 8000
            for part in av.AudioResampler(format="fltp", frame_size=1024).resample(frame):
                container.mux(track.encode(part))
            container.mux(track.encode(None))

    outcome = taken_in(path)

    assert "extra_tracks" in codes(outcome)
    assert recorded(outcome).channels == 1


def test_take_in_reports_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    path = tmp_path / "2026-13-40T10-22-31_AGENT_eve.wav"
    path.write_bytes(b"no sound")
    path.with_suffix(".json").write_text("no json")

    assert codes(taken_in(path)) == ["sidecar_invalid", "time_invalid", "unreadable"]


def test_take_in_keeps_two_empty_files_apart(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).touch()

    assert taken_in(tmp_path / "a.wav").file_id != taken_in(tmp_path / "b.wav").file_id


def test_reasons_never_hold_what_a_customer_could_be_known_by(tmp_path: Path) -> None:
    marker = "5550100"
    names = [
        f"2026-13-40T10-22-31_CUST_{marker}_.wav",
        f"x_CUST_{marker}_.wav",
        f"2026-10-14T10-22-31_CUST_{marker}_.wav",
        f"{marker}.wav",
    ]
    outcomes = []
    for name in names:
        (tmp_path / name).write_bytes(b"no sound")
        (tmp_path / name).with_suffix(".json").write_text(f'{{"customer_ref": ["{marker}"]}}')
        outcomes.append(taken_in(tmp_path / name, IntakeSettings()))
    (tmp_path / "gone.wav").symlink_to(tmp_path / f"nothing_{marker}.wav")
    (tmp_path / "manifest.csv").write_text(f"file,started_at,team\ngone.wav,{marker},a,{marker}\n")
    outcomes.append(taken_in(tmp_path / "gone.wav"))

    reasons = [defect.reason for outcome in outcomes for defect in outcome.defects]

    assert len(reasons) >= 10
    assert not [reason for reason in reasons if marker in reason]


def test_take_in_reads_one_manifest_for_a_batch(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    paths = [tmp_path / name for name in ("0.wav", "sub/1.wav", "sub/2.wav")]
    for i, path in enumerate(paths):
        wav(path, stereo(1.2 + i / 10))
    rows = "".join(f"{path.name},agent{path.stem},2026-10-14T10:22:31Z\n" for path in paths)
    (tmp_path / "manifest.csv").write_text("file,agent_id,started_at\n" + rows)
    index = index_metadata([tmp_path])

    found = [recorded(take_in(path, settings=ZONE, metadata=index)).agent_id for path in paths]

    assert found == ["agent0", "agent1", "agent2"]


class _RecorderStillRunning(MetadataIndex):
    """An index during whose look-up the recorder writes on."""

    def row_for(self, path: Path) -> tuple[None, tuple[()]]:
        with path.open("ab") as file:
            file.write(bytes(3200))
        return None, ()


def test_take_in_holds_back_a_file_that_is_still_being_written(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo(2.0), data_size=0)

    outcome = take_in(path, settings=ZONE, metadata=_RecorderStillRunning())

    assert outcome.recording is None
    assert [defect.code for defect in outcome.defects if defect.fatal] == ["changed"]
