"""A call that is deleted while its file is looked at again stays deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import flows.intake as module
from flows.intake import keep_unless_deleted
from pipeline.intake.metadata import index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in
from pipeline.retention.deleting import Deleting
from pipeline.retention.deletion import apply_policies, delete_on_request
from pipeline.store.claim_tables import call_claims
from pipeline.store.intake import put_intake
from pipeline.store.retention_tables import deleted_calls
from pipeline.store.tables import files, recordings
from tests.flows.test_claimed_calls import Site
from tests.postgres import PostgresServer, postgres_server, store_url

__all__ = ["postgres_server", "store_url"]

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def site(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    """On PostgreSQL alone: on SQLite whoever writes has the database to himself from the first question on."""
    made = Site(tmp_path, postgres_server.new_url())
    made.take_in("one")
    yield made
    made.store.close()


def looked_at(site: Site) -> IntakeOutcome:
    folder, settings = site.folder / "calls", site.runtime.settings.intake
    return take_in(folder / "one.wav", settings=settings, metadata=index_metadata([folder]))


def deleting(site: Site, **retention: Any) -> Deleting:
    policies = site.runtime.settings.retention.model_copy(update=retention)
    settings = site.runtime.settings.model_copy(update={"retention": policies})
    return Deleting(
        store=site.store, settings=settings, actor="olga", now=lambda: NOW, key=None, zone=UTC, clock_is_right=True
    )


def count(site: Site, table: Any, *conditions: Any) -> int:
    with site.store.read() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def between(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Have something done, and committed, after intake has asked whether the call was deleted and before it inserts."""
    done: list[Any] = []

    def put(*given: Any, **named: Any) -> None:
        if not done:
            done.append(act())
        put_intake(*given, **named)

    monkeypatch.setattr(module, "put_intake", put)


def test_a_call_that_is_deleted_while_intake_stores_it_stays_deleted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = looked_at(site)
    between(monkeypatch, lambda: delete_on_request([site.ids["one"]], "asked", deleting(site)))

    kept = keep_unless_deleted(outcome, site.store, now=NOW)

    assert kept.recording is None
    assert [found.code for found in kept.defects] == ["deleted"]
    assert (count(site, recordings), count(site, call_claims), count(site, deleted_calls)) == (0, 0, 1)
    assert count(site, files, files.c.call_id.is_(None)) == 1
    assert keep_unless_deleted(looked_at(site), site.store, now=NOW).recording is None


def test_sound_that_is_deleted_while_intake_looks_at_it_is_held_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = looked_at(site)
    between(monkeypatch, lambda: apply_policies(deleting(site, keep_media_days={"*": 1})))

    assert keep_unless_deleted(outcome, site.store, now=NOW).recording is None
    assert count(site, recordings) == 1, "its results stay"
    assert count(site, files, files.c.call_id.is_not(None)) == 0


def test_a_call_that_nobody_deletes_is_kept_as_it_was_found(site: Site) -> None:
    outcome = looked_at(site)
    assert keep_unless_deleted(outcome, site.store, now=NOW) is outcome
    assert (count(site, recordings), count(site, files)) == (1, 1)
