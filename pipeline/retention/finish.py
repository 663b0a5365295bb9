"""Finish deletions: the files of calls whose rows are gone, then the record, which can be signed."""

from __future__ import annotations

from pipeline.audit.log import record_act
from pipeline.retention.deleting import Deleting, Deletion
from pipeline.retention.files import SETTLED, made_of_calls, remove, remove_reports
from pipeline.retention.record import document_sha256, record_document
from pipeline.store.deletions import (
    deleted_under,
    doomed_files,
    file_counts,
    finish_record,
    forget_record,
    get_record,
    hold_record,
    left_files,
    list_records,
    settle_file,
)
from pipeline.store.holds import list_holds
from pipeline.store.old_calls import known_calls

_FILES_AT_ONCE = 100


def finish(record_id: str, deleting: Deleting) -> Deletion:
    """Delete the files of a record that still wait, and finish it where none is left that can be deleted."""
    failed = _delete_files(record_id, deleting)
    with deleting.store.read() as connection:
        left = tuple(left_files(connection, record_id, SETTLED))
    if failed:
        return Deletion(record=None, left=left, unfinished=True)
    with deleting.store.begin() as connection:
        if not hold_record(connection, record_id):
            return Deletion(record=None)  # another process has finished it
        record = get_record(connection, record_id)
        calls = deleted_under(connection, record_id)
        if not calls:
            forget_record(connection, record_id)
            return Deletion(record=None)
        document = record_document(
            record,
            calls=calls,
            files=file_counts(connection, record_id),
            holds_standing=len(list_holds(connection)),
            key=deleting.key,
            now=deleting.now(),
        )
        signature = deleting.key.sign(document.encode()) if deleting.key else None
        finish_record(connection, record_id, document=document, signature=signature, now=deleting.now())
        record_act(
            connection,
            actor=deleting.actor,
            action="deletion",
            subject=("deletion record", record_id),
            details={"sha256": document_sha256(document), "calls": len(calls), "signed": signature is not None},
            now=deleting.now(),
        )
        return Deletion(record=get_record(connection, record_id), deleted=len(calls), left=left)


def _delete_files(record_id: str, deleting: Deleting) -> bool:
    """Delete what waits, and what was made of calls while they were deleted; tell whether something could not be."""
    failed: set[int] = set()
    while True:
        with deleting.store.read() as connection:
            waiting = doomed_files(connection, record_id, limit=_FILES_AT_ONCE + len(failed))
        waiting = [file for file in waiting if file.number not in failed]
        if not waiting:
            break
        became = []
        for file in waiting:
            try:
                became.append((file.number, remove(file, deleting.settings)))
            except OSError as error:
                failed.add(file.number)
                deleting.tell(f"{file.path}: cannot be deleted ({error.strerror or type(error).__name__})")
        with deleting.store.begin() as connection:
            for number, state in became:
                settle_file(connection, number, state)
    return not _delete_made(deleting) or bool(failed)


def _delete_made(deleting: Deleting) -> bool:
    """Delete the reports, which quote calls, and what was made of calls that nobody knows; tell whether that worked."""
    try:
        remove_reports(deleting.settings)
    except OSError as error:
        deleting.tell(f"{error.filename}: cannot be deleted ({error.strerror or type(error).__name__})")
        return False
    return sweep(deleting)


def sweep(deleting: Deleting) -> bool:
    """Delete what was made of calls that nobody knows, such as by a process that was at one while it was deleted.

    Where nothing was ever deleted everything stays: then the folders may be older than the database.
    """
    with deleting.store.read() as connection:
        if not list_records(connection):
            return True
    made = {call: files for call, files in made_of_calls(deleting.settings).items() if call.startswith("c-")}
    with deleting.store.read() as connection:
        known = known_calls(connection, list(made))
    try:
        for call_id in made.keys() - known:
            for file in made[call_id]:
                remove(file, deleting.settings)
    except OSError as error:
        deleting.tell(f"{error.filename}: cannot be deleted ({error.strerror or type(error).__name__})")
        return False
    return True
