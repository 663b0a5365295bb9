"""The watch: new recordings become calls within a minute of being complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from zoneinfo import ZoneInfo

from flows.runtime import Runtime
from pipeline.errors import EarmarkError, MediaAwayError, StoreError
from pipeline.intake.arrivals import Arrivals
from pipeline.media.facts import Facts
from pipeline.media.place import place_of
from pipeline.store.known_files import stored_versions

AT_ONCE = 100
"""Files a round: the first calls of a backlog have their scores, and their scorecards, before the last."""


@dataclass(kw_only=True)
class Watch:
    """A watch over some roots, in one process: models stay loaded, and one thing is done at a time.

    Attributes:
        runtime: What calls are worked on with.
        roots: As text, see `root_text`.
        score: Takes recordings in and scores their calls.
        daily: What else is done, and at which time of the site's day.
    """

    runtime: Runtime
    roots: Sequence[str]
    score: Callable[[list[str], list[str]], object]
    daily: Mapping[Callable[[], object], time_of_day] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.runtime.settings
        self._arrivals = Arrivals(
            roots=[place_of(root, settings.intake) for root in self.roots], settings=settings.intake
        )
        self._zone = ZoneInfo(settings.scorecards.timezone)
        self._due: dict[Callable[[], object], datetime] = {}

    def until(self, stop: threading.Event, *, every_s: float) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            self.look(now=datetime.now(self._zone), now_s=time.monotonic())
            stop.wait(every_s)

    def look(self, *, now: datetime, now_s: float) -> int:
        """Do what is to be done now, and return how many recordings were new.

        A watch goes on: a source or a database that is away is reported and looked for again with the next look, and a
        job of the day that fails is reported and done again the next day.
        """
        try:
            ready = self._arrivals.look(self._known, now_s=now_s)
        except (MediaAwayError, StoreError) as error:
            self.runtime.report("source_away", str(error))
            ready = []
        for start in range(0, len(ready), AT_ONCE):
            some = ready[start : start + AT_ONCE]
            try:
                self.score([str(place) for place in some], list(self.roots))
                stored = self._known([str(place) for place in some])
                self._arrivals.again(place for place in some if stored.get(str(place), Facts()) == Facts())
            except StoreError as error:
                self._arrivals.again(some)
                self.runtime.report("source_away", str(error))
        for job, at in self.daily.items():
            due = self._due.setdefault(job, _next(at, now))
            if now >= due:
                self._due[job] = _next(at, now)
                try:
                    job()
                except EarmarkError as error:
                    self.runtime.report("job_failed", str(error))
        return len(ready)

    def _known(self, media_uris: Sequence[str]) -> dict[str, Facts]:
        return _stored(self.runtime, media_uris)


def arrived(runtime: Runtime, roots: Sequence[str], *, wait: Callable[[float], object] = time.sleep) -> list[str]:
    """Return the recordings under some roots that are new or were written anew, and are complete.

    Args:
        runtime: With the settings, and what is stored already.
        roots: As text, see `root_text`.
        wait: Waits for so many seconds, ``intake.settle_s``; not called where nothing new may grow.

    Raises:
        MediaAwayError: A root's server cannot be asked.
        StoreError: The database cannot be read.
    """
    return _look_twice(runtime, roots, wait)[0]


def still_written(runtime: Runtime, roots: Sequence[str], *, wait: Callable[[float], object] = time.sleep) -> set[str]:
    """Return the new recordings under some roots that may still grow; arguments and errors as of `arrived`."""
    return _look_twice(runtime, roots, wait)[1]


def _look_twice(runtime: Runtime, roots: Sequence[str], wait: Callable[[float], object]) -> tuple[list[str], set[str]]:
    settings = runtime.settings.intake
    arrivals = Arrivals(roots=[place_of(root, settings) for root in roots], settings=settings)
    ready = arrivals.look(partial(_stored, runtime), now_s=0.0)
    if arrivals.waiting:
        wait(settings.settle_s)
        ready += arrivals.look(partial(_stored, runtime), now_s=settings.settle_s)
    return [str(place) for place in ready], set(arrivals.waiting)


def _stored(runtime: Runtime, media_uris: Sequence[str]) -> dict[str, Facts]:
    with runtime.store.read() as connection:
        stored = stored_versions(connection, media_uris)
    return {uri: Facts(size_bytes=size, modified_ns=modified) for uri, (size, modified) in stored.items()}


def _next(at: time_of_day, now: datetime) -> datetime:
    """Return the next time that a clock on the wall of the site shows this time."""
    today = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    return today if today > now else datetime.combine(now.date() + timedelta(days=1), at, tzinfo=now.tzinfo)
