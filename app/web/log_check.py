"""Checking the audit log: the chain, the head that is kept in the workspace, and one that somebody wrote down."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.audit.kept_head import kept_head
from pipeline.audit.log import Head, check_log
from pipeline.config import Settings
from pipeline.errors import StoreError
from pipeline.store.database import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedLog:
    """What checking found; ``problems`` is empty where the log is whole."""

    head: Head
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    given: Head | None


def check_whole_log(store: Store, settings: Settings, given: Head | None) -> CheckedLog:
    """Compute the chain anew and hold it against the heads that are known; on a million entries it takes a while."""
    problems: list[str] = []
    notes: list[str] = []
    kept = None
    try:
        kept = kept_head(settings.workspace)
    except StoreError as error:  # told with what else is wrong: the chain is checked all the same
        problems.append(str(error))
    heads = {"the head kept in the workspace": kept, "the head that you gave": given}
    with store.read() as connection:
        found = check_log(connection, {name: each for name, each in heads.items() if each is not None})
    if kept is None and not problems and found.head.count:
        missing = "no head is kept in the workspace: a cut tail would not be noticed"
        (notes if settings.database_url or given else problems).append(missing)
    return CheckedLog(head=found.head, problems=(*found.problems, *problems), notes=tuple(notes), given=given)
