"""Where the calls behind a figure are: an address of the console, or the command that lists them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from pipeline.digests.periods import DigestPeriod


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something can be looked at: ``target`` is an address of the console, or a command line."""

    target: str
    is_address: bool
    label: str = "See the calls"


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where the figures of a digest lead.

    Attributes:
        public_url: Address of the console; None: command lines.
        workspace: Of the command lines; None: the default one.
    """

    public_url: str | None
    workspace: str | None = None

    def calls(
        self,
        period: DigestPeriod,
        *,
        team: str | None = None,
        agent: str | None = None,
        queue: str | None = None,
        flag: str | None = None,
    ) -> Place:
        """Return where the calls of a period are listed; only the console can be asked for those with an open flag."""
        first, last = period.first.isoformat(), period.last.isoformat()
        subject = {"agent": agent, "team": team, "queue": queue}
        if self.public_url:
            return self._page("/calls", {**subject, "flag": flag, "since": first, "until": last})
        return self._command("calls list", {**subject, "from": first, "to": last})

    def cards(self, period: DigestPeriod, team: str | None = None) -> Place:
        """Return where the scorecards of a period are, of a team or of everybody."""
        days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        if self.public_url:
            return self._page("/scorecards", {"team": team, "period": "days", **days}, "Open the scorecards")
        return self._command("scorecards show", {"team": team, **days})

    def call(self, call_id: str) -> Place:
        """Return where one call is."""
        if self.public_url:
            return self._page(f"/calls/{quote(call_id, safe='')}", {}, "Open the call")
        return self._command(f"calls show {shlex.quote(call_id)}", {})

    def disputes(self) -> Place:
        """Return where open disputes are."""
        if self.public_url:
            return self._page("/disputes", {}, "See the disputes")
        return self._command("disputes list", {"state": "open"})

    def coaching(self, agent: str) -> Place:
        """Return where an agent's coaching is."""
        if self.public_url:
            return self._page(f"/coaching/{quote(agent, safe='')}", {}, "Open the coaching page")
        return self._command(f"coaching plan {shlex.quote(agent)}", {})

    def all_coaching(self, what: Literal["topics", "items", "sessions"]) -> Place:
        """Return where everybody's coaching is."""
        if self.public_url:
            return self._page("/coaching", {}, "Open the coaching page")
        return self._command(f"coaching {what}", {})

    def _page(self, path: str, query: dict[str, str | None], label: str = "See the calls") -> Place:
        given = {name: value for name, value in query.items() if value is not None}
        address = f"{(self.public_url or '').rstrip('/')}{path}"
        return Place(target=f"{address}?{urlencode(given)}" if given else address, is_address=True, label=label)

    def _command(self, command: str, options: dict[str, str | None]) -> Place:
        given = {**options, "workspace": self.workspace}
        words = [f"--{name} {shlex.quote(value)}" for name, value in given.items() if value is not None]
        line = " ".join(["earmark", command, *words])
        # a name with a line break in it must not look like a line of its own, even if the command is then in vain
        return Place(target="".join(each if each.isprintable() else "?" for each in line), is_address=False)
