"""What an earlier run measured in a file, taken over where the file and the way of measuring are still the same.

To decode a recording takes far longer than to ask whether it has changed. Size and time of change answer that, as they
do for `rsync`. A time of change that had hardly passed when the file was read proves nothing: some file systems tell
times in steps of two seconds, and the file may have been written again within one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import av
from pydantic import ValidationError

from pipeline.canonical import from_json, to_json
from pipeline.intake.measure import MEASURING, SoundFacts

SETTLED_NS = 2_000_000_000


class MeasuredFile(Protocol):
    """A file as the store remembers it."""

    @property
    def size_bytes(self) -> int:
        """Its size when it was measured."""
        ...

    @property
    def modified_ns(self) -> int:
        """When it was last changed then, in nanoseconds since 1970."""
        ...

    @property
    def file_id(self) -> str:
        """Hash of its bytes."""
        ...

    @property
    def sound(self) -> str:
        """What `sound_to_keep` returned."""
        ...

    @property
    def measured_at(self) -> datetime:
        """When measuring began."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSound:
    """What a file of this size and time of change holds."""

    size_bytes: int
    modified_ns: int
    file_id: str
    facts: SoundFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    recipe: str
    facts: SoundFacts


def sound_to_keep(facts: SoundFacts) -> str:
    """Return facts as text for `known_sound`."""
    return to_json(_Kept(recipe=_recipe(), facts=facts))


def known_sound(file: MeasuredFile) -> KnownSound | None:
    """Return what is known of a file's sound; None where it has to be measured anew.

    That is so where another version of Earmark or of the decoder measured it, or where it had only just been written.
    """
    if file.measured_at.timestamp() * 1e9 - file.modified_ns < SETTLED_NS:
        return None
    try:
        kept = from_json(_Kept, file.sound)
    except ValidationError:
        return None
    if kept.recipe != _recipe():
        return None
    return KnownSound(size_bytes=file.size_bytes, modified_ns=file.modified_ns, file_id=file.file_id, facts=kept.facts)


def _recipe() -> str:
    """Name all that decides what is measured in a file; FFmpeg's lossy decoders are not alike in every version."""
    codec = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return f"measuring {MEASURING}, av {av.__version__}, libavcodec {codec}"
