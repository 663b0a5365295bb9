"""`earmark calls index`: make what search looks in anew."""

from __future__ import annotations

from app.cli.options import ConfigOption, WorkspaceOption, open_existing, read_settings
from app.cli.show import say
from pipeline.store.sealed import is_sealing
from pipeline.store.search import SEALED
from pipeline.store.search_index import forget_all, index_some, settle_index

_AT_ONCE = 50


def index(workspace: WorkspaceOption = None, config: ConfigOption = None) -> None:
    """Read all transcripts anew for the console's search. It may be in use meanwhile, and finds what is read already.

    The console does this by itself for calls that are scored; this mends an index that was lost or damaged.
    """
    store = open_existing(read_settings(workspace, config))
    with store.begin() as connection:
        count = forget_all(connection)
        sealed = is_sealing(connection)
    done = 0
    while True:
        with store.begin() as connection:
            some = index_some(connection, most=_AT_ONCE)
        if not some:
            break
        done += some
    with store.begin() as connection:
        settle_index(connection)
    store.close()
    say(SEALED[0].upper() + SEALED[1:] if sealed else f"Ready for search: {max(done, count):,} calls.")
