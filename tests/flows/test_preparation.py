"""Whether parts are loaded beforehand, and what becomes of errors there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.preparation import anything_new, preparing
from pipeline.errors import ModelError
from pipeline.store.database import Store, open_store
from pipeline.store.intake import put_intake
from tests.factories import recording
from tests.store.builders import NOW, Outcome, score, scored


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "call.wav"
    written.write_bytes(b"sound")
    return written


def take_in(store: Store, file: Path, *, is_call: bool = True, is_scored: bool = False) -> None:
    call, status = recording(call_id="c-1", media_uri=str(file)) if is_call else None, file.stat()
    outcome = Outcome(media_uri=str(file), recording=call, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
    with store.begin() as connection:
        put_intake(connection, outcome, now=NOW)
        if is_scored:
            scored(connection, score("c-1"))


def test_files_that_were_never_read_are_new(store: Store, file: Path) -> None:
    assert anything_new(store, [file])
    assert not anything_new(store, [])


def test_calls_without_a_score_are_still_to_do(store: Store, file: Path) -> None:
    take_in(store, file)
    assert anything_new(store, [file])


def test_files_whose_calls_are_scored_are_not_new_until_they_change(store: Store, file: Path) -> None:
    take_in(store, file, is_scored=True)
    assert not anything_new(store, [file])
    assert not anything_new(store, [file, file.with_name("gone.wav")])
    os.utime(file, (1, 1))
    assert anything_new(store, [file])


def test_files_that_were_held_back_are_not_new_until_they_change(store: Store, file: Path) -> None:
    take_in(store, file, is_call=False)
    assert not anything_new(store, [file])
    file.write_bytes(b"another sound")
    assert anything_new(store, [file])


def test_preparations_are_done_in_order_beside_the_block() -> None:
    done: list[str] = []
    finished = threading.Event()
    with preparing([lambda: done.append("first"), lambda: done.append("second"), finished.set]):
        assert finished.wait(10)
    assert done == ["first", "second"]


def test_preparation_that_fails_ends_the_others_and_nothing_is_raised() -> None:
    done: list[str] = []

    def fail() -> None:
        raise ModelError("the weights are missing")

    with preparing([lambda: done.append("first"), fail, lambda: done.append("third")]):
        pass
    assert done in ([], ["first"])


def test_block_that_ends_early_waits_for_the_one_in_work_only() -> None:
    done: list[str] = []
    began, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        assert go_on.wait(10)
        done.append("slow")

    def leave() -> None:
        with preparing([slow, lambda: done.append("next")]):
            assert began.wait(10)
            threading.Timer(0.2, go_on.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert done == ["slow"]
    assert all(thread.name != "prepare" for thread in threading.enumerate())
