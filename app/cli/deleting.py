"""What the commands that delete share: who deletes and with which key, and how it is told what was done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.acts import current_user
from app.cli import show
from pipeline.config import SIGNING_KEY_VARIABLE, Settings
from pipeline.retention.deleting import Deleting, Deletion
from pipeline.retention.files import OUTSIDE
from pipeline.retention.record import document_sha256
from pipeline.retention.signing import SigningKey, read_signing_key

if TYPE_CHECKING:
    from pipeline.store.database import Store


def signing_key(settings: Settings) -> SigningKey | None:
    """Return the operator's key, from the environment or the file that the settings name; None without one."""
    return read_signing_key(settings.retention.signing_key_file, os.environ.get(SIGNING_KEY_VARIABLE))


def deleting(settings: Settings, store: Store) -> Deleting:
    """Return who deletes: the operating system's user, now."""
    return Deleting(
        store=store,
        settings=settings,
        actor=current_user(),
        now=lambda: datetime.now(UTC),
        key=signing_key(settings),
        zone=ZoneInfo(settings.scorecards.timezone),
        tell=show.remark,
    )


def forget_prefect_runs(settings: Settings, done: Sequence[Deletion]) -> None:
    """Have Prefect forget runs, whose parameters name calls and files, where something was deleted."""
    from flows.prefect_traces import forget_local_runs, forget_runs, uses_server  # noqa: PLC0415

    if not any(deletion.deleted for deletion in done):
        return
    days = settings.retention.keep_prefect_days
    if not uses_server():
        if not forget_local_runs(settings.workspace):
            show.remark("a run is at work, so Prefect's history of runs stays; it goes with the next deletion")
    elif days is not None:
        forget_runs(datetime.now(UTC) - timedelta(days=days))


def data_of(deletion: Deletion) -> dict[str, Any]:
    """Return a deletion as JSON data."""
    record = deletion.record
    return {
        "record": record.record_id if record else None,
        "sha256": document_sha256(record.document) if record and record.document else None,
        "signed": bool(record and record.signature),
        "deleted": deletion.deleted,
        "held": {call_id: list(holds) for call_id, holds in sorted(deletion.held.items())},
        "at_work": dict(sorted(deletion.at_work.items())),
        "left": [{"path": path, "why": why} for path, why in deletion.left],
        "unfinished": deletion.unfinished,
    }


def tell_deletions(done: Sequence[Deletion], *, as_json: bool) -> bool:
    """Print what was done, and tell whether all of it could be."""
    if as_json:
        show.print_json([data_of(deletion) for deletion in done])
    for deletion in () if as_json else done:
        _tell(deletion)
    return not any(deletion.unfinished for deletion in done)


def _tell(deletion: Deletion) -> None:
    for call_id, holds in sorted(deletion.held.items()):
        show.say(f"{call_id} stays: held by {', '.join(holds)}")
    for call_id, worker in sorted(deletion.at_work.items()):
        show.say(f"{call_id} stays for now: worker {worker} is at work on it; the next deletion takes it")
    if deletion.record:
        signed = "signed" if deletion.record.signature else "not signed: there is no key (docs/retention.md)"
        show.say(f"{deletion.record.record_id}: {deletion.deleted} deleted; the record is {signed}")
    for path, why in deletion.left:
        show.say(f"left: {path} ({why})")
    if any(why == OUTSIDE for _, why in deletion.left):
        show.remark("delete these where they lie: only you may; a run that finds them again holds them back")
    if deletion.unfinished:
        show.remark("some files could not be deleted now; `earmark retention apply` tries again and makes the record")
