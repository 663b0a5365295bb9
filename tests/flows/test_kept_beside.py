"""No transcript with personal data is written for a call that is deleted while it is being heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pipeline import run
from pipeline.config import PrivacySettings
from pipeline.errors import StoreError
from pipeline.privacy.unredacted import keep_if_asked, read_unredacted
from pipeline.retention.deleting import Deleting
from pipeline.retention.deletion import delete_on_request
from pipeline.store.database import open_store
from pipeline.store.tables import recordings
from tests.flows.test_claimed_calls import Site
from tests.postgres import PostgresServer, postgres_server, store_url

__all__ = ["postgres_server", "store_url"]

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def keeping(folder: Path, url: str) -> Site:
    made = Site(folder, url)
    private = PrivacySettings(keep_unredacted=True)
    made.runtime.settings = made.runtime.settings.model_copy(update={"privacy": private})
    made.take_in("one")
    return made


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    made = keeping(tmp_path, store_url)
    yield made
    made.store.close()


def process(site: Site) -> None:
    run.process_call(site.ids["one"], site.runtime.parts, site.store, now=lambda: NOW)


def test_nothing_is_written_of_a_call_that_is_deleted_while_it_is_heard(site: Site) -> None:
    def delete(_name: str) -> None:
        settings = site.runtime.settings
        asked = Deleting(store=site.store, settings=settings, actor="olga", now=lambda: NOW, key=None, zone=UTC)
        [done] = delete_on_request([site.ids["one"]], "asked", asked)
        assert done.deleted == 1

    site.runtime.hook = delete
    with pytest.raises(IntegrityError):
        process(site)

    folder = site.runtime.settings.unredacted_dir
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_call_that_stays_has_its_transcript_once_it_is_stored(site: Site) -> None:
    process(site)
    assert read_unredacted(site.runtime.settings.unredacted_dir, site.ids["one"]).call_id == site.ids["one"]


def test_nobody_can_delete_a_call_while_its_transcript_is_written(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL alone, where others write meanwhile. Deletion takes the call's row as it is taken here.

    Another process is at the same call and faster: of the slower one no row is stored that would hold the call.
    """
    site = keeping(tmp_path, postgres_server.new_url())
    other = open_store(site.runtime.settings.store_url)
    taking = select(recordings.c.call_id).with_for_update(nowait=True)
    refused: list[StoreError] = []

    def keep(*given: object) -> None:
        with pytest.raises(StoreError) as found, other.begin() as connection:
            connection.execute(taking)
        refused.append(found.value)
        keep_if_asked(*given)  # type: ignore[arg-type]

    def be_slower(_name: str) -> None:
        site.runtime.hook = lambda _: None
        process(site)

    monkeypatch.setattr(run, "keep_if_asked", keep)
    site.runtime.hook = be_slower
    process(site)
    assert ["lock" in str(error) for error in refused] == [True, True]
    with other.begin() as connection:
        assert connection.execute(taking).one()
    other.close()
    site.store.close()
