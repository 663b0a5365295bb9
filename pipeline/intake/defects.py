"""Every defect that intake can find, with what it means and what to do. `docs/intake.md` is held to this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import IntakeError
from pipeline.records import Defect


@dataclass(frozen=True, kw_only=True, slots=True)
class DefectKind:
    """One row of the table: whether the call is held back, what is wrong, what mends it."""

    fatal: bool
    meaning: str
    remedy: str


def _fatal(meaning: str, remedy: str) -> DefectKind:
    return DefectKind(fatal=True, meaning=meaning, remedy=remedy)


def _noted(meaning: str, remedy: str) -> DefectKind:
    return DefectKind(fatal=False, meaning=meaning, remedy=remedy)


DEFECTS: Mapping[str, DefectKind] = {
    # the file
    "no_such_path": _fatal("there is no such file or folder", "check the path"),
    "unreadable": _fatal("this is no recording that can be read", "export the recording again"),
    "sealed": _fatal(
        "the file is sealed, and cannot be opened", "give the key that is named, or the file from a back-up"
    ),
    "gone": _fatal("there is nothing at this address any more", "bring the recording back, or delete the call"),
    "away": _fatal("the recording's server did not answer", "run again when it does"),
    "outside": _fatal(
        "the address, or a link, leads out of its folder",
        "store the recording itself there, under a key without `.` and `..` between slashes",
    ),
    "name_not_unicode": _fatal("the file's name is not valid UTF-8", "rename the file"),
    "changed": _fatal("the file changed while or after it was taken in", "run again when the recorder has finished"),
    "sound_deleted": _fatal("the call's sound was deleted by retention", "what was made of it before is all there is"),
    "empty": _fatal("there is no sound in the file", "export the recording again"),
    "too_short": _fatal("the recording is too short", "lower intake.min_duration_ms if such calls count"),
    "too_long": _fatal("the recording lasts longer than any call", "raise intake.max_duration_ms if such calls count"),
    "too_large": _fatal("the file is larger than any recording", "raise intake.max_bytes if such recordings count"),
    "no_audio": _fatal("the file has no audio track", "export the call's audio"),
    "truncated": _fatal("the recording breaks off", "copy or export it again, whole"),
    "format_changes": _fatal("channels or sample rate change within the file", "convert it to one format"),
    "too_many_channels": _fatal(
        "the file has more channels than a call has parties", "export one or two channels, at most 7"
    ),
    "odd_sample_rate": _fatal(
        "the sample rate is none that speech is kept at", "convert it to one from 4,000 to 384,000 Hz"
    ),
    "deleted": _fatal(
        "the call in it, or its sound, was deleted by retention or on request",
        "remove the file; `earmark retention allow` lets a call be taken in again",
    ),
    # the sound
    "silent": _noted("every channel is silent throughout", "check the recorder's connection"),
    "channel_silent": _noted("a channel is silent throughout", "check that the recorder takes both parties"),
    "duplicated_mono": _noted(
        "both channels hold the same sound, so it is treated as mono", "let the recorder keep one party per channel"
    ),
    "extra_tracks": _noted("only the first audio track was read", "export one track with one channel per party"),
    # what is known about the call
    "time_invalid": _fatal("the start time is no date and time that exists", "write it like 2026-10-14T10:22:31-04:00"),
    "time_zone_unknown": _fatal(
        "the start time names no zone", "set intake.site_timezone, e.g. America/New_York, or add the offset to the time"
    ),
    "time_unmatched": _fatal(
        "the file name matches some patterns but not the one for started_at, and nothing else gives the time",
        "rename the file, mend intake.file_name_patterns, or give started_at in manifest.csv",
    ),
    "time_ambiguous": _noted(
        "the clock was put back and this local time came twice; the first was taken", "add the offset to the time"
    ),
    "time_unknown": _noted(
        "nothing gives the start time, so the call is in no period's scorecard", "give started_at in manifest.csv"
    ),
    "agent_unknown": _noted(
        "nothing names the agent, so the call is in no agent's scorecard", "give agent_id in manifest.csv"
    ),
    "metadata_missing": _noted(
        "neither agent nor start time is known, so the call is in no scorecard",
        "give agent_id and started_at in manifest.csv, in a sidecar JSON, or in the file name",
    ),
    "manifest_invalid": _fatal("manifest.csv cannot be used", "save it as comma-separated UTF-8 with a `file` column"),
    "manifest_row_invalid": _fatal(
        "the row in manifest.csv has more values than there are columns", "put values with commas in double quotes"
    ),
    "manifest_duplicate_row": _fatal("manifest.csv has differing rows for this file", "keep the right one"),
    "manifest_ambiguous": _fatal(
        "the row in manifest.csv fits recordings in several folders", "write the path from the manifest's folder"
    ),
    "call_records_invalid": _fatal(
        "the file of call records cannot be used", "mend it, or set intake.call_records to none"
    ),
    "sidecar_invalid": _fatal("the sidecar JSON beside the recording cannot be used", "mend it or remove it"),
}


def defect(code: str, what: str | None = None, *, fatal: bool | None = None) -> Defect:
    """Return a defect of the table.

    Args:
        code: A key of ``DEFECTS``.
        what: What is wrong in this case, never with a value from the metadata (it may be a customer's); None says what
            the table says.
        fatal: Overrides the table, where a setting does.
    """
    kind = DEFECTS[code]
    return Defect(
        code=code,
        reason=f"{what or kind.meaning}: {kind.remedy}",
        fatal=kind.fatal if fatal is None else fatal,
    )


def intake_error(code: str, what: str | None = None) -> IntakeError:
    """Return an error whose text is the defect's reason."""
    return IntakeError(code, defect(code, what).reason)
