"""Days from the command line as instants in the site's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from pipeline.config import Settings
from pipeline.errors import ConfigError

FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the calls.", show_default=False)
]
ToOption = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the calls.", show_default=False)
]
QueueOption = Annotated[str | None, typer.Option("--queue", help="Only calls of this queue.", show_default=False)]


def period(
    first: datetime | None, last: datetime | None, settings: Settings
) -> tuple[datetime | None, datetime | None]:
    """Return the first instant of the first day and the first after the last; None where there is no such bound.

    Raises:
        ConfigError: The days are the wrong way round.
    """
    if first and last and first > last:
        raise ConfigError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")
    zone = ZoneInfo(settings.scorecards.timezone)
    since = None if first is None else first.replace(tzinfo=zone)
    return since, None if last is None else (last + timedelta(days=1)).replace(tzinfo=zone)
