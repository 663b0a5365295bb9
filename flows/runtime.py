"""What the tasks of this process work with. Prefect hands tasks ids only; everything else is looked up here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from flows.logs import write_logs
from pipeline.at_rest.in_use import use_keys
from pipeline.config import Settings
from pipeline.intake.metadata import MetadataIndex, index_metadata
from pipeline.load_settings import load_settings
from pipeline.media.place import place_of
from pipeline.parts import Parts, assemble
from pipeline.store.database import Store, open_store


def utc_now() -> datetime:
    """Return the present instant; the only clock below the command line."""
    return datetime.now(UTC)


def _silent(event: str, subject: str) -> None:
    """Report progress to nobody."""


@dataclass
class Runtime:
    """Settings, database and engines of one process, made when first used.

    Attributes:
        report: Called with (event, subject) as work proceeds. Events about a file: ``taken_in``, ``rejected``; about a
            call: ``processed``, ``unchanged``, ``failed``; with a number to expect: ``found``, ``to_process``, and
            ``to_settle``: so many calls are judged once more, as earlier calls came to light; of a watch,
            ``source_away`` and ``job_failed`` with the reason; of retention ``retention`` with what is done.
        patient: Whether to wait for a database server that starts again; workers see to that themselves.
        tries: How often each call was tried by this process.
    """

    settings: Settings
    report: Callable[[str, str], None] = _silent
    patient: bool = False
    tries: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _manifests: dict[tuple[str, ...], MetadataIndex] = field(default_factory=dict)

    @cached_property
    def store(self) -> Store:
        """The workspace's database, migrated to this version."""
        self.settings.workspace.mkdir(parents=True, exist_ok=True)
        return open_store(self.settings.store_url, patient=self.patient)

    def manifests(self, roots: tuple[str, ...]) -> MetadataIndex:
        """Return the manifests in and below some folders; read once, since every batch of files asks for them."""
        if roots not in self._manifests:
            self._manifests[roots] = index_metadata(
                [place_of(root, self.settings.intake) for root in roots], self.settings.intake
            )
        return self._manifests[roots]

    def forget_manifests(self) -> None:
        """Have manifests read anew when next asked for."""
        self._manifests.clear()

    @cached_property
    def _assembled(self) -> Parts:
        return assemble(self.settings)

    @property
    def parts(self) -> Parts:
        """Engines, rules and rubrics; several threads ask for them at once, so one builds and the others wait."""
        with self._lock:
            return self._assembled


_current: Runtime | None = None


def current() -> Runtime:
    """Return the runtime of this process; a worker that was given none reads its settings from the environment."""
    global _current  # noqa: PLW0603
    if _current is None:
        _current = Runtime(settings=load_settings())
        write_logs(_current.settings.run.log_format)
        use_keys(_current.settings.at_rest_keys)
    return _current


@contextmanager
def using(runtime: Runtime) -> Iterator[Runtime]:
    """Make a runtime the current one for as long as the block lasts, and close its database at the end."""
    global _current  # noqa: PLW0603
    before, _current = _current, runtime
    try:
        yield runtime
    finally:
        _current = before
        if "store" in runtime.__dict__:
            runtime.store.close()
