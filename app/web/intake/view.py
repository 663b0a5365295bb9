"""What the intake page shows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta

from app.web.access.visitor import Visitor
from app.web.intake.outcome import outcome_of
from app.web.queue.choices import Choices
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.intake.manifest import MANIFEST_NAME
from pipeline.media.facts import is_file
from pipeline.media.place import Place, RemotePath, place_of
from pipeline.records import Scope
from pipeline.store.calls import get_recording
from pipeline.store.intake_failures import (
    FailedCall,
    HeldBackFile,
    ReadyCall,
    database_bytes,
    pending_count,
)
from pipeline.store.uploads import Upload, UploadState, list_uploads

SHOWN = 20
_LATELY = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadView:
    """An upload as it is shown.

    Attributes:
        step: What is being done, while it is at work.
        opens: Whether its call's page may be opened.
    """

    upload: Upload
    state: UploadState
    call_id: str | None
    step: str
    opens: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What was uploaded or is tried again; ``going_on`` where something will change by itself."""

    uploads: tuple[UploadView, ...]
    going_on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """How much there is, and how much room."""

    pending: int
    database_bytes: int
    free_bytes: int | None
    disk_bytes: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldBackView:
    """A file that was held back.

    Attributes:
        folder: What to run again where the file alone would not do, since a manifest above its folder tells about it.
    """

    file: HeldBackFile
    name: str
    folder: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class IntakePage:
    """What the page shows. ``held_back`` is None for those who may not see what is nobody's yet."""

    work: Work
    failed: tuple[FailedCall, ...]
    failed_count: int
    held_back: tuple[HeldBackView, ...] | None
    held_back_count: int
    ready: tuple[ReadyCall, ...]
    facts: Snapshot[Facts]
    choices: Choices
    suffixes: tuple[str, ...]
    own_teams: tuple[str, ...] | None


def work_of(site: Site, visitor: Visitor) -> Work:
    """Return what was uploaded lately, or is going on, as far as a visitor may see it.

    Names of files often tell whose call is in them: who may not know that sees the upload's id instead.
    """
    now = site.now()
    with site.store.read() as connection:
        found = list_uploads(connection, visitor.scope, visitor.user.name, since=now - _LATELY, limit=100)
        views = []
        for upload in found:
            state, call_id, step = upload.state, upload.call_id, ""
            if state is UploadState.WORKING:
                outcome = outcome_of(connection, upload, since=upload.changed_at)
                state, call_id, step = outcome.state or state, outcome.call_id, outcome.step
                state = UploadState.WORKING if state is UploadState.FAILED else state  # it may be tried once more
            opens = False
            if call_id is not None and state is UploadState.DONE:
                call = get_recording(connection, call_id)
                opens = visitor.scope.includes(agent_id=call.agent_id, team=call.team)
            told = upload if visitor.knows_agents else replace(upload, name=upload.upload_id)
            views.append(UploadView(upload=told, state=state, call_id=call_id, step=step, opens=opens))
    going_on = any(upload.state in (UploadState.WAITING, UploadState.WORKING) for upload in found)
    return Work(uploads=tuple(views), going_on=going_on)


def facts_of(site: Site, scope: Scope) -> Snapshot[Facts]:
    """Return how much there is; counting goes through all calls, so it is done beside requests."""

    def count() -> Facts:
        with site.store.read() as connection:
            pending, size = pending_count(connection, scope), database_bytes(connection)
        try:
            disk = shutil.disk_usage(site.settings.uploads_dir.resolve().parent)
        except OSError:
            return Facts(pending=pending, database_bytes=size, free_bytes=None, disk_bytes=None)
        return Facts(pending=pending, database_bytes=size, free_bytes=disk.free, disk_bytes=disk.total)

    return snapshot(site, ("intake", scope), count)


def held_back_view(file: HeldBackFile, *, named: bool) -> HeldBackView:
    """Return a file with what to run again; by its id, not ``named``, for who may not know whose call is in it."""
    if not named:
        return HeldBackView(file=file, name=file.file_id, folder=None)
    place = place_of(file.media_uri)
    if isinstance(place, RemotePath):  # whether a manifest lies above it is asked when it is run: it takes requests
        return HeldBackView(file=file, name=place.name, folder=None)
    return HeldBackView(file=file, name=place.name, folder=folder_with_manifest(place))


def folder_with_manifest(place: Place) -> str | None:
    """Return the outermost folder above a file's own that has a manifest; None where the file can be run by itself.

    A run of one file reads the manifest beside it only: it would not find what one further up tells.

    Raises:
        MediaAwayError: The file's server cannot be asked.
    """
    folders: list[Place] = [*place.parents][1:]
    above = [folder for folder in folders if is_file(folder / MANIFEST_NAME)]
    return str(above[-1]) if above else None
