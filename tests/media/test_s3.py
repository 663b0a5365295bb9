"""Recordings in an S3 bucket, against moto's server: listed, taken in, and scored by the command."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError, MediaAwayError
from pipeline.intake.decode import load_call_audio
from pipeline.intake.discover import find_recordings
from pipeline.intake.known_sound import KnownSound
from pipeline.intake.metadata import index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in
from pipeline.media.facts import facts_of
from pipeline.media.place import place_of
from tests.intake.recordings import ZONE, codes, encode, stereo, taken_in, wav
from tests.media.servers import Bucket, s3_bucket
from tests.scripted_calls import write_batch

SETTINGS = IntakeSettings()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with s3_bucket(monkeypatch) as started:
        yield started


def taken(address: str, *roots: str) -> IntakeOutcome:
    index = index_metadata([place_of(root) for root in roots or (address,)])
    return take_in(place_of(address), settings=ZONE, metadata=index)


def found(*addresses: str) -> list[str]:
    return [str(place) for place in find_recordings([place_of(address) for address in addresses], SETTINGS)]


def test_prefix_gives_its_recordings_and_nothing_beside_it(bucket: Bucket) -> None:
    for key in ("day/a.wav", "day/deep/b.MP3", "day/notes.txt", "day/.hidden/c.wav", "day/.d.wav", "day2/e.wav"):
        bucket.put(key, b"x")
    bucket.put("day/", b"")
    assert found("s3://calls/day") == ["s3://calls/day/a.wav", "s3://calls/day/deep/b.MP3"]
    assert found("s3://calls/day/") == found("s3://calls/day")
    assert found("s3://calls") == [*found("s3://calls/day"), "s3://calls/day2/e.wav"]
    assert found("s3://calls/day/notes.txt", "s3a://calls/day/a.wav", "s3://calls/day") == [
        "s3://calls/day/a.wav",
        "s3://calls/day/deep/b.MP3",
        "s3://calls/day/notes.txt",
    ]


def test_prefix_that_is_not_there_is_said(bucket: Bucket) -> None:
    bucket.put("day/a.wav", b"x")
    for address in ("s3://calls/dya", "s3://calls/day/b.wav", "s3://other/day"):
        with pytest.raises(IntakeError) as refused:
            found(address)
        assert refused.value.code == "no_such_path"
        assert address in str(refused.value)


@pytest.mark.parametrize(
    "key", ["a b.wav", "a+b%20c.wav", "q?x=1&y.wav", "#1.wav", "it's \"quoted\".wav", "ü/ö…wav.wav",
            "a//b.wav", "b..c..wav", "c*[1].wav", "{x}.wav"]
)  # fmt: skip
def test_odd_keys_are_listed_and_taken_in(bucket: Bucket, tmp_path: Path, key: str) -> None:
    local = wav(tmp_path / "a.wav", stereo())
    address = bucket.put(f"day/{key}", local)
    assert found("s3://calls/day") == [address]
    outcome = taken(address)
    assert outcome.recording is not None
    assert outcome.recording.media_uri == address
    assert outcome.recording.sha256 == taken_in(local).recording.sha256  # type: ignore[union-attr]
    assert load_call_audio(outcome.recording, ZONE).shape[0] == 2


@pytest.mark.parametrize("key", ["day/../secret.wav", "day/./a.wav", "day/x/../../secret.wav"])
def test_key_that_leads_out_of_its_folder_is_held_back_and_never_read(bucket: Bucket, tmp_path: Path, key: str) -> None:
    bucket.put(key, wav(tmp_path / "a.wav", stereo()))
    places = find_recordings([place_of("s3://calls/day")], SETTINGS)
    outcomes = [take_in(place, settings=ZONE, metadata=index_metadata([])) for place in places]
    assert [codes(outcome) for outcome in outcomes] == [["outside"]]


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".wav", "pcm_s16le"), (".mp3", "libmp3lame"), (".flac", "flac"), (".m4a", "aac"), (".ogg", "libopus")],
)
def test_every_format_is_heard_as_it_is_from_a_disk(bucket: Bucket, tmp_path: Path, suffix: str, codec: str) -> None:
    rate = 48000 if codec == "libopus" else 8000
    local = encode(tmp_path / f"call{suffix}", stereo(rate_hz=rate), codec=codec, rate_hz=rate)
    there, here = taken(bucket.put(f"day/call{suffix}", local)).recording, taken_in(local).recording
    assert there is not None
    assert here is not None
    assert (there.call_id, there.duration_ms, there.channels) == (here.call_id, here.duration_ms, here.channels)


def test_truncated_and_empty_objects_have_their_own_defects(bucket: Bucket, tmp_path: Path) -> None:
    whole = wav(tmp_path / "a.wav", stereo(4.0)).read_bytes()
    assert "truncated" in codes(taken(bucket.put("cut.wav", whole[: len(whole) // 2])))
    assert "empty" in codes(taken(bucket.put("empty.wav", b"")))
    assert "unreadable" in codes(taken(bucket.put("text.wav", b"no sound in here at all")))
    assert "gone" in codes(taken("s3://calls/never.wav"))


def test_manifest_and_sidecar_beside_objects_are_read(bucket: Bucket, tmp_path: Path) -> None:
    sound = wav(tmp_path / "a.wav", stereo())
    one, two = bucket.put("day/sub/one.wav", sound), bucket.put("day/two.wav", sound)
    bucket.put("day/manifest.csv", b"file,agent_id,started_at\nsub/one.wav,ada,2026-10-14T10:22:31Z\ntwo.wav,bob,\n")
    bucket.put("day/two.json", b'{"queue": "sales", "started_at": "2026-10-15T10:22:31Z"}')
    first, second = (taken(address, "s3://calls/day").recording for address in (one, two))
    assert first is not None
    assert second is not None
    assert (first.agent_id, str(first.started_at)) == ("ada", "2026-10-14 10:22:31+00:00")
    assert (second.agent_id, second.queue) == ("bob", "sales")


def test_object_that_is_written_anew_has_another_version(bucket: Bucket, tmp_path: Path) -> None:
    address = bucket.put("a.wav", wav(tmp_path / "a.wav", stereo()))
    before = facts_of(place_of(address))
    assert before == facts_of(place_of(address))
    other = (tmp_path / "a.wav").read_bytes()[:-2] + b"\x11\x11"  # as long as before, and within the same second
    bucket.put("a.wav", other)
    after = facts_of(place_of(address))
    assert after.size_bytes == before.size_bytes
    assert after.modified_ns != before.modified_ns


def test_object_of_the_same_version_is_not_fetched_again(bucket: Bucket, tmp_path: Path) -> None:
    address = bucket.put("a.wav", wav(tmp_path / "a.wav", stereo()))
    first = taken(address)
    from pipeline.canonical import from_json
    from pipeline.intake.known_sound import _Kept

    known = KnownSound(
        size_bytes=first.size_bytes,
        modified_ns=first.modified_ns,
        file_id=first.file_id,
        facts=from_json(_Kept, first.sound or "").facts,
    )
    again = take_in(place_of(address), settings=ZONE, metadata=index_metadata([]), known=known)
    assert again.sound_is_known
    assert again.recording is not None


def test_recording_of_a_deleted_object_is_gone_and_of_a_stopped_server_away(bucket: Bucket, tmp_path: Path) -> None:
    address = bucket.put("a.wav", wav(tmp_path / "a.wav", stereo()))
    recording = taken(address).recording
    assert recording is not None
    bucket.client.delete_object(Bucket="calls", Key="a.wav")
    with pytest.raises(IntakeError) as gone:
        load_call_audio(recording, ZONE)
    assert gone.value.code == "gone"
    bucket.put("a.wav", tmp_path / "a.wav")
    assert load_call_audio(recording, ZONE).shape[0] == 2
    bucket.server.stop()
    with pytest.raises(MediaAwayError, match="s3://calls"):
        load_call_audio(recording, ZONE)
    outcome = take_in(place_of(address), settings=ZONE, metadata=index_metadata([]))
    assert codes(outcome) == ["away"]
    bucket.server.start()


def command(*arguments: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments],
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_run_scores_a_bucket_and_does_nothing_twice(bucket: Bucket, tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "recordings", 3)
    (folder / "damaged.wav").write_bytes(b"RIFF\x00\x00no sound in here")
    bucket.put_folder(folder, "day 1")
    workspace = tmp_path / "data"
    run = ("run", "s3://calls/day 1", "--engine", "scripted", "--workspace", str(workspace), "--json")
    done = command(*run, variables=bucket.variables)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert (counts["taken_in"], counts["rejected"], counts["processed"], counts["failed"]) == (3, 1, 3, 0)
    local = tmp_path / "local"
    here = command(*run[:1], str(folder), *run[2:5], str(local), "--json", variables={})
    assert here.returncode == 0, here.stderr
    assert scores(workspace) == scores(local)
    with sqlite3.connect(workspace / "earmark.db") as connection:
        uris = [row[0] for row in connection.execute("select media_uri from files")]
    assert all(uri.startswith("s3://calls/day 1/") for uri in uris)
    again = json.loads(command(*run, variables=bucket.variables).stdout)
    assert (again["processed"], again["unchanged"]) == (0, 3)
    call_id = scores(workspace)[0][0]
    wrote = command(
        "calls", "audio", call_id, "--out", str(tmp_path / "a.wav"), "--workspace", str(workspace),
        variables=bucket.variables,
    )  # fmt: skip
    assert wrote.returncode == 0, wrote.stderr
    assert (tmp_path / "a.wav").stat().st_size > 10_000


def scores(workspace: Path) -> list[tuple[str, ...]]:
    with sqlite3.connect(workspace / "earmark.db") as connection:
        return connection.execute("select call_id, score_id from scores order by call_id").fetchall()


def test_run_says_which_credentials_are_missing(bucket: Bucket, tmp_path: Path) -> None:
    nobody = {**bucket.variables, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    nobody = {name: value for name, value in nobody.items() if value} | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = command("run", "s3://calls/day", "--workspace", str(tmp_path / "data"), variables=nobody)
    assert done.returncode == 1
    assert "s3://calls" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
