"""Load what calls are worked on with while Prefect's server, another process, starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from pipeline.media.facts import Facts, facts_of
from pipeline.media.place import Place, RemotePath
from pipeline.store.database import Store
from pipeline.store.known_files import settled_files


def anything_new(store: Store, files: Sequence[Place]) -> bool:
    """Tell whether a run over these files finds work: one that is new or has changed, or whose call has no score yet.

    Calls that have to be done again because a setting changed are not foreseen here, nor remote files that changed: to
    ask for each would take longer than what is won.
    """
    with store.read() as connection:
        settled = settled_files(connection)
    local = {str(file): facts_of(file) for file in files if not isinstance(file, RemotePath)}
    if any(found != Facts() and settled.get(name) != _pair(found) for name, found in local.items()):
        return True
    return any(str(file) not in settled for file in files if isinstance(file, RemotePath))


def _pair(facts: Facts) -> tuple[int, int]:
    return facts.size_bytes, facts.modified_ns


@contextmanager
def preparing(preparations: Sequence[Callable[[], None]]) -> Iterator[None]:
    """Do some preparations in a thread beside the block, one after the other.

    One that fails ends them quietly: whatever first uses the part tries again, and its error is told for the call
    that it concerns. A block that ends early waits for the one preparation that is in work.
    """
    ended = threading.Event()

    def work() -> None:
        with suppress(Exception):  # see above: nothing is lost
            for prepare in preparations:
                if ended.is_set():
                    return
                prepare()

    thread = threading.Thread(target=work, name="prepare")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
