"""Days from the command line, which are in the site's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from pipeline.config import Settings

FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.", show_default=False)
]
ToOption = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.", show_default=False)]

_BEGINNING = datetime(2, 1, 1)  # noqa: DTZ001 - days of the command line have no zone yet
_END = datetime(9998, 12, 31)  # noqa: DTZ001
"""What lies beyond them is no bound: the year before the first and after the last has no number."""


def period(
    first: datetime | None, last: datetime | None, settings: Settings
) -> tuple[datetime | None, datetime | None]:
    """Return the first instant of the first day and the first after the last; None where there is no such bound.

    Raises:
        typer.BadParameter: The days are the wrong way round.
    """
    require_order(first, last)
    zone = ZoneInfo(settings.scorecards.timezone)
    since = None if first is None or first < _BEGINNING else first.replace(tzinfo=zone)
    return since, None if last is None or last > _END else (last + timedelta(days=1)).replace(tzinfo=zone)


def require_order(first: datetime | None, last: datetime | None) -> None:
    """Refuse days that are the wrong way round."""
    if first and last and first > last:
        raise typer.BadParameter(f"{first:%Y-%m-%d} is after --to {last:%Y-%m-%d}", param_hint="--from")
