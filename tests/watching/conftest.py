"""An open, empty store on both kinds of database."""

from __future__ import annotations

from tests.store.conftest import postgres_server, store, store_url

__all__ = ["postgres_server", "store", "store_url"]
