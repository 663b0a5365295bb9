"""The sound of a call: silent where it has to be, in ranges, made once, given up when there is no room."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.web.call import sound
from app.web.call.reading import transcript_of
from pipeline.canonical import to_json
from pipeline.records import FactKeys, Redaction, Transcript
from pipeline.store.calls import get_recording
from pipeline.store.erase import erase_media
from pipeline.store.steps import get_step
from pipeline.store.tables import recordings, steps
from tests.web.calls import POOR, acts_of, call_of, details_of, evaluation_of
from tests.web.conftest import Console

CARD, NAME = (2000, 2500), (5000, 5600)


@pytest.fixture
def call_id(console: Console) -> str:
    """A call in which a card number and a name were spoken."""
    return _with_personal_data(console)


def _with_personal_data(console: Console) -> str:
    chosen = call_of(console, POOR)
    evaluation = evaluation_of(console, chosen)
    with console.store.begin() as connection:
        under = get_step(connection, evaluation.stored.facts_key, FactKeys)
        assert under is not None
        transcript = get_step(connection, under.transcript, Transcript)
        assert transcript is not None
        spoken = (
            Redaction(kind="card_number", turn_index=0, start_ms=CARD[0], end_ms=CARD[1]),
            Redaction(kind="person_name", turn_index=1, start_ms=NAME[0], end_ms=NAME[1]),
        )
        payload = to_json(replace(transcript, redactions=spoken))
        connection.execute(steps.update().where(steps.c.key == under.transcript).values(payload=payload))
    return chosen


def _samples(content: bytes) -> tuple[NDArray[np.int16], int]:
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.audio[0]
        parts = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels) for frame in container.decode(stream)]
        return np.concatenate(parts), stream.rate


def _loudest(content: bytes, span: tuple[int, int]) -> int:
    samples, rate = _samples(content)
    return int(np.abs(samples[span[0] * rate // 1000 : span[1] * rate // 1000]).max())


def test_sound_is_whole_and_silent_where_personal_data_was_spoken(console: Console, call_id: str) -> None:
    answer = console.sign_in("reviewer").get(f"/calls/{call_id}/audio")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    samples, rate = _samples(answer.content)
    recording = evaluation_of(console, call_id).recording
    assert samples.shape[1] == recording.channels
    assert abs(len(samples) * 1000 / rate - recording.duration_ms) < 2
    assert (_loudest(answer.content, CARD), _loudest(answer.content, NAME)) == (0, 0)
    assert _loudest(answer.content, (3500, 4000)) > 0
    assert answer.headers["cache-control"] == "no-store"


def test_ranges_give_the_same_bytes_and_hearing_is_logged_once(console: Console, call_id: str) -> None:
    ann = console.sign_in("reviewer", "ann")
    whole = ann.get(f"/calls/{call_id}/audio").content
    part = ann.get(f"/calls/{call_id}/audio", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert ann.get(f"/calls/{call_id}/audio", headers={"range": "bytes=999999999-"}).status_code == 416
    [entry] = acts_of(console, "hear")
    assert (entry.actor, entry.subject_id, details_of(entry)) == ("ann", call_id, {})
    console.sign_in("manager", "max").get(f"/calls/{call_id}/audio", headers={"range": "bytes=5-9"})
    assert [each.actor for each in acts_of(console, "hear")] == ["ann", "max"]  # not only from its first byte on


def test_sound_that_was_deleted_is_not_heard_from_the_cache_either(console: Console, call_id: str) -> None:
    ann = console.sign_in("reviewer")
    assert ann.get(f"/calls/{call_id}/audio").status_code == 200
    with console.store.begin() as connection:
        erase_media(connection, call_id)
    for what in ("audio", "clip?from_ms=0&to_ms=900", "peaks"):
        answer = ann.get(f"/calls/{call_id}/{what}")
        assert (answer.status_code, "was deleted" in answer.text) == (410, True)
    assert "Its sound was deleted" in ann.get(f"/calls/{call_id}").text


def test_clip_is_that_part_of_the_whole(console: Console, call_id: str) -> None:
    ann = console.sign_in("reviewer")
    whole, rate = _samples(ann.get(f"/calls/{call_id}/audio").content)
    answer = ann.get(f"/calls/{call_id}/clip?from_ms=1900&to_ms=4200")
    part, _ = _samples(answer.content)
    assert np.array_equal(part, whole[1900 * rate // 1000 : 4200 * rate // 1000])
    assert details_of(acts_of(console, "hear")[-1]) == {"from_ms": 1900, "to_ms": 4200}


def test_clip_that_is_no_part_of_the_call_is_refused(console: Console, call_id: str) -> None:
    ann = console.sign_in("reviewer")
    for query, status in (
        ("from_ms=3000&to_ms=3000", 400),
        ("from_ms=5000&to_ms=3000", 400),
        ("from_ms=99999999&to_ms=999999999", 400),
        ("from_ms=-1&to_ms=1000", 422),
        ("from_ms=0", 422),
        ("from_ms=../../x&to_ms=5", 422),
    ):
        assert ann.get(f"/calls/{call_id}/clip?{query}").status_code == status, query
    assert not acts_of(console, "hear")


def test_personal_data_are_heard_by_right_only_and_card_data_by_nobody(console: Console, call_id: str) -> None:
    for what in ("audio?", "clip?from_ms=0&to_ms=6000&"):
        refused = console.sign_in("admin", f"olga-{len(what)}").get(f"/calls/{call_id}/{what}unredacted=1")
        assert refused.status_code == 403
    assert not acts_of(console, "hear-unredacted")
    hears = console.sign_in("compliance", "olive", hears_unredacted=True)
    content = hears.get(f"/calls/{call_id}/audio?unredacted=1").content
    assert _loudest(content, NAME) > 0
    assert _loudest(content, CARD) == 0
    assert _loudest(hears.get(f"/calls/{call_id}/audio").content, NAME) == 0
    [entry] = acts_of(console, "hear-unredacted")
    assert (entry.actor, entry.subject_id) == ("olive", call_id)
    assert len(acts_of(console, "hear")) == 1


def test_peaks_are_those_of_the_silenced_sound(console: Console, call_id: str) -> None:
    found = console.sign_in("reviewer").get(f"/calls/{call_id}/peaks").json()
    recording = evaluation_of(console, call_id).recording
    assert found["duration"] == recording.duration_ms / 1000
    assert len(found["peaks"]) == recording.channels
    for heights in found["peaks"]:
        each_ms = recording.duration_ms / len(heights)
        inside = heights[int(CARD[0] / each_ms) + 1 : int(CARD[1] / each_ms) - 1]
        assert inside
        assert max(inside) == 0
        assert 0 < max(heights) <= 1
    assert not acts_of(console, "hear")  # a picture is not heard


def test_transcript_that_was_not_searched_gives_no_sound(console: Console) -> None:
    call_id = call_of(console, POOR)
    with console.store.begin() as connection:
        transcript = transcript_of(connection, call_id)
        assert transcript is not None
        payload = to_json(replace(transcript, redacted=False))
        stored = (steps.c.call_id == call_id) & (steps.c.step == "transcript")
        connection.execute(steps.update().where(stored).values(payload=payload))
    answer = console.sign_in("admin", hears_unredacted=True).get(f"/calls/{call_id}/audio?unredacted=1")
    assert answer.status_code == 404


@pytest.mark.parametrize("how", ["gone", "another"])
def test_recording_that_is_gone_or_changed_is_told_without_its_path(
    console: Console, recordings_copy: Callable[[str, str], Path], how: str
) -> None:
    call_id = call_of(console, POOR)
    recordings_copy(call_id, how)
    answer = console.sign_in("reviewer").get(f"/calls/{call_id}/audio")
    assert answer.status_code == 410
    assert "the recording cannot be played" in answer.text
    assert ".wav" not in answer.text
    folder = console.settings.workspace / "cache" / "audio"
    assert not list(folder.iterdir())  # nothing half made is left


@pytest.fixture
def recordings_copy(console: Console, tmp_path: Path) -> Callable[[str, str], Path]:
    """Let a call name a file that is gone, or that holds another call."""

    def changed(call_id: str, how: str) -> Path:
        with console.store.begin() as connection:
            other = get_recording(connection, call_of(console, "maria.lopez")).media_uri
            uri = other if how == "another" else str(tmp_path / "gone.wav")
            connection.execute(recordings.update().where(recordings.c.call_id == call_id).values(media_uri=uri))
        return Path(uri)

    return changed


def test_those_who_ask_at_once_wait_for_one_making(
    console: Console, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = sound.write_playback

    def counted(*given: Any) -> Any:
        made.append(threading.current_thread().name)
        return real(*given)

    monkeypatch.setattr(sound, "write_playback", counted)
    with console.store.read() as connection:
        recording, transcript = get_recording(connection, call_id), transcript_of(connection, call_id)
    found: list[bytes] = []

    def ask() -> None:
        ready = sound.ready_sound(console.site, recording, transcript, unredacted=False)
        found.append(ready.flac.read_bytes())

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(found) == 6
    assert len(set(found)) == 1


def test_cache_is_for_its_owner_and_the_oldest_gives_way(console: Console, call_id: str) -> None:
    ann = console.sign_in("reviewer")
    ann.get(f"/calls/{call_id}/audio")
    folder = console.settings.workspace / "cache" / "audio"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    old = sorted(folder.iterdir())
    filler = folder / "c-old.flac"
    filler.write_bytes(b"x" * 5000)
    import os

    os.utime(filler, ns=(1, 1))
    sound._give_up_oldest(folder, sum(file.stat().st_size for file in old), keep="nothing")
    assert sorted(folder.iterdir()) == old
    sound._give_up_oldest(folder, 0, keep=old[0].stem)
    assert {file.stem for file in folder.iterdir()} == {old[0].stem}


def test_damaged_waveform_is_made_again(console: Console, call_id: str) -> None:
    ann = console.sign_in("reviewer")
    first = ann.get(f"/calls/{call_id}/peaks").json()
    folder = console.settings.workspace / "cache" / "audio"
    for file in folder.glob("*.json"):
        file.unlink()
    assert ann.get(f"/calls/{call_id}/peaks").json() == first
    assert json.loads(next(folder.glob("*.json")).read_text())


def test_recording_behind_an_address_is_played_and_said_to_be_away_or_gone(console: Console, call_id: str) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    with console.store.begin() as connection:
        local = get_recording(connection, call_id).media_uri
        memory.pipe("/calls/a b.wav", Path(local).read_bytes())
        uri = {"media_uri": "memory://calls/a b.wav"}
        connection.execute(recordings.update().where(recordings.c.call_id == call_id).values(**uri))
    ann = console.sign_in("reviewer")
    assert "<audio" in ann.get(f"/calls/{call_id}").text
    heard = ann.get(f"/calls/{call_id}/audio")
    assert (heard.status_code, _loudest(heard.content, CARD)) == (200, 0)
    for file in (console.settings.workspace / "cache" / "audio").iterdir():
        file.unlink()
    memory.rm("/calls/a b.wav")
    gone = ann.get(f"/calls/{call_id}/audio")
    assert (gone.status_code, "nothing at this address any more" in gone.text) == (410, True)
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install -e '.[dev]'")
    with console.store.begin() as connection:
        nowhere = {"media_uri": "http://127.0.0.1:9/secret-bucket/a.wav"}
        connection.execute(recordings.update().where(recordings.c.call_id == call_id).values(**nowhere))
    away = ann.get(f"/calls/{call_id}/audio")
    assert (away.status_code, "try again in a while" in away.text, "secret-bucket" in away.text) == (503, True, False)
