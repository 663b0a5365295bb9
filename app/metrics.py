"""A workspace's situation as Prometheus metrics. `docs/watching.md` lists every one; a test holds the page to them.

Labels are of fixed sets: no id, no name of a person and no path is ever one.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from pipeline.config import AlertSettings
from pipeline.store.throughput import QUANTILES, Done
from pipeline.watching.attention import CODES, needs_attention
from pipeline.watching.situation import Situation

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Read = Callable[[], Situation | None]


class SituationCollector(Collector):
    """Turns a situation into metrics, each time that somebody asks."""

    def __init__(self, read: Read, alerts: AlertSettings) -> None:
        """Keep how to read the situation: None stands for a database that does not answer."""
        self._read = read
        self._alerts = alerts

    def describe(self) -> list[Metric]:
        """Return nothing: else the registry would read the database to learn the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; of a database that does not answer only that."""
        yield _one("earmark_info", "Version of Earmark.", 1, version=importlib.metadata.version("earmark"))
        situation = self._read()
        yield _one("earmark_database_up", "Whether the database answers.", int(situation is not None))
        if situation is None:
            return
        yield from _of_backlog(situation)
        yield from _of_lately(situation)
        yield from _of_machine(situation)
        found = {each.code for each in needs_attention(situation, self._alerts)}
        attention = GaugeMetricFamily("earmark_attention", "Whether somebody has to look.", labels=["code"])
        for code in CODES:
            attention.add_metric([code], int(code in found))
        yield attention


def situation_text(situation: Situation | None, alerts: AlertSettings) -> str:
    """Return a situation as Prometheus text; None: the database does not answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SituationCollector(lambda: situation, alerts))
    return generate_latest(registry).decode()


def _of_backlog(situation: Situation) -> Iterator[Metric]:
    backlog = situation.backlog
    waiting = GaugeMetricFamily("earmark_calls_waiting", "Calls that no worker has yet.", labels=["kind"])
    waiting.add_metric(["fresh"], backlog.fresh)
    waiting.add_metric(["backfill"], backlog.backfill)
    yield waiting
    yield _one("earmark_calls_running", "Calls that workers have.", backlog.in_work)
    yield _one("earmark_workers_busy", "Workers that have calls.", len(backlog.running))
    yield _one("earmark_backlog_audio_seconds", "About how long all these calls are.", backlog.audio_ms / 1000)
    yield _one("earmark_queue_age_seconds", "How long the oldest fresh call has waited.", situation.queue_age_s)
    if situation.remaining_s is not None:
        yield _one("earmark_backlog_seconds", "How long the backlog takes at the rate of late.", situation.remaining_s)
    yield _one("earmark_calls_failed", "Calls that stand as failed.", situation.failed)
    held_back = GaugeMetricFamily("earmark_files_held_back", "Files held back, by defect.", labels=["code"])
    for each in situation.codes:
        held_back.add_metric([each.kind], each.count)
    yield held_back


def _of_lately(situation: Situation) -> Iterator[Metric]:
    windows = {"1h": situation.hour, "24h": situation.day}

    def each(name: str, about: str, figure: Callable[[Done], float]) -> Metric:
        family = GaugeMetricFamily(name, about, labels=["window"])
        for window, done in windows.items():
            family.add_metric([window], figure(done))
        return family

    yield each("earmark_recent_calls_taken_in", "Calls taken in lately.", lambda done: done.taken_in)
    yield each("earmark_recent_calls_scored", "Calls that got their first score lately.", lambda done: done.scored)
    yield each("earmark_recent_calls_failed", "Calls that failed lately, and stand so.", lambda done: done.failed)
    yield each("earmark_recent_audio_seconds", "Audio of calls scored lately.", lambda done: done.audio_ms / 1000)
    lag = GaugeMetricFamily(
        "earmark_recent_lag_seconds", "Time to the first score, lately.", labels=["window", "since", "quantile"]
    )
    for window, done in windows.items():
        for since, quantiles in (("taken_in", done.waited_s), ("end_of_call", done.after_end_s)):
            for share, value in zip(QUANTILES, quantiles or (), strict=False):
                lag.add_metric([window, since, str(share)], value)
    yield lag
    for name, instant in (("taken_in", situation.last_taken_in_at), ("scored", situation.last_scored_at)):
        if instant is not None:
            about = f"When the last call was {name.replace('_', ' ')}."
            yield _one(f"earmark_last_{name}_timestamp_seconds", about, instant.timestamp())


def _of_machine(situation: Situation) -> Iterator[Metric]:
    yield _one("earmark_database_bytes", "Size of the database.", situation.database_bytes)
    if situation.free_bytes is not None:
        yield _one("earmark_workspace_free_bytes", "Room on the workspace's disk.", situation.free_bytes)


def _one(name: str, about: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, about, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
