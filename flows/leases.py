"""What a worker has claimed is kept its own while it is at work, and let go of when it ends."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pipeline.errors import StoreError
from pipeline.store import claims
from pipeline.store.database import Store

RENEWALS_PER_LEASE = 3
"""So often a lease is renewed in its time: two renewals in a row may fail, as while a database starts anew."""


def worker_name() -> str:
    """Return a name that no other worker has, by which a person finds the process: machine, process id, chance."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


@contextmanager
def renewing(store: Store, worker: str, *, lease_s: float) -> Iterator[None]:
    """Renew what a worker has in a thread beside the block, and let go of what is left at its end.

    A renewal that fails is tried again at the next time. Where letting go fails the lease runs out by itself.
    """
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(lease_s / RENEWALS_PER_LEASE):
            with suppress(StoreError), store.begin() as connection:
                claims.renew(connection, worker, lease_s=lease_s)

    thread = threading.Thread(target=renew, name="renew lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(StoreError), store.begin() as connection:
            claims.release(connection, worker)
