"""What became of one file."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.records import Defect, Recording


@dataclass(frozen=True, kw_only=True, slots=True)
class IntakeOutcome:
    """One file that was taken in, or held back.

    Attributes:
        media_uri: Absolute path, or an address.
        size_bytes: Size of the file; 0 where it cannot be opened.
        modified_ns: Time of its last change; 0 where it cannot be opened.
        file_id: ``f-`` and 16 hex digits of the hash of its bytes; where there are none to read, of its path.
        recording: The call, or None exactly when a defect is fatal.
        defects: Everything that is wrong, fatal or not.
        sound: What a later run need not measure again, see `known_sound`; None where the file was held back.
        sound_is_known: True where an earlier run had measured it, and the file was not read.
    """

    media_uri: str
    size_bytes: int
    modified_ns: int
    file_id: str
    recording: Recording | None
    defects: tuple[Defect, ...]
    sound: str | None = None
    sound_is_known: bool = False
