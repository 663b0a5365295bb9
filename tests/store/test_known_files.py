"""What a later run may take over from an earlier one, and the files that were held back."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import Connection, text

from pipeline.errors import NotFoundError
from pipeline.store.database import open_store
from pipeline.store.intake import put_intake
from pipeline.store.known_files import KnownFile, known_files, rejected_files, settled_files
from tests.factories import recording
from tests.store.builders import LATER, NOW, Outcome, rejected, score, scored, taken_in
from tests.store.old_versions import bring_back

MEASURED = Outcome(media_uri="a.wav", recording=recording(media_uri="a.wav"), sound='{"n":1}')


def test_known_files_gives_back_what_was_measured_and_when(connection: Connection) -> None:
    put_intake(connection, MEASURED, now=NOW)
    assert known_files(connection, ["a.wav", "b.wav"]) == {
        "a.wav": KnownFile(
            media_uri="a.wav",
            size_bytes=MEASURED.size_bytes,
            modified_ns=MEASURED.modified_ns,
            file_id=MEASURED.file_id,
            sound='{"n":1}',
            measured_at=NOW,
        )
    }
    assert known_files(connection, []) == known_files(connection, ["b.wav"]) == {}


def test_known_files_keeps_what_was_measured_when_it_is_taken_over(connection: Connection) -> None:
    put_intake(connection, MEASURED, now=NOW)
    put_intake(connection, dataclasses.replace(MEASURED, sound_is_known=True), now=LATER)
    (known,) = known_files(connection, ["a.wav"]).values()
    assert (known.sound, known.measured_at) == ('{"n":1}', NOW)


def test_known_files_tells_what_was_measured_last(connection: Connection) -> None:
    put_intake(connection, MEASURED, now=NOW)
    put_intake(connection, dataclasses.replace(MEASURED, sound='{"n":2}', modified_ns=5, size_bytes=6), now=LATER)
    (known,) = known_files(connection, ["a.wav"]).values()
    assert (known.sound, known.measured_at, known.modified_ns, known.size_bytes) == ('{"n":2}', LATER, 5, 6)


def test_known_files_leaves_out_files_without_a_call_or_without_a_measurement(connection: Connection) -> None:
    taken_in(connection, "c-1", media_uri="old.wav")  # as an earlier version stored it
    put_intake(connection, MEASURED, now=NOW)
    rejected(connection, media_uri="a.wav")
    assert known_files(connection, ["old.wav", "a.wav"]) == {}


def test_known_files_of_a_database_of_the_first_version_are_none_and_nothing_is_lost(store_url: str) -> None:
    """Brings a database back to what version 0001 made, rows included, and opens it anew."""
    store = open_store(store_url)
    with store.begin() as connection:
        call = taken_in(connection)
        bring_back(connection, "0001")
    store.close()
    store = open_store(store_url)
    with store.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM earmark_version")) != "0001"
        assert known_files(connection, [call.media_uri]) == {}
        again = Outcome(media_uri=call.media_uri, recording=call, sound="{}")
        put_intake(connection, again, now=NOW)
        assert list(known_files(connection, [call.media_uri])) == [call.media_uri]
    store.close()


def test_rejected_files_are_found_by_their_id_or_its_beginning(connection: Connection) -> None:
    defect = rejected(connection, "f-12ab", media_uri="b.wav")
    rejected(connection, "f-12ab", media_uri="a.wav")
    rejected(connection, "f-34", media_uri="c.wav")
    for given in ("f-12ab", "f-1"):
        found = rejected_files(connection, given)
        assert [(file.file_id, file.media_uri) for file in found] == [("f-12ab", "a.wav"), ("f-12ab", "b.wav")]
        assert all(file.defects == (defect,) for file in found)


@pytest.mark.parametrize(("given", "said"), [("f-", "2 files have an id that begins with 'f-'"), ("f-9", "no file")])
def test_rejected_files_are_not_guessed(connection: Connection, given: str, said: str) -> None:
    rejected(connection, "f-12ab", media_uri="b.wav")
    rejected(connection, "f-34", media_uri="c.wav")
    with pytest.raises(NotFoundError, match=said):
        rejected_files(connection, given)


def test_rejected_files_are_those_that_are_held_back_now(connection: Connection) -> None:
    rejected(connection, "f-0001", media_uri="a.wav")
    taken_in(connection, media_uri="a.wav")
    with pytest.raises(NotFoundError, match="no file 'f-0001' is held back"):
        rejected_files(connection, "f-0001")


def test_settled_files_are_those_held_back_and_those_whose_call_is_scored(connection: Connection) -> None:
    put_intake(connection, MEASURED, now=NOW)
    rejected(connection, media_uri="broken.wav")
    taken_in(connection, "c-2", media_uri="not-scored.wav")
    as_it_was = (MEASURED.size_bytes, MEASURED.modified_ns)
    assert settled_files(connection) == {"broken.wav": as_it_was}
    scored(connection, score(recording().call_id, "s-1"))
    scored(connection, score(recording().call_id, "s-2", rubric_id="another"))
    assert settled_files(connection) == {"broken.wav": as_it_was, "a.wav": as_it_was}
