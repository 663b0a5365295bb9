"""Figures of the telephone system for pages: reckoned beside requests, kept until calls, scores or imports change.

The visitor's scope is part of what is asked for. `pipeline.kpis.tables` leaves out everything else: before figures are
counted, and as calls are listed.
"""

from __future__ import annotations

from collections.abc import Hashable
from zoneinfo import ZoneInfo

from app.web.scorecards.days import Days
from app.web.site import Site
from app.web.snapshots import Snapshot, results_state, snapshot
from pipeline.kpis.listed import tables_to_list
from pipeline.kpis.report import build_kpi_report, longest_window_days
from pipeline.kpis.tables import AskedKpis, Tables
from pipeline.records.kpis import KpiReport, KpiRows
from pipeline.store.kpi_import import imports_state
from pipeline.store.kpi_rows import kpi_rows, newest_recording_at

WAIT_S = 1.0
STALE_AFTER_S = 5.0
MOST_PERIODS = 4


def kpi_report(site: Site, asked: AskedKpis, *, wait_s: float = WAIT_S) -> Snapshot[KpiReport]:
    """Return the figures that were asked for; the value is None where they are not reckoned within ``wait_s``."""

    def reckon() -> KpiReport:
        settings = site.settings
        return build_kpi_report(
            _rows(site, asked),
            settings.kpis,
            asked,
            generated_at=site.now(),
            zone=settings.scorecards.timezone,
            min_calls=settings.scorecards.min_calls,
        )

    key = ("kpis", asked)
    return snapshot(site, key, reckon, state=_state, wait_s=wait_s, stale_after_s=STALE_AFTER_S)


def kpi_call_tables(site: Site, asked: AskedKpis) -> Snapshot[Tables]:
    """Return all calls of the days that were asked for, likewise: `listed_calls` bounds them by the visitor's scope.

    Those of few periods are kept, once for everybody: each of 200,000 calls costs some 40 MB.
    """

    def reckon() -> Tables:
        settings = site.settings
        return tables_to_list(_rows(site, asked), settings.kpis, zone=settings.scorecards.timezone)

    key = ("calls of kpis", asked.first_day, asked.last_day)
    return snapshot(
        site, key, reckon, state=_state, wait_s=WAIT_S, stale_after_s=STALE_AFTER_S, most_alike=MOST_PERIODS
    )


def _rows(site: Site, asked: AskedKpis) -> KpiRows:
    zone = ZoneInfo(site.settings.scorecards.timezone)
    days = Days(period="days", first=asked.first_day, last=asked.last_day, title="")
    since, before = days.instants(zone)
    window_days = longest_window_days(site.settings.kpis)
    with site.store.read() as connection:
        return kpi_rows(connection, since=since, before=before, window_days=window_days)


def _state(site: Site) -> Hashable:
    with site.store.read() as connection:
        return results_state(site), imports_state(connection), newest_recording_at(connection)
