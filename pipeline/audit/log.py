"""The audit log: every entry holds the hash of the one before, so that no entry can be changed alone.

The chain proves that the entries are those that the head was made from. It cannot prove that its end is the end: the
head (how many entries, and the hash of the last) has to be kept where whoever changes the log does not reach it. It is
in the workspace (`kept_head.py`), and `earmark audit log` prints it for somebody to write down.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from pipeline.canonical import canonical_json
from pipeline.errors import ConfigError
from pipeline.store.audit import AuditEntry, entries, hold_log, insert_entry, last_entry

SCHEME = "earmark-audit-1"
BEGINNING = "0" * 64
MOST_PROBLEMS = 50

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_COVERED = ("sequence", "at", "actor", "action", "subject_kind", "subject_id", "details", "previous_hash")

Detail = str | int | float | bool | None | Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """Where a log ends: how many entries, and the hash of the last one."""

    count: int
    hash: str

    def __str__(self) -> str:
        """Write it as an officer writes it down: ``12:3fa9…``."""
        return f"{self.count}:{self.hash}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCheck:
    """What checking a log found; ``problems`` is empty where it is whole."""

    head: Head
    problems: tuple[str, ...]


EMPTY = Head(count=0, hash=BEGINNING)


def record_act(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: tuple[str, str],
    details: Mapping[str, Detail],
    now: datetime,
) -> Head:
    """Append an act to the log, in the caller's transaction: both happen or neither.

    Until that transaction ends nobody else can append, so it should be short.

    Args:
        connection: A transaction that writes.
        actor: Who did it.
        action: ``view``, ``edit``, ``export``, ``deletion`` and so on.
        subject: Kind and id of what it was done to, such as ``("call", "c-3fa9")``.
        details: Ids, counts and options; never words of a call.
        now: When.

    Returns:
        The log's new head, which is only true once the transaction is committed.
    """
    hold_log(connection)
    last = last_entry(connection)
    kind, identifier = subject
    unsealed = AuditEntry(
        sequence=last.sequence + 1 if last else 1,
        at=written(now),
        actor=actor,
        action=action,
        subject_kind=kind,
        subject_id=identifier,
        details=canonical_json(dict(details)),
        previous_hash=last.hash if last else BEGINNING,
        hash="",
    )
    sealed = AuditEntry(**{**asdict(unsealed), "hash": entry_hash(unsealed)})
    insert_entry(connection, sealed)
    return Head(count=sealed.sequence, hash=sealed.hash)


def entry_hash(entry: AuditEntry) -> str:
    """Return the SHA-256 (hex) over scheme and canonical JSON of all fields but the hash itself."""
    fields = {name: getattr(entry, name) for name in _COVERED}
    return hashlib.sha256(f"{SCHEME}\n{canonical_json(fields)}".encode("utf-8", "surrogatepass")).hexdigest()


def written(instant: datetime) -> str:
    """Return an instant as entries hold it; refuses one without a zone."""
    if instant.tzinfo is None:
        raise ValueError("a time without a zone cannot be logged")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_head(text: str) -> Head:
    """Read a head that somebody wrote down.

    Raises:
        ConfigError: It is none.
    """
    found = _HEAD.fullmatch(text.strip().lower())
    if not found:
        raise ConfigError(f"{text!r} is no head of a log; `earmark audit log` prints it as COUNT:HASH")
    return Head(count=int(found[1]), hash=found[2])


def current_head(connection: Connection) -> Head:
    """Return where the log ends now."""
    last = last_entry(connection)
    return Head(count=last.sequence, hash=last.hash) if last else EMPTY


def check_log(connection: Connection, heads: Mapping[str, Head]) -> LogCheck:
    """Compute the whole chain anew and say what is wrong with it.

    Of many entries that are not as they were the first are told one by one and the rest counted; every head is told.

    Args:
        connection: Where the log is.
        heads: Heads that it had once, by what to call them in a message; the log must go through each of them.
    """
    problems: list[str] = []
    untold = 0
    hashes = {0: BEGINNING}
    wanted = {head.count for head in heads.values()}
    count, previous = 0, BEGINNING
    for entry in entries(connection):
        found = _entry_problems(entry, count, previous)
        told = found[: MOST_PROBLEMS - len(problems)]
        problems += told
        untold += len(found) - len(told)
        count, previous = entry.sequence, entry.hash
        if count in wanted:
            hashes[count] = previous
    if untold:
        problems.append(f"and {untold} more like these")
    for name, head in heads.items():
        if head.count > count:
            lost = f"entry {head.count} was" if head.count == count + 1 else f"entries {count + 1} to {head.count} were"
            problems.append(f"the log ends at entry {count}, {name} is {head.count}:{head.hash[:12]}…: {lost} cut off")
        elif hashes.get(head.count) != head.hash:
            problems.append(f"entry {head.count} is not the one that {name} names ({head.hash[:12]}…)")
    return LogCheck(head=Head(count=count, hash=str(previous)), problems=tuple(problems))


def _entry_problems(entry: AuditEntry, count: int, previous: str) -> list[str]:
    """Return what is wrong with an entry, given the number and the hash of the one before."""
    problems = []
    if entry.sequence != count + 1:
        problems.append(f"entry {entry.sequence} follows entry {count}: {_missing(count, entry.sequence)}")
    if entry.previous_hash != previous:
        problems.append(f"entry {entry.sequence} does not belong behind entry {count}: the chain is broken there")
    if _hash_of_anything(entry) != entry.hash:
        problems.append(f"entry {entry.sequence} was changed: its contents do not give its hash")
    return problems


def _missing(count: int, sequence: int) -> str:
    lost = sequence - count - 1
    if lost < 1:
        return "numbers must go up by one"
    return f"entry {count + 1} is missing" if lost == 1 else f"entries {count + 1} to {sequence - 1} are missing"


def _hash_of_anything(entry: AuditEntry) -> str | None:
    """Return the hash of what stands there; None where somebody put something there that no entry can hold."""
    try:
        return entry_hash(entry)
    except (TypeError, ValueError):
        return None
