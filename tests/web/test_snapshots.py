"""Figures that are computed beside requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.web import snapshots
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.errors import StoreError
from tests.web.conftest import Console
from tests.web.waiting import wait_until

LONG_S = 20.0


class Clock:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(open_bare_console: Callable[..., Console], clock: Clock) -> Site:
    return replace(open_bare_console().site, now=clock, kept={})


def ask(site: Site, compute: Callable[[], Any], state: int = 1, **options: Any) -> Snapshot[Any]:
    return snapshot(site, "k", compute, **{"wait_s": LONG_S, "state": lambda _: state, **options})


def test_first_figures_are_there_where_they_come_soon(site: Site, clock: Clock) -> None:
    found = ask(site, lambda: 7)
    assert (found.value, found.of, found.fresh, found.fault) == (7, clock.now, True, None)


def test_page_does_not_wait_for_slow_figures_and_they_are_computed_once(site: Site) -> None:
    go, computed = threading.Event(), []

    def slow() -> int:
        go.wait(LONG_S)
        computed.append(1)
        return 7

    assert ask(site, slow, wait_s=0.01).value is None
    assert ask(site, slow, wait_s=0.01).value is None
    go.set()
    assert ask(site, slow).value == 7
    assert computed == [1]


def test_figures_are_renewed_after_the_database_changed_and_shown_until_then(site: Site, clock: Clock) -> None:
    ask(site, lambda: "old")
    clock.pass_s(60)
    assert ask(site, lambda: "new").fresh  # nothing has changed
    go = threading.Event()

    def renewed() -> str:
        go.wait(LONG_S)
        return "new"

    meanwhile = ask(site, renewed, state=2)
    assert (meanwhile.value, meanwhile.fresh) == ("old", False)
    go.set()
    wait_until(lambda: ask(site, renewed, state=2).value == "new")


def test_figures_are_not_renewed_with_every_change(site: Site, clock: Clock) -> None:
    ask(site, lambda: "old")
    clock.pass_s(5)
    assert ask(site, lambda: "new", state=2, stale_after_s=30).value == "old"
    clock.pass_s(26)
    wait_until(lambda: ask(site, lambda: "new", state=2, stale_after_s=30).value == "new")


def test_old_figures_are_renewed_whatever_the_state_says(site: Site, clock: Clock) -> None:
    ask(site, lambda: "old")
    clock.pass_s(601)
    wait_until(lambda: ask(site, lambda: "new").value == "new")


def test_fault_is_told_and_tried_again_and_holds_no_words_of_a_call(site: Site, clock: Clock) -> None:
    def broken() -> int:
        raise ValueError("my card is 4111")

    found = ask(site, broken)
    assert (found.value, found.fault) == (None, "something went wrong (ValueError)")
    assert ask(site, lambda: 7).value is None  # not with every reload
    clock.pass_s(6)
    assert ask(site, lambda: 7).value == 7
    assert ask(site, lambda: 7).fault is None


def test_fault_of_earmarks_own_is_told_in_its_words(site: Site) -> None:
    def broken() -> int:
        raise StoreError("the database is gone")

    assert ask(site, broken).fault == "the database is gone"


def test_figures_of_one_scope_are_not_another_ones(site: Site) -> None:
    assert snapshot(site, ("k", "north"), lambda: 1, wait_s=LONG_S, state=lambda _: 1).value == 1
    assert snapshot(site, ("k", "south"), lambda: 2, wait_s=LONG_S, state=lambda _: 1).value == 2


def test_what_nobody_asks_for_is_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MOST_KEPT", 2)
    computed: list[int] = []

    def get(key: int) -> None:
        def compute() -> int:
            computed.append(key)
            return key

        snapshot(site, key, compute, wait_s=LONG_S, state=lambda _: 1)

    for key in (1, 2, 1, 3, 1, 2):
        get(key)
    assert computed == [1, 2, 3, 2]


def test_of_what_takes_much_memory_only_the_last_asked_for_are_kept(site: Site) -> None:
    computed: list[tuple[str, int]] = []

    def get(key: tuple[str, int], **options: Any) -> None:
        def compute() -> int:
            computed.append(key)
            return 1

        snapshot(site, key, compute, wait_s=LONG_S, state=lambda _: 1, **options)

    for number in (1, 2, 1, 3, 1, 2):
        get(("other", number))
        get(("large", number), most_alike=2)
    assert [key for key in computed if key[0] == "large"] == [("large", number) for number in (1, 2, 3, 2)]
    assert [key for key in computed if key[0] == "other"] == [("other", number) for number in (1, 2, 3)]
