"""Digests on their way: which are to be delivered now, by the command line or by the schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.config import Settings
from pipeline.config.reports import EVERYBODY
from pipeline.digests.delivery import Delivered, Office, Order, deliver, written_in
from pipeline.digests.periods import DigestPeriod, Kind, last_ended_ones, period_asked, still_due
from pipeline.errors import ConfigError, did_you_mean
from pipeline.store.database import Store
from pipeline.store.digests import digests_had
from pipeline.store.known_names import known_names


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for; the settings say the rest.

    Attributes:
        kinds: Of a day, a week, a month; empty: `reports.periods`.
        team: Only this team's, ``*`` for all calls; None: everybody who has receivers.
        day: Of the periods that this day is in; None: of the last ones that have ended, and of those before that
            somebody has missed since the first digest they got.
        folder: Into this folder only, nothing is sent; None: as the settings say.
    """

    kinds: tuple[Kind, ...] = ()
    team: str | None = None
    day: date | None = None
    folder: Path | None = None


def orders_of(wanted: Wanted, settings: Settings, store: Store, *, now: datetime) -> list[Order]:
    """Return what is to be delivered.

    Raises:
        ConfigError: Nothing says where to, or a period has not ended.
    """
    reports = settings.reports
    by_mail = wanted.folder is None and reports.smtp_host is not None
    folder = wanted.folder or reports.out_dir
    if wanted.folder is None:
        require_somewhere(settings)
    zone = ZoneInfo(settings.scorecards.timezone)
    orders = []
    for kind in wanted.kinds or reports.periods:
        asked = None if wanted.day is None else _period(kind, wanted.day, zone, now)
        for team in _teams(wanted, settings, store, by_mail=by_mail):
            to = reports.receivers.get(team, ()) if by_mail else ()
            if asked is not None:
                orders.append(Order(team=team, period=asked, receivers=to, folder=folder))
            else:
                ended = last_ended_ones(kind, now, zone)
                orders += _due(team, ended, to, folder=folder, settings=settings, store=store)
    return orders


def require_somewhere(settings: Settings) -> None:
    """Refuse to send digests where the settings do not say where to.

    Raises:
        ConfigError: There is neither a mail server with receivers, nor a folder.
    """
    reports = settings.reports
    if reports.smtp_host is None and reports.out_dir is None:
        raise ConfigError(
            "nothing says where digests go: set reports.smtp_host and reports.sender, or reports.out_dir, "
            "or name a folder: earmark reports send --to-folder FOLDER"
        )
    if reports.smtp_host is not None and not reports.receivers:
        raise ConfigError(
            'nobody is named who gets digests: set reports.receivers, such as { north = ["lead@example.org"] }'
        )


def send_digests(
    orders: Sequence[Order], settings: Settings, store: Store, *, now: datetime, actor: str, again: bool = False
) -> Iterator[Delivered]:
    """Deliver digests, and tell what became of each.

    Args:
        orders: Of `orders_of`.
        settings: How they are made and sent.
        store: Where the calls are.
        now: When.
        actor: Who sends, for the audit log.
        again: Whether those who have a digest get it once more.
    """
    office = Office(store=store, settings=settings, now=lambda: now, actor=actor, again=again)
    return deliver(orders, office)


def _teams(wanted: Wanted, settings: Settings, store: Store, *, by_mail: bool) -> tuple[str, ...]:
    receivers = settings.reports.receivers
    if wanted.team is None and receivers:
        return tuple(receivers)
    with store.read() as connection:
        known = known_names(connection, "team")
    if wanted.team is None:
        return (EVERYBODY, *sorted(known))
    if by_mail and wanted.team not in receivers:
        raise ConfigError(
            f"nobody is named who gets the digest of {wanted.team!r}{did_you_mean(wanted.team, receivers)}: "
            "add it to reports.receivers"
        )
    return (wanted.team,)


def _due(
    team: str,
    ended: Sequence[DigestPeriod],
    receivers: Sequence[str],
    *,
    folder: Path | None,
    settings: Settings,
    store: Store,
) -> list[Order]:
    """Return what a team is still to get, the oldest first; of the last period all of it: who has it is told."""
    with store.read() as connection:
        had = digests_had(connection, team)
    to: dict[DigestPeriod, list[str]] = {period: [] for period in ended}
    for receiver in receivers:
        for period in still_due(ended, had.get(receiver.casefold(), ())):
            to[period].append(receiver)
    into = still_due(ended, written_in(folder, team, settings)) if folder else ()
    return [
        Order(team=team, period=period, receivers=tuple(to[period]), folder=folder if period in into else None)
        for period in ended
        if to[period] or period in into or period == ended[-1]
    ]


def _period(kind: Kind, day: date, zone: ZoneInfo, now: datetime) -> DigestPeriod:
    period = period_asked(kind, day)
    if not period.ended(now, zone):
        raise ConfigError(
            f"{period.words} has not ended, and a digest is sent once; earmark reports show --period {kind} "
            f"--for {day} tells how it stands"
        )
    return period
