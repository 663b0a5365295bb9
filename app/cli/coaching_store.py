"""What the commands of coaching share: the database with what coaching reads, the log, a session by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.acts import Act, log_acts
from app.cli.options import open_existing
from pipeline.errors import NotFoundError
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.coaching import SessionRow, list_sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.config import Settings
    from pipeline.store.database import Store


def opened(settings: Settings) -> Store:
    """Open the database and bring what coaching reads up to date: calls that were scored since anybody looked."""
    store = open_existing(settings)
    while refresh_overviews(store, settings.flags):
        pass
    return store


def log(store: Store, settings: Settings, act: Act) -> None:
    """Keep in the audit log what somebody did, and close the database."""
    log_acts(store, settings, [act])
    store.close()


def session_named(connection: Connection, given: str) -> SessionRow:
    """Return the one session whose id begins so.

    Raises:
        NotFoundError: There is none, or more than one.
    """
    found = [row for row in list_sessions(connection) if row.session.session_id.startswith(given)]
    exact = [row for row in found if row.session.session_id == given]
    if len(exact or found) != 1:
        how_many = f"{len(found)} coaching sessions begin with" if found else "no coaching session"
        raise NotFoundError(f"{how_many} {given!r}; earmark coaching sessions lists them")
    return (exact or found)[0]
