"""Which recordings under some roots are new or were written anew, and are complete.

An object store shows an object when it is whole. A file on a disk or an SFTP server may still grow: it waits until it
has been seen unchanged for ``intake.settle_s``. That is told by looking twice and not by the file's own time, since the
clocks of recorders and file servers differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.config import IntakeSettings
from pipeline.media.facts import Facts, facts_of
from pipeline.media.listing import files_with_facts
from pipeline.media.local import storable_path
from pipeline.media.place import WEB, Place, RemotePath

Known = Callable[[Sequence[str]], Mapping[str, Facts]]
"""Tells by address, of the files that are stored already, which version of them is."""


@dataclass(kw_only=True)
class Arrivals:
    """A watch over some roots, which remembers what it saw.

    Attributes:
        roots: Folders and addresses.
        settings: Which files are recordings, and how long one has to be still.
        waiting: Files that may still grow, with what was seen of each and since when, in seconds of a steady clock.
        done: Files that were handed out or were known, with their version.
    """

    roots: Sequence[Place]
    settings: IntakeSettings
    waiting: dict[str, tuple[Facts, float]] = field(default_factory=dict)
    done: dict[str, Facts] = field(default_factory=dict)

    def look(self, known: Known, *, now_s: float) -> list[Place]:
        """Return the recordings that are new or changed since they were stored, and complete; each version once.

        Args:
            known: What is stored.
            now_s: A clock that only goes forward.

        Raises:
            MediaAwayError: A root's server cannot be asked.
        """
        seen = {str(place): (place, facts) for place, facts in self._listed() if self.done.get(str(place)) != facts}
        stored = known(sorted(seen))
        ready: list[Place] = []
        still: dict[str, tuple[Facts, float]] = {}
        for uri, (place, facts) in sorted(seen.items()):
            if stored.get(uri) == facts:
                self.done[uri] = facts
                continue
            before, since = self.waiting.get(uri, (None, now_s))
            since = since if before == facts else now_s
            if _may_grow(place) and now_s - since < self.settings.settle_s:
                still[uri] = (facts, since)
                continue
            self.done[uri] = facts
            ready.append(place)
        self.waiting = still
        return ready

    def again(self, places: Iterable[Place]) -> None:
        """Have recordings that were handed out handed out once more: what was to be done with them failed."""
        for place in places:
            self.done.pop(str(place), None)

    def _listed(self) -> Iterable[tuple[Place, Facts]]:
        suffixes = {suffix.casefold() for suffix in self.settings.suffixes}
        for root in self.roots:
            for found, listed in files_with_facts(root):
                if found.suffix.casefold() not in suffixes:
                    continue
                place = found if isinstance(found, RemotePath) else storable_path(found)
                # to ask a web server for every file at every look would be an attack
                facts = listed or (self.done.get(str(place)) if _is_web(place) else None) or facts_of(place)
                if facts != Facts():
                    yield place, facts


def _is_web(place: Place) -> bool:
    return isinstance(place, RemotePath) and place.scheme in WEB


def _may_grow(place: Place) -> bool:
    return not isinstance(place, RemotePath) or place.scheme in (*WEB, "sftp")
