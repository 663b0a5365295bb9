"""Load what calls are worked on with while Prefect's server, another process, starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.store.database import Store
from pipeline.store.known_files import settled_files


def anything_new(store: Store, files: Sequence[Path]) -> bool:
    """Tell whether a run over these files finds work: one that is new or has changed, or whose call has no score yet.

    Calls that have to be done again because a setting changed are not foreseen here.
    """
    with store.read() as connection:
        settled = settled_files(connection)
    present = {str(file): _size_and_time(file) for file in files}
    return any(found is not None and settled.get(name) != found for name, found in present.items())


def _size_and_time(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:  # it will be held back
        return None
    return status.st_size, status.st_mtime_ns


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
