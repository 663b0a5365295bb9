"""Days as addresses and forms say them: one reader for every page."""

from __future__ import annotations

from datetime import date

from app.web.errors import BadRequestError

FIRST_YEAR = 1971
LAST_YEAR = 8999  # no further: the days, weeks and months around it must be days too, in every zone


def read_day(text: str | None, name: str = "day") -> date | None:
    """Return the day that is written; None where nothing is.

    Args:
        text: The day as somebody typed it.
        name: What the field is called, for the message.

    Raises:
        BadRequestError: It is no day, or none of any call.
    """
    typed = (text or "").strip()
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise BadRequestError(f"{name}: a day is written like 2026-11-22") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadRequestError(f"{name}: a day from {FIRST_YEAR} to {LAST_YEAR} is wanted, such as 2026-11-22")
    return day
