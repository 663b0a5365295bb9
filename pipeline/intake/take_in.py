"""Take in one file: what it holds, what is known about the call, and what is wrong with either."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pipeline.at_rest.files import unsealed
from pipeline.at_rest.in_use import keys_in_use
from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError, MediaAwayError, SealedError
from pipeline.intake.call_metadata import CallMetadata, gather_metadata
from pipeline.intake.defects import defect
from pipeline.intake.known_sound import KnownSound, sound_to_keep
from pipeline.intake.measure import SoundFacts, measure_sound
from pipeline.intake.metadata import MetadataIndex
from pipeline.intake.outcome import IntakeOutcome
from pipeline.media.facts import Facts, facts_of
from pipeline.media.inside import leads_outside
from pipeline.media.local import named_path, storable_path
from pipeline.media.place import Place, RemotePath, path_below
from pipeline.records import Defect, Recording

_HASH_BLOCK_BYTES = 1 << 20
_NO_FACTS = Facts()
_ESCAPED_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


def take_in(
    path: Place,
    *,
    settings: IntakeSettings,
    metadata: MetadataIndex,
    for_sound_only: bool = False,
    known: KnownSound | None = None,
) -> IntakeOutcome:
    """Return the recording in a file, or why it is held back. Whatever is in the file, nothing is raised for it.

    Args:
        path: One file, as `find_recordings` returns it.
        settings: How to read names, times and channels.
        metadata: The batch's manifests.
        for_sound_only: Nothing that is wrong with metadata holds the recording back; what they tell is taken.
        known: What an earlier run measured in this file. Where size and time of change are still the same, the file is
            not read; what settings and metadata make of it is decided anew.

    Raises:
        ConfigError: A setting is wrong, so that no file could be taken in.
    """
    if isinstance(path, RemotePath) and path.leads_out():
        return _held_back(path, defect("outside"))
    try:
        return _take_in(path, settings, metadata, for_sound_only, known)
    except MediaAwayError as error:
        return _held_back(path, defect("away", str(error)))


def _take_in(
    path: Place, settings: IntakeSettings, metadata: MetadataIndex, for_sound_only: bool, known: KnownSound | None
) -> IntakeOutcome:
    place = path if isinstance(path, RemotePath) else named_path(path)
    folder = metadata.folder_of(path)
    if folder is not None and path_below(place, folder) is None:  # its folder became a link
        return _held_back(place, defect("outside"))
    before = facts_of(place)
    if before.size_bytes > settings.max_bytes:
        return _held_back(place, defect("too_large", f"the file has more than {settings.max_bytes:,} bytes"), before)
    same = known if known and before == Facts(size_bytes=known.size_bytes, modified_ns=known.modified_ns) else None
    file_id = same.file_id if same else _file_id(place, before, folder)
    about = gather_metadata(place, settings=settings, index=metadata)
    about_defects = [replace(d, fatal=False) for d in about.defects] if for_sound_only else about.defects
    defects = [*_name_defects(place), *about_defects]
    sound: SoundFacts | None = None
    try:
        sound = same.facts if same else measure_sound(place, longest_ms=settings.max_duration_ms, within=folder)
    except IntakeError as error:
        defects.append(Defect(code=error.code, reason=str(error), fatal=True))
    else:
        defects += _sound_defects(sound, settings)
    if facts_of(place) != before:
        defects.append(defect("changed", "the file changed while it was read"))
    held_back = sound is None or any(found.fatal for found in defects)
    media_uri = _media_uri(place)
    return IntakeOutcome(
        media_uri=media_uri,
        size_bytes=before.size_bytes,
        modified_ns=before.modified_ns,
        file_id=file_id,
        recording=None if sound is None or held_back else _recording(media_uri, sound, about, settings, tuple(defects)),
        defects=tuple(defects),
        sound=None if sound is None or held_back else sound_to_keep(sound),
        sound_is_known=same is not None and not held_back,
    )


def _recording(
    media_uri: str, sound: SoundFacts, about: CallMetadata, settings: IntakeSettings, defects: tuple[Defect, ...]
) -> Recording:
    return Recording(
        call_id=f"c-{sound.sha256[:16]}",
        sha256=sound.sha256,
        media_uri=media_uri,
        duration_ms=sound.duration_ms,
        sample_rate_hz=sound.sample_rate_hz,
        channels=1 if _is_mono_twice(sound, settings) else sound.channels,
        started_at=about.started_at,
        agent_id=about.agent_id,
        team=about.team,
        queue=about.queue,
        customer_ref=about.customer_ref,
        direction=about.direction,
        metadata=about.others,
        defects=defects,
    )


def _sound_defects(sound: SoundFacts, settings: IntakeSettings) -> list[Defect]:
    found: list[Defect] = []
    if sound.duration_ms < settings.min_duration_ms:
        lasts = f"the recording lasts {sound.duration_ms} ms, less than {settings.min_duration_ms} ms"
        found.append(defect("too_short", lasts))
    if sound.duration_ms > settings.max_duration_ms:  # measured by an earlier run, under another setting
        found.append(defect("too_long", f"the recording lasts longer than {settings.max_duration_ms / 3_600_000:g} h"))
    if len(sound.silent_channels) == sound.channels:
        found.append(defect("silent"))
    elif sound.silent_channels:
        silent = ", ".join(str(channel) for channel in sound.silent_channels)
        found.append(defect("channel_silent", f"channel {silent} of {sound.channels} is silent throughout"))
    if _is_mono_twice(sound, settings):
        found.append(defect("duplicated_mono"))
    if sound.tracks > 1:
        found.append(defect("extra_tracks", f"the file has {sound.tracks} audio tracks and only the first was read"))
    return found


def _is_mono_twice(sound: SoundFacts, settings: IntakeSettings) -> bool:
    """Tell whether a stereo file is one mono; the copies may differ in all but who speaks."""
    sameness = sound.channel_sameness
    return sameness is not None and sameness > settings.duplicate_channel_sameness


def _media_uri(place: Place) -> str:
    return str(place if isinstance(place, RemotePath) else storable_path(place))


def _held_back(place: RemotePath | Path, why: Defect, facts: Facts = _NO_FACTS) -> IntakeOutcome:
    return IntakeOutcome(
        media_uri=_media_uri(place),
        size_bytes=facts.size_bytes,
        modified_ns=facts.modified_ns,
        file_id=_file_id(place, _NO_FACTS),
        recording=None,
        defects=(why,),
    )


def _file_id(place: Place, facts: Facts, within: Place | None = None) -> str:
    """Hash the file's bytes; without any, its path, so that two empty files stay two rows.

    Of an address it is its text and version: to fetch a recording once more for its name would double the traffic. Of a
    sealed file it is what it was before, so that it is still the same file.
    """
    if isinstance(place, RemotePath):
        told = f"address:{place} {facts.size_bytes} {facts.modified_ns}"
        return f"f-{hashlib.sha256(told.encode(errors='backslashreplace')).hexdigest()[:16]}"
    digest = hashlib.sha256()
    try:
        readable = facts.size_bytes > 0 and stat.S_ISREG(place.stat().st_mode)
        readable = readable and not (within and leads_outside(place, within))
        if readable:
            with place.open("rb") as file:
                opened = _as_it_was(file)
                while block := opened.read(_HASH_BLOCK_BYTES):
                    digest.update(block)
    except (OSError, RuntimeError):
        readable = False
    if not readable:
        digest = hashlib.sha256(b"path:" + os.fsencode(place))
    return f"f-{digest.hexdigest()[:16]}"


def _as_it_was(file: BinaryIO) -> BinaryIO:
    try:
        return unsealed(file, keys_in_use())
    except SealedError:
        file.seek(0)
        return file


def _name_defects(place: Place) -> list[Defect]:
    """Find out whether a path stands for a file whose name is no text (see `storable_path`)."""
    if isinstance(place, RemotePath):
        return []
    as_bytes = _ESCAPED_BYTE.sub(lambda match: bytes.fromhex(match[1].decode()), os.fsencode(place))
    stands_for_other = as_bytes != os.fsencode(place) and not os.path.lexists(place) and os.path.lexists(as_bytes)
    return [defect("name_not_unicode")] if stands_for_other or storable_path(place) != place else []
