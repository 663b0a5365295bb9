"""An open, empty store on both kinds of database, as the store's own tests have it."""

from __future__ import annotations

from tests.store.conftest import connection, postgres_server, store, store_url

__all__ = ["connection", "postgres_server", "store", "store_url"]
