"""Slow figures: computed beside requests by one thread, and kept with the moment that they are of.

A page that asks gets at once what there is. `templates/snapshots.html` says on the page that something is being counted
and asks again until it is there; without scripts a reload does.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from app.web.site import Site
from app.web.worker import worker_of
from pipeline.errors import EarmarkError
from pipeline.store.state import state_of_results

T = TypeVar("T")

log = logging.getLogger("earmark.web")

MOST_KEPT = 200
STALE_AFTER_S = 30.0
WAIT_S = 0.1
_OLD_AFTER = timedelta(minutes=10)  # renewed then, whatever the database's state: it does not tell of everything
_AGAIN_AFTER = timedelta(seconds=5)  # a fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot(Generic[T]):
    """What is known of some figures.

    Attributes:
        value: The figures; None until they are there for the first time.
        of: The moment that they are of.
        fresh: Whether nothing has changed since, as far as is known; otherwise newer ones are being computed.
        fault: Why they could not be computed the last time; it is tried again.
    """

    value: T | None
    of: datetime | None
    fresh: bool
    fault: str | None = None


@dataclass
class _Kept:
    value: Any = None
    of: datetime | None = None
    state: Hashable = None
    fault: str | None = None
    failed_at: datetime | None = None
    asked: int = 0
    working: bool = False
    done: threading.Event = field(default_factory=threading.Event)


@dataclass
class _Shelf:
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[Hashable, _Kept] = field(default_factory=dict)
    asked: int = 0


QUICK = "quick snapshots"
"""The worker of what takes a second or two."""


def results_state(site: Site) -> Hashable:
    """Return what tells, at no cost, that scores or reviews came since."""
    with site.store.read() as connection:
        return state_of_results(connection)


def snapshot(
    site: Site,
    key: Hashable,
    compute: Callable[[], T],
    *,
    stale_after_s: float = STALE_AFTER_S,
    wait_s: float | None = None,
    state: Callable[[Site], Hashable] = results_state,
    worker: str = "snapshots",
    most_alike: int = MOST_KEPT,
) -> Snapshot[T]:
    """Return what is known of some figures, and have newer ones computed where there may be any.

    Args:
        site: Where they are kept.
        key: What they are: a name, the filters, and the visitor's scope, which bounds what ``compute`` reads.
        compute: Computes them, in another thread: it opens its own connection, and returns something immutable.
        stale_after_s: Newer figures are not computed before these are so old.
        wait_s: Where there are none yet, wait so long for them (None: `WAIT_S`): small workspaces never see that
            something is counted.
        state: Tells whether there can be newer figures, as something that is equal where nothing has changed.
        worker: Whose turn it waits for: what takes a second has another one than what takes a minute.
        most_alike: So many are kept whose key, a tuple, begins with the same name: fewer of what takes much memory.
    """
    shelf: _Shelf = site.kept.setdefault("snapshots", _Shelf())
    with shelf.lock:
        entry = shelf.kept.setdefault(key, _Kept())
        shelf.asked += 1
        entry.asked = shelf.asked
        _make_room(shelf, list(shelf.kept), MOST_KEPT)
        if isinstance(key, tuple) and most_alike < MOST_KEPT:
            alike = [each for each in shelf.kept if isinstance(each, tuple) and each[:1] == key[:1]]
            _make_room(shelf, alike, most_alike)
    fresh = _is_fresh(site, entry, timedelta(seconds=stale_after_s), state)
    with shelf.lock:
        again = entry.failed_at is None or site.now() - entry.failed_at >= _AGAIN_AFTER
        if not fresh and again and not entry.working:
            entry.working = True
            entry.done.clear()
            worker_of(site, worker).put(lambda: _renew(site, shelf, entry, compute, state))
    if entry.of is None and entry.working:
        entry.done.wait(WAIT_S if wait_s is None else wait_s)
        fresh = entry.of is not None
    with shelf.lock:
        return Snapshot(value=entry.value, of=entry.of, fresh=fresh, fault=entry.fault)


def _is_fresh(site: Site, entry: _Kept, stale_after: timedelta, state: Callable[[Site], Hashable]) -> bool:
    if entry.of is None:
        return False
    age = site.now() - entry.of
    return age < stale_after or (age < _OLD_AFTER and state(site) == entry.state)


def _renew(
    site: Site, shelf: _Shelf, entry: _Kept, compute: Callable[[], Any], state: Callable[[Site], Hashable]
) -> None:
    try:
        of, before = site.now(), state(site)  # before: what comes while it is computed is newer
        value = compute()
        with shelf.lock:
            entry.value, entry.of, entry.state, entry.fault, entry.failed_at = value, of, before, None, None
    except Exception as error:  # noqa: BLE001 - it is told, and tried again
        told = str(error) if isinstance(error, EarmarkError) else f"something went wrong ({type(error).__name__})"
        log.warning("figures could not be computed: %s", type(error).__name__)
        with shelf.lock:
            entry.fault, entry.failed_at = told, site.now()
    finally:
        with shelf.lock:
            entry.working = False
        entry.done.set()


def _make_room(shelf: _Shelf, keys: Sequence[Hashable], most: int) -> None:
    """Forget what nobody has asked for the longest time."""
    if len(keys) <= most:
        return
    idle = sorted((key for key in keys if not shelf.kept[key].working), key=lambda key: shelf.kept[key].asked)
    for key in idle[: len(keys) - most]:
        del shelf.kept[key]
