"""Delete calls everywhere: rows first, in one transaction per call, then files, then the record of it.

Rows first, since they are what can be undone: a call is gone or untouched, whenever the process is killed. In exchange
for its rows the database gets a list of its files, so that whoever comes next deletes what is left and finishes the
record (`pipeline.retention.finish`). A legal hold is asked for in the transaction that deletes, and none can be placed
beside it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pipeline.audit.kept_head import keep_head
from pipeline.audit.log import record_act
from pipeline.errors import ConfigError, ReportError
from pipeline.retention.clock import clock_doubt
from pipeline.retention.deleting import Deleting, Deletion
from pipeline.retention.files import TRANSCRIPT, made_of_calls, recorded_files
from pipeline.retention.finish import finish, sweep
from pipeline.retention.policies import Policy, due_calls, due_policy, earliest_kept, policies_of
from pipeline.store.audit import export_count
from pipeline.store.claims import worker_with
from pipeline.store.deletions import (
    CALL,
    MEDIA,
    DeletionRecord,
    DoomedFile,
    add_deleted,
    add_held,
    begin_record,
    hold_record,
    list_records,
    mark_media_deleted,
)
from pipeline.store.erase import erase_call, erase_media
from pipeline.store.holds import calls_on_hold, freeze_holds
from pipeline.store.old_calls import AgedCall, aged_call, calls_before, recordings_of, sound_of
from pipeline.store.scrub import scrub

ON_SCHEDULE, ON_REQUEST = "policy", "request"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """Why a call stays: holds, or the worker that has it; neither where it went, or was not due any more."""

    holds: tuple[str, ...] = ()
    worker: str | None = None


def due_now(connection: Connection, deleting: Deleting) -> Iterable[tuple[AgedCall, Policy]]:
    """Yield the calls that are due by the policies of the settings, held ones among them."""
    policies = policies_of(deleting.settings.retention)
    today = deleting.now().astimezone(deleting.zone).date()
    before = earliest_kept(policies, today=today, zone=deleting.zone)
    if before is None:
        return ()
    return due_calls(calls_before(connection, before), policies, today=today, zone=deleting.zone)


def apply_policies(deleting: Deleting) -> list[Deletion]:
    """Finish what an earlier deletion left, take away what was made of deleted calls since, then delete what is due.

    Raises:
        ConfigError: There is no key, and the settings want a signature.
        ReportError: Something is due, and the clock by which it is seems to be wrong.
    """
    _require_key(deleting)
    with deleting.store.read() as connection:
        left = list_records(connection, unfinished=True)
    done = [finish(record.record_id, deleting) for record in left]
    if not sweep(deleting):
        done.append(Deletion(record=None, unfinished=True))
    with deleting.store.read() as connection:
        due = [(call.call_id, policy) for call, policy in due_now(connection, deleting)]
        going = {call_id for call_id, _ in due} - calls_on_hold(connection, [call_id for call_id, _ in due]).keys()
        doubt = clock_doubt(connection, deleting.now()) if going and not deleting.clock_is_right else None
    if doubt:
        _closed(done, deleting)
        raise ReportError(doubt)
    if due:
        done += _delete(due, deleting, occasion=ON_SCHEDULE, reason="retention policy")
    return _closed(done, deleting)


def delete_on_request(call_ids: Sequence[str], reason: str, deleting: Deleting) -> list[Deletion]:
    """Delete calls with everything that was made of them, whatever the policies say. Holds stand above it.

    Args:
        call_ids: Whole ids.
        reason: Why, for the record: never words of a call, nor who the customer is.
        deleting: Who, and with what.
    """
    _require_key(deleting)
    return _closed(
        _delete([(call_id, None) for call_id in call_ids], deleting, occasion=ON_REQUEST, reason=reason), deleting
    )


def _require_key(deleting: Deleting) -> None:
    if deleting.key is None and deleting.settings.retention.require_signature:
        raise ConfigError(
            "retention.require_signature is set and there is no key, so nothing is deleted: make one with "
            "`earmark retention key --out FILE` and name it in retention.signing_key_file"
        )


def _closed(done: list[Deletion], deleting: Deleting) -> list[Deletion]:
    """Have the deleted bytes leave the database's own files, and keep the audit log's new head."""
    if any(deletion.deleted for deletion in done):
        if not scrub(deleting.store):
            deleting.tell("the database is in use: deleted bytes leave its files with the next deletion")
        with deleting.store.read() as connection:
            keep_head(connection, deleting.settings.workspace)
    return done


def _delete(
    calls: Sequence[tuple[str, Policy | None]], deleting: Deleting, *, occasion: str, reason: str
) -> list[Deletion]:
    made = made_of_calls(deleting.settings)
    record_id = _begin(deleting, occasion=occasion, reason=reason)
    done: list[Deletion] = []
    held: dict[str, tuple[str, ...]] = {}
    at_work: dict[str, str] = {}
    for number, (call_id, policy) in enumerate(calls, start=1):
        deleting.tell(f"deleting {call_id} ({number}/{len(calls)})")
        kept = _delete_one(call_id, policy, record_id, made.get(call_id, ()), deleting)
        if kept is None:  # another process took this one for dead and finished its record: that one stands
            record_id = _begin(deleting, occasion=occasion, reason=reason)
            kept = _delete_one(call_id, policy, record_id, made.get(call_id, ()), deleting)
        if kept and kept.holds:
            held[call_id] = kept.holds
        elif kept and kept.worker:
            at_work[call_id] = kept.worker
    if held:
        with deleting.store.begin() as connection:
            add_held(connection, record_id, len(held))
    done.append(replace(finish(record_id, deleting), held=held, at_work=at_work))
    return done


def _begin(deleting: Deleting, *, occasion: str, reason: str) -> str:
    record = DeletionRecord(
        record_id=f"dr-{secrets.token_hex(8)}",
        occasion=occasion,
        reason=reason,
        made_by=deleting.actor,
        begun_at=deleting.now(),
        rows={},
    )
    with deleting.store.begin() as connection:
        begin_record(connection, record)
    return record.record_id


def _delete_one(
    call_id: str, policy: Policy | None, record_id: str, made: Sequence[DoomedFile], deleting: Deleting
) -> _Kept | None:
    """Delete one call's rows, unless a hold stands, a worker is at work on it, or it is not due any more.

    Returns:
        What keeps it; None, and nothing is done, where the record is finished.
    """
    whole = policy is None or policy.what == CALL
    now = deleting.now()
    with deleting.store.begin() as connection:
        freeze_holds(connection)
        if not hold_record(connection, record_id):
            return None
        if holds := calls_on_hold(connection, [call_id]).get(call_id):
            return _Kept(holds=holds)
        if worker := worker_with(connection, call_id):  # it would read sound that is gone, and fail on rows that are
            return _Kept(worker=worker)
        sound = sound_of(connection, call_id)
        if sound is None or not _still_due(connection, call_id, policy, deleting):
            return _Kept()
        files = recorded_files(recordings_of(connection, call_id), deleting.settings, whole=whole)
        files += [file for file in made if whole or file.kind != TRANSCRIPT]
        handed_out = export_count(connection, call_id)
        if whole:
            rows = erase_call(connection, call_id, match_within_s=deleting.settings.kpis.match_within_s)
        else:
            rows = erase_media(connection, call_id)
            mark_media_deleted(connection, call_id, now=now)
        what, name = CALL if whole else MEDIA, policy.name if policy else None
        add_deleted(
            connection,
            record_id,
            sound_sha256=sound,
            deleted=(what, name),
            rows=rows,
            files=files,
            handed_out=handed_out,
            now=now,
        )
        told = {"what": what, "record": record_id, "policy": name}
        record_act(
            connection, actor=deleting.actor, action="deletion", subject=("call", call_id), details=told, now=now
        )
    return _Kept()


def _still_due(connection: Connection, call_id: str, policy: Policy | None, deleting: Deleting) -> bool:
    """Tell whether a policy still applies: a corrected manifest may have moved the call since."""
    if policy is None:
        return True
    call = aged_call(connection, call_id)
    today = deleting.now().astimezone(deleting.zone).date()
    policies = policies_of(deleting.settings.retention)
    return call is not None and due_policy(call, policies, today=today, zone=deleting.zone) == policy
