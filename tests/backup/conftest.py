"""Workspaces to back up, on both kinds of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.store.database import open_store
from pipeline.store.failures import put_failure
from tests.postgres import PostgresServer, postgres_server
from tests.store.builders import NOW, flag, rejected, score, scored, taken_in

__all__ = ["empty_settings", "postgres_server", "settings"]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a workspace with three calls, a file that was held back, and the files beside the database."""
    workspace = tmp_path / "workspace"
    url = _new_database(request) if request.param == "postgresql" else None
    made = Settings(workspace=workspace, database_url=url)
    for name, content in {
        "unredacted/c-0001.abc.json": "{}",
        "unredacted/.unfinished": "half",
        "uploads/up-1.wav": "sound",
        "uploads/.up-2.part": "half",
        "audit-head.json": '{"count": 0, "hash": ""}',
    }.items():
        file = workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    store = open_store(made.store_url)
    with store.begin() as connection:
        taken_in(connection, "c-0001", media_uri=str(made.uploads_dir.resolve() / "up-1.wav"))
        taken_in(connection, "c-0002", media_uri="/calls/grüße.wav", agent_id=None)
        taken_in(connection, "c-0003", media_uri=str(made.uploads_dir.resolve()) + "-of-others/x.wav")
        rejected(connection)
        scored(connection, score(), flag())
        put_failure(connection, "c-0002", step="process", reason="it failed", now=NOW)
    store.close()
    return made


@pytest.fixture
def empty_settings(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a workspace that does not exist, with an empty database of the same kind."""
    url = _new_database(request) if settings.database_url else None
    return Settings(workspace=tmp_path / "restored", database_url=url)


def _new_database(request: pytest.FixtureRequest) -> str:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"backup_{next(server.numbers)}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type, unused-ignore]
    return server.url(name)
