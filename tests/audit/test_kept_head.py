"""The head in the workspace: what is cut off the table is noticed, and the proof is not overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.audit.kept_head import FILE, keep_head, kept_head
from pipeline.audit.log import Head, check_log, record_act
from pipeline.errors import StoreError
from pipeline.store.database import Store
from pipeline.store.tables import audit_log

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _act(store: Store, workspace: Path, actor: str = "a") -> Head:
    with store.begin() as connection:
        head = record_act(connection, actor=actor, action="view", subject=("call", "c"), details={}, now=NOW)
    with store.read() as connection:
        keep_head(connection, workspace)
    return head


def _cut(store: Store, after: int) -> None:
    with store.begin() as connection:
        connection.execute(audit_log.delete().where(audit_log.c.sequence > after))


def test_kept_head_follows_the_log(store: Store, tmp_path: Path) -> None:
    assert kept_head(tmp_path) is None
    for _ in range(3):
        head = _act(store, tmp_path)
        assert kept_head(tmp_path) == head
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_kept_head_of_many_at_once_is_the_last(store: Store, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        heads = list(pool.map(lambda _: _act(store, tmp_path), range(20)))
    assert kept_head(tmp_path) == max(heads, key=lambda head: head.count)


def test_kept_head_stays_as_proof_when_the_log_was_cut_and_grew_again(store: Store, tmp_path: Path) -> None:
    for _ in range(5):
        head = _act(store, tmp_path)
    _cut(store, after=3)
    for _ in range(4):  # past the old length
        _act(store, tmp_path, "b")
        assert kept_head(tmp_path) == head
    with store.read() as connection:
        (problem,) = check_log(connection, {"the head kept": head}).problems
    assert problem.startswith("entry 5 is not the one that the head kept names")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"count": "1", "hash": ""}', '{"count": 1}', "\xff", '{"count":1,"hash":"a","x":1}']
)
def test_kept_head_that_was_damaged_is_told_and_left(store: Store, tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="latin-1")
    with pytest.raises(StoreError, match="no head of an audit log"):
        kept_head(tmp_path)
    _act(store, tmp_path)
    assert (tmp_path / FILE).read_text(encoding="latin-1") == text


def test_keep_head_that_another_process_holds_says_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.audit.kept_head._LOCK_WAIT_S", 0)
    with FileLock(tmp_path / f"{FILE}.lock"), pytest.raises(StoreError, match="another process has held it"):
        _act(store, tmp_path)


@pytest.mark.parametrize("name", [FILE, f"{FILE}.lock"])
def test_keep_head_that_cannot_be_written_is_told(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()  # as root one may read and write all files, but not this
    with pytest.raises(StoreError, match="must be allowed to read and write"):
        _act(store, tmp_path)


def test_kept_head_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        kept_head(tmp_path)
