"""What people may call a reason: no two bear one name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pipeline.errors import ReviewError
from pipeline.review.wording import folded
from pipeline.store.contact_reasons import Reason, name_reason, reasons

MOST_CHARACTERS = 60
OTHER_TITLE = "Other reasons"
"""What calls near no group are listed under."""


def give_name(connection: Connection, reason_id: str, given: str, *, by: str, now: datetime) -> Reason:
    """Give a reason a name, or with an empty one its label again; return it as it was before.

    Raises:
        NotFoundError: There is no such reason.
        ReviewError: The name is no name (`read_name`), or another reason is called so.
    """
    name = read_name(given)
    if name is not None:
        _require_free(name, reason_id, reasons(connection))
    return name_reason(connection, reason_id, name, by=by, now=now)


def read_name(given: str) -> str | None:
    """Return a name as it is kept, without blanks around it; None where it is empty: the label is shown again.

    Raises:
        ReviewError: It is too long, or holds what nobody sees.
    """
    name = " ".join(given.split())
    if len(name) > MOST_CHARACTERS:
        raise ReviewError(f"a reason's name has at most {MOST_CHARACTERS} characters, this one has {len(name)}")
    if not name.isprintable():
        raise ReviewError("a reason's name holds letters, digits and signs only, no control characters")
    return name or None


def _require_free(name: str, reason_id: str, known: Sequence[Reason]) -> None:
    """Refuse the name of another reason, in use or not (it may come back), and the label of one in use."""
    chosen = folded(name)
    if chosen == folded(OTHER_TITLE):
        raise ReviewError(f"{name!r} stands for calls near no group; choose another name")
    for each in known:
        borne = [each.name, each.label if each.in_use else None]
        if each.reason_id != reason_id and chosen in [folded(title) for title in borne if title]:
            raise ReviewError(f"reason {each.reason_id} is called {name!r} already; choose another name")
