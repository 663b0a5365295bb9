"""Who does what, for the audit log: the edge at which the operating system is asked for the user and the time."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pipeline.audit.kept_head import keep_head
from pipeline.audit.log import Detail, Head, record_act
from pipeline.config import Settings
from pipeline.errors import StoreError
from pipeline.records import Review
from pipeline.store.database import Store

if TYPE_CHECKING:
    from pipeline.store.disputes import DisputeRow


log = logging.getLogger("earmark")


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """One act to be logged: ``view``, ``export`` and so on, and what it is done to, such as ``("call", "c-3fa9")``."""

    action: str
    subject: tuple[str, str]
    details: Mapping[str, Detail] = field(default_factory=dict)


def log_acts(store: Store, settings: Settings, acts: Sequence[Act], *, actor: str | None = None) -> Head:
    """Write acts into the audit log, all or none, before what they are about is shown or handed out.

    Args:
        store: Where the log is.
        settings: Where its head is kept.
        acts: At least one.
        actor: Who did it; None for the operating system's user.

    Returns:
        The log's head after them.

    Raises:
        StoreError: The log cannot be written; then nothing may be shown either.
    """
    with store.begin() as connection:
        head = record_acts(connection, acts, actor=actor or current_user(), now=datetime.now(UTC))
    with store.read() as connection:
        keep_head(connection, settings.workspace)
    return head


def record_acts(connection: Connection, acts: Sequence[Act], *, actor: str, now: datetime) -> Head:
    """Write acts into the audit log in a transaction of the caller's, after which the head is to be kept.

    Returns:
        The log's head after them.
    """
    assert acts
    for act in acts:
        head = record_act(connection, actor=actor, action=act.action, subject=act.subject, details=act.details, now=now)
    return head


def keep_log_head(store: Store, settings: Settings) -> None:
    """Keep where the log ends in the workspace, beside the database: what is cut off behind it is noticed.

    After something was done: where the head cannot be kept just now, it is with the next act. To say that this act
    failed would have people do it twice.
    """
    try:
        with store.read() as connection:
            keep_head(connection, settings.workspace)
    except StoreError as error:
        log.warning("%s; it is kept with the next act", error)


def review_act(review: Review) -> Act:
    """Return what the audit log keeps of a review: never its reason, which may repeat what was said.

    Nor the answer in a blind session, nor the review's id, which is a hash of the answer: the other reviewers may read
    the log.
    """
    details = {"criterion": review.criterion_id, "by": review.reviewer}
    if review.session_id:
        details |= {"session": review.session_id}
    else:
        details |= {"review": review.review_id, "answer": review.status.value}
    return Act(action="review", subject=("call", review.call_id), details=details)


def ruling_act(row: DisputeRow) -> Act:
    """Return what the audit log keeps of the end of a dispute, never its reason."""
    by = row.ruling.ruled_by if row.ruling else ""
    details = {"dispute": row.dispute.dispute_id, "outcome": row.state.value, "by": by}
    return Act(action="ruling", subject=("call", row.dispute.call_id), details=details)


@contextmanager
def editing(store: Store, settings: Settings, *, actor: str | None = None) -> Iterator[tuple[Connection, list[Act]]]:
    """Give a transaction that writes, and a list for the acts done in it: both are kept, or neither.

    Args:
        store: Where to write.
        settings: Where the log's head is kept.
        actor: Who does it; None for the operating system's user.

    Raises:
        StoreError: Either cannot be written; then nothing is.
    """
    acts: list[Act] = []
    with store.begin() as connection:
        yield connection, acts
        if acts:
            record_acts(connection, acts, actor=actor or current_user(), now=datetime.now(UTC))
    keep_log_head(store, settings)


def current_user() -> str:
    """Return the operating system's user: of the process, not of an environment variable that anybody can set."""
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(os.getuid()).pw_name
    except ImportError:
        return getpass.getuser()
    except KeyError:  # a container may run under a number without a name
        return f"uid {os.getuid()}"
