"""Take recordings in: files become calls, bad files become defects that are listed."""

from __future__ import annotations

from datetime import datetime

from prefect import flow, task
from sqlalchemy import Connection

from flows.arrivals import arrived, still_written
from flows.runtime import current, utc_now
from pipeline.intake.deleted import held_back_as_deleted
from pipeline.intake.discover import find_recordings
from pipeline.intake.known_sound import known_sound
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in
from pipeline.media.place import place_of
from pipeline.store.database import Store
from pipeline.store.deletions import was_deleted
from pipeline.store.intake import put_intake
from pipeline.store.known_files import known_files

# Files a task: small enough that a retry repeats little, large enough that Prefect's bookkeeping does not dominate.
FILES_PER_TASK = 25


def keep_unless_deleted(outcome: IntakeOutcome, store: Store, *, now: datetime) -> IntakeOutcome:
    """Store what was found out about a file and return it; a recording whose call was deleted is held back.

    Whether it was deleted is asked once more when the call's row is this transaction's own: on PostgreSQL a deletion
    may be committed between the first question and the insert, which then brings the call back.

    Args:
        outcome: What intake found out.
        store: Where to.
        now: When intake began to read the file.
    """
    with store.begin() as connection:
        if not _was_deleted(connection, outcome):
            attempt = connection.begin_nested()
            put_intake(connection, outcome, now=now)
            if not _was_deleted(connection, outcome):
                attempt.commit()
                return outcome
            attempt.rollback()
        outcome = held_back_as_deleted(outcome)
        put_intake(connection, outcome, now=now)
        return outcome


def _was_deleted(connection: Connection, outcome: IntakeOutcome) -> bool:
    return outcome.recording is not None and was_deleted(connection, outcome.recording.sha256)


@task(name="take in files", retries=2, retry_delay_seconds=2)
def take_in_files(media_uris: list[str], roots: list[str]) -> list[str]:
    """Read a batch of files into the store and return the ids of the calls they hold.

    A file that has not changed since an earlier run took it in is not decoded again. Each file is stored in a
    transaction of its own, so that a killed run keeps those it had finished.
    """
    runtime = current()
    settings = runtime.settings.intake
    metadata = runtime.manifests(tuple(roots))
    with runtime.store.read() as connection:
        earlier = known_files(connection, media_uris)
    call_ids = []
    for media_uri in media_uris:
        began = utc_now()
        known = known_sound(earlier[media_uri]) if media_uri in earlier else None
        outcome = take_in(place_of(media_uri, settings), settings=settings, metadata=metadata, known=known)
        is_away = outcome.recording is None and any(found.code == "away" for found in outcome.defects)
        if not (is_away and media_uri in earlier):  # a call that is known stays known while its server is away
            outcome = keep_unless_deleted(outcome, runtime.store, now=began)
        if outcome.recording:
            call_ids.append(outcome.recording.call_id)
        runtime.report("taken_in" if outcome.recording else "rejected", media_uri)
    return call_ids


@flow(name="take in arrivals")
def take_in_arrivals(media_uris: list[str], roots: list[str]) -> list[str]:
    """Take in recordings that a watch found, with the manifests of its roots; return the ids of their calls."""
    runtime = current()
    runtime.forget_manifests()  # they may have got rows for these
    runtime.report("found", str(len(media_uris)))
    call_ids: list[str] = []
    for start in range(0, len(media_uris), FILES_PER_TASK):
        call_ids += take_in_files(media_uris[start : start + FILES_PER_TASK], roots)
    return list(dict.fromkeys(call_ids))


@flow(name="intake")
def intake(paths: list[str], settled: bool = False, only_new: bool = False) -> list[str]:
    """Find recordings under the given paths, take them in, and return the ids of the calls, each once.

    Args:
        paths: Files, folders and addresses.
        settled: Leave those that are still being written to the next run, for a run on a schedule.
        only_new: Leave those too that are stored as they are, for a run each minute. What manifests tell about these by
            now is seen by a run without this.
    """
    runtime = current()
    settings = runtime.settings.intake
    if only_new:
        found = arrived(runtime, paths)
    else:
        found = [str(place) for place in find_recordings([place_of(path, settings) for path in paths], settings)]
    if settled and not only_new:
        growing = still_written(runtime, paths)
        found = [media_uri for media_uri in found if media_uri not in growing]
    runtime.report("found", str(len(found)))
    call_ids: list[str] = []
    for start in range(0, len(found), FILES_PER_TASK):
        call_ids += take_in_files(found[start : start + FILES_PER_TASK], paths)
    return list(dict.fromkeys(call_ids))
