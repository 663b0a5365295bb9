"""Which weeks and calls a page on contact reasons is about, as its address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.web.errors import BadRequestError
from app.web.scorecards.asked import text_of
from app.web.site import Site
from pipeline.contact_reasons.figures import monday

WEEKS: Mapping[str, int | None] = {"13": 13, "26": 26, "53": 53, "all": None}
PERIODS = {"13": "Last 13 weeks", "26": "Last 26 weeks", "53": "Last 53 weeks", "all": "All weeks"}


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedReasons:
    """What is asked for; None is no bound.

    Attributes:
        first_day: A Monday, in the settings' zone.
    """

    weeks: str
    first_day: date | None
    team: str | None
    queue: str | None

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an address that asks for the same."""
        given = {"weeks": self.weeks, "team": self.team, "queue": self.queue}
        return {name: value for name, value in given.items() if value is not None}

    def query(self, **changes: str | None) -> str:
        """Return the address' query that asks for the same, with some of it changed; None takes a field out."""
        fields = {**self.fields, **changes}
        return "?" + urlencode({name: value for name, value in fields.items() if value is not None})

    def since(self, zone: str) -> datetime | None:
        """Return the first instant that counts."""
        return None if self.first_day is None else datetime.combine(self.first_day, time(), ZoneInfo(zone))

    def calls(self, reason_id: str, first: date | None = None, last: date | None = None, **more: str) -> str:
        """Return the address of the list of calls that a figure is of.

        Args:
            reason_id: Whose calls.
            first: Monday of the first week; None for all that the page is about.
            last: The last day that counts.
            more: Further filters, such as a queue.
        """
        begins = first or self.first_day
        bounds = {"since": begins.isoformat() if begins else None}
        bounds["until"] = last.isoformat() if last else None
        given = {"reason": reason_id, "team": self.team, "queue": self.queue, **more, **bounds}
        return "/calls?" + urlencode({name: value for name, value in given.items() if value})


def asked_reasons(site: Site, query: Mapping[str, str]) -> AskedReasons:
    """Return what an address asks for.

    Raises:
        BadRequestError: Something in it cannot be read.
    """
    weeks = text_of(query, "weeks") or "26"
    if weeks not in WEEKS:
        raise BadRequestError(f"weeks: choose one of {', '.join(WEEKS)}")
    count = WEEKS[weeks]
    today = site.now().astimezone(ZoneInfo(site.settings.scorecards.timezone)).date()
    return AskedReasons(
        weeks=weeks,
        first_day=None if count is None else monday(today) - timedelta(weeks=count - 1),
        team=text_of(query, "team") or None,
        queue=text_of(query, "queue") or None,
    )
