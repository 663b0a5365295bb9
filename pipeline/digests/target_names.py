"""Names in the table of targets that no call bears: a misspelt one would never be met, and nobody would know why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pipeline.config import Settings
from pipeline.digests.budget import SUBJECTS, Target, read_targets
from pipeline.errors import AuthoredFileError, did_you_mean
from pipeline.store.known_names import known_names


def unknown_in_table(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Return what is to be said of the names in the table of targets; nothing where there is no table to be read."""
    if settings.reports.budget is None:
        return ()
    try:
        return unknown_names(connection, read_targets(settings.reports.budget))
    except AuthoredFileError:
        return ()  # told where the table is needed


def unknown_names(connection: Connection, targets: Sequence[Target]) -> tuple[str, ...]:
    """Return one sentence for each team, agent or queue that no call names, in the table's order.

    It is no error: a team may begin next month.
    """
    known = {kind: known_names(connection, kind) for kind in SUBJECTS}
    named = dict.fromkeys((target.subject_kind, target.subject) for target in targets)
    return tuple(
        f"targets: no call names {kind} {name!r}{did_you_mean(name, known[kind])}"
        for kind, name in named
        if name not in known[kind]
    )
