"""What the console tells Prometheus: the workspace's situation, and how its own requests and tasks go.

Everything is kept per application, in a registry of its own: two consoles in one process do not add up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from app.metrics import SituationCollector
from app.web.site import Site
from app.web.tasks import tasks_under_way
from flows.situation import situation_of
from pipeline.errors import StoreError
from pipeline.store.throughput import first_scores_since
from pipeline.watching.situation import Situation

KEPT_FOR = timedelta(seconds=10)
"""However many ask, the database is read so often at most."""

DAY_KEPT_FOR = timedelta(minutes=5)
"""So often what was done in 24 hours: to read it takes a second where 120,000 calls come a day."""

_LATE_COMMITS = timedelta(minutes=5)  # a score's time is taken before it is committed, by another machine's clock
_REQUEST_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LAG_BUCKETS = (60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 259_200)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody asks for


class Watch:
    """Counts what passes, and reads the rest when asked."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._read_at: datetime | None = None
        self._situation: Situation | None = None
        self._day_read_at: datetime | None = None
        self._scores = _FirstScores(site.now())
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "earmark_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "earmark_http_request_duration_seconds",
            "Time to the end of an answer.",
            ["route"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self._scored = Counter("earmark_calls_scored", "First scores since the console began.", registry=self.registry)
        self._audio = Counter("earmark_audio_scored_seconds", "Audio of these calls.", registry=self.registry)
        self._lag = Histogram(
            "earmark_lag_seconds", "Time to the first score.", ["since"], buckets=_LAG_BUCKETS, registry=self.registry
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(_Tasks(site))
        self.registry.register(SituationCollector(lambda: self._situation, site.settings.alerts))

    def count_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method=method, route=route, status=str(status)).inc()
        self._seconds.labels(route=route).observe(seconds)

    def text(self) -> str:
        """Return all metrics as Prometheus text."""
        with self._lock:
            self._refresh(self._site.now())
        return generate_latest(self.registry).decode()

    def _refresh(self, now: datetime) -> None:
        if _is_young(self._read_at, now, KEPT_FOR):
            return
        self._read_at = now
        day = self._situation.day if self._situation and _is_young(self._day_read_at, now, DAY_KEPT_FOR) else None
        try:
            self._situation = situation_of(self._site.settings, self._site.store, now=now, day=day)
            self._day_read_at = self._day_read_at if day else now
            with self._site.store.read() as connection:
                for score in first_scores_since(connection, self._scores.since):
                    if self._scores.is_new(score.score_id, score.made_at):
                        self._scored.inc()
                        self._audio.inc(score.duration_ms / 1000)
                        self._lag.labels(since="taken_in").observe(score.waited_s)
                        if score.after_end_s is not None:
                            self._lag.labels(since="end_of_call").observe(score.after_end_s)
            self._scores.forget_before(now)
        except StoreError:
            self._situation = None  # told as earmark_database_up 0


def _is_young(read_at: datetime | None, now: datetime, kept_for: timedelta) -> bool:
    return read_at is not None and timedelta() <= now - read_at < kept_for


class _FirstScores:
    """Which of the newest scores were counted: each once, also one whose transaction ends late."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self.since = began
        self._counted: dict[str, datetime] = {}

    def is_new(self, score_id: str, made_at: datetime) -> bool:
        """Tell whether a score was not counted, and take it for counted."""
        new = score_id not in self._counted
        self._counted[score_id] = made_at
        return new

    def forget_before(self, now: datetime) -> None:
        """Look back only as far as a transaction may be late."""
        self.since = max(self._began, now - _LATE_COMMITS)
        self._counted = {each: at for each, at in self._counted.items() if at >= self.since}


class _Tasks(Collector):
    """Tells how many things that people asked for are under way."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterator[Metric]:
        """Yield their number by state."""
        family = GaugeMetricFamily("earmark_console_tasks", "What people asked for and wait for.", labels=["state"])
        for state, number in tasks_under_way(self._site).items():
            family.add_metric([state], number)
        yield family
