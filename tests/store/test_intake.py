"""Files and the calls in them."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, func, select

from pipeline.canonical import to_json
from pipeline.records import Defect, Recording
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.database import Store
from pipeline.store.intake import put_intake
from pipeline.store.tables import files, recordings
from tests.factories import recording
from tests.store.builders import LATER, NOW, Outcome, any_record, rejected, taken_in


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(call=any_record(Recording))
def test_put_intake_gives_every_recording_back(store: Store, call: Recording) -> None:
    with store.engine.connect() as connection, connection.begin() as transaction:
        put_intake(connection, Outcome(media_uri=call.media_uri, recording=call), now=NOW)
        assert get_recording(connection, call.call_id) == call
        stored = get_recording(connection, call.call_id).started_at
        assert stored is None or stored.tzinfo is UTC
        transaction.rollback()


def test_put_intake_keeps_what_the_file_was_like(connection: Connection) -> None:
    note = Defect(code="agent_unknown", reason="no agent is named", fatal=False)
    call = recording(media_uri="a.wav")
    outcome = Outcome(media_uri="a.wav", recording=call, size_bytes=2**40, modified_ns=2**62, defects=(note,))
    put_intake(connection, outcome, now=NOW)
    row = connection.execute(select(files)).one()
    assert (row.media_uri, row.size_bytes, row.modified_ns) == ("a.wav", 2**40, 2**62)
    assert (row.file_id, row.call_id, row.defects) == ("f-0001", call.call_id, to_json((note,)))


def test_put_intake_takes_ids_and_names_of_any_length(connection: Connection) -> None:
    call = taken_in(connection, "c-" + "a" * 600, agent_id="b" * 600, media_uri="c" * 600)
    assert get_recording(connection, "c-aa") == call


def test_put_intake_twice_changes_nothing(connection: Connection) -> None:
    call = taken_in(connection)
    taken_in(connection)
    assert get_recording(connection, call.call_id) == call
    assert connection.scalar(select(func.count()).select_from(files)) == 1


def test_put_intake_of_the_same_audio_under_another_name_is_one_call(connection: Connection) -> None:
    first = taken_in(connection, media_uri="z.wav")
    copy = dataclasses.replace(first, media_uri="a.wav", agent_id="somebody.else")
    put_intake(connection, Outcome(media_uri="a.wav", recording=copy), now=LATER)
    assert get_recording(connection, first.call_id) == first
    assert _files_with(connection, first.call_id) == ["a.wav", "z.wav"]
    assert len(list_calls(connection)) == 1


def test_put_intake_updates_the_recording_when_its_manifest_is_corrected(connection: Connection) -> None:
    unknown = Defect(code="time_unknown", reason="no time is given", fatal=False)
    first = taken_in(connection, agent_id="wrong", started_at=None, defects=(unknown,))
    mended = dataclasses.replace(
        first,
        agent_id="right",
        started_at=datetime(2026, 10, 5, tzinfo=UTC),
        metadata={"ticket": "7"},
        defects=(),
    )
    put_intake(connection, Outcome(media_uri=mended.media_uri, recording=mended), now=LATER)
    assert get_recording(connection, first.call_id) == mended
    assert [call.status for call in list_calls(connection)] == ["pending"]


def test_put_intake_of_a_file_with_other_audio_keeps_the_earlier_call(connection: Connection) -> None:
    earlier = taken_in(connection, "c-1", media_uri="one.wav")
    later = taken_in(connection, "c-2", media_uri="one.wav")
    assert get_recording(connection, "c-1") == earlier
    assert get_recording(connection, "c-2") == later
    assert _files_with(connection, "c-1") == []
    assert _files_with(connection, "c-2") == ["one.wav"]


def test_put_intake_leads_a_call_to_the_file_it_is_still_in(connection: Connection) -> None:
    taken_in(connection, "c-1", media_uri="one.wav")
    taken_in(connection, "c-1", media_uri="copy.wav")
    taken_in(connection, "c-2", media_uri="one.wav")
    assert get_recording(connection, "c-1").media_uri == "copy.wav"


def test_put_intake_leads_a_call_to_the_file_in_which_it_comes_back(connection: Connection) -> None:
    taken_in(connection, "c-1", media_uri="one.wav")
    taken_in(connection, "c-2", media_uri="one.wav")
    back = taken_in(connection, "c-1", media_uri="two.wav", agent_id="corrected")
    assert get_recording(connection, "c-1") == back


def test_put_intake_takes_a_mended_file_off_the_rejected(connection: Connection) -> None:
    rejected(connection, media_uri="one.wav")
    taken_in(connection, media_uri="one.wav")
    assert [(call.call_id, call.status) for call in list_calls(connection)] == [("c-0001", "pending")]


def test_put_intake_lists_a_file_that_is_damaged_later(connection: Connection) -> None:
    taken_in(connection, media_uri="one.wav")
    rejected(connection, "f-9", media_uri="one.wav")
    assert {(call.call_id, call.status) for call in list_calls(connection)} == {
        ("c-0001", "pending"),
        ("f-9", "failed"),
    }


def test_put_intake_of_one_call_by_many_at_once_is_one_call(store: Store) -> None:
    def take_in(number: int) -> None:
        with store.begin() as connection:
            taken_in(connection, media_uri=f"copy-{number}.wav")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(take_in, range(6)))
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(recordings)) == 1
        assert len(_files_with(connection, "c-0001")) == 6


def _files_with(connection: Connection, call_id: str) -> list[str]:
    paths = select(files.c.media_uri).where(files.c.call_id == call_id).order_by(files.c.media_uri)
    return list(connection.scalars(paths))
