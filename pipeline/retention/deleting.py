"""Who deletes, with what, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from pipeline.config import Settings
from pipeline.retention.signing import SigningKey
from pipeline.store.database import Store
from pipeline.store.deletions import DeletionRecord


@dataclass(frozen=True, kw_only=True)
class Deleting:
    """Who deletes, and with what.

    Attributes:
        actor: For the audit log and the record.
        now: The clock.
        key: What records are signed with, if anything.
        zone: In which days begin.
        clock_is_right: Somebody has looked at it: policies are applied whatever speaks against it.
    """

    store: Store
    settings: Settings
    actor: str
    now: Callable[[], datetime]
    key: SigningKey | None
    zone: tzinfo
    clock_is_right: bool = False
    tell: Callable[[str], None] = field(default=lambda _line: None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deletion:
    """What one deletion did.

    Attributes:
        record: The finished record; None where files could not be deleted now, or nothing was to be deleted.
        deleted: How many calls, or sounds of calls.
        held: Calls that stayed, with their holds.
        at_work: Calls that stayed because a worker was at work on them, with its name; the next deletion takes them.
        left: Files that stayed, with the reason.
        unfinished: Some files could not be deleted now: the next deletion tries again.
    """

    record: DeletionRecord | None
    deleted: int = 0
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    at_work: dict[str, str] = field(default_factory=dict)
    left: tuple[tuple[str, str], ...] = ()
    unfinished: bool = False
