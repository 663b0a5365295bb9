"""Keep a file that was received: checked, under a name of the server's, with its metadata beside it, all or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile

from app.web.errors import BadRequestError
from app.web.intake.receive import UNFINISHED, NoRoomError, uploads_folder
from app.web.site import Site
from pipeline.at_rest.files import seal_file
from pipeline.at_rest.in_use import keys_in_use
from pipeline.config import IntakeSettings
from pipeline.intake.fields import clean
from pipeline.intake.file_names import read_file_name
from pipeline.records import Scope
from pipeline.store.uploads import Upload, UploadState

TYPED = ("agent_id", "team", "queue", "customer_ref")
LONGEST_TYPED = 200
"""Characters of a field."""

_NAMED = re.compile(r"up-[0-9a-f]{16}\.[^.]+(?P<about>\.json)?")
_NOBODY_TOLD = "(not known)"
_LONGEST_SHOWN = 120
_LONGEST_SUFFIX = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A file of a form, checked and not kept yet.

    Attributes:
        name: As it is shown: the last part of the browser's path, without what steers a terminal.
        suffix: One that settings allow, in lower case.
        values: What is known about the call, by field of intake.
    """

    file: UploadFile
    name: str
    suffix: str
    values: Mapping[str, str]


def checked(file: UploadFile, typed: Mapping[str, str], site: Site, scope: Scope) -> Received:
    """Return a file that may be kept.

    Args:
        file: As it came.
        typed: The form's fields about the call, such as ``agent_id``; they come before what the file's name tells.
        site: With the settings.
        scope: Whose calls the visitor may see: they add calls of their teams only.

    Raises:
        BadRequestError: It is empty, or its kind or a field is not one that is taken.
    """
    name = shown_name(file.filename or "")
    suffix = PurePosixPath(name).suffix.lower()
    allowed = {each.lower() for each in site.settings.intake.suffixes}
    if suffix not in allowed:
        kinds = ", ".join(sorted(each.lstrip(".") for each in allowed))
        raise BadRequestError(f"{name or 'a file without a name'} is no recording by its name; taken are: {kinds}")
    if not file.size:
        raise BadRequestError(f"{name} is empty")
    values = _values(typed, ZoneInfo(site.settings.scorecards.timezone))
    told = {**_of_name(name, site.settings.intake), **values}
    if scope.teams is not None and _team(told, site.settings.intake) not in scope.teams:
        raise BadRequestError(f"choose the team of the call: you may add calls of {', '.join(scope.teams)}")
    return Received(file=file, name=name, suffix=suffix, values=told)


def keep(received: Received, site: Site, *, by: str, now: datetime) -> Upload:
    """Put a file and what is known about it where runs find them; the last step gives it its name, and seals it.

    Raises:
        NoRoomError: It cannot be written; then nothing of it stays.
    """
    folder = uploads_folder(site)
    upload_id = f"up-{secrets.token_hex(8)}"
    place = folder / f"{upload_id}{received.suffix}"
    beside = folder / f"{place.name}.json"
    temporary: Any = received.file.file
    try:
        if received.values:
            _write_whole(beside, json.dumps(dict(received.values), ensure_ascii=False, indent=1))
        temporary.flush()
        os.fsync(temporary.fileno())
        ring = keys_in_use()
        if ring is None:
            _give_name(Path(temporary.name), place)
        else:
            seal_file(Path(temporary.name), place, ring)
    except OSError:
        drop(place)
        raise NoRoomError from None
    return Upload(
        upload_id=upload_id,
        name=received.name,
        media_uri=str(place),
        size_bytes=received.file.size or 0,
        uploaded_by=by,
        uploaded_at=now,
        changed_at=now,
    )


def remove_unfinished(folder: Path, *, older_than_s: float, now: datetime) -> None:
    """Remove what is left of uploads that a server was receiving when it was killed."""
    for file in folder.glob(f".*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            if now.timestamp() - file.stat().st_mtime > older_than_s:
                file.unlink()


def kept_files(folder: Path, *, older_than_s: float, now: datetime) -> list[Path]:
    """Return the recordings that `keep` kept some time ago; what is told of one that is not there is removed."""
    found = []
    for file in folder.glob("up-*"):
        with contextlib.suppress(OSError):
            named = _NAMED.fullmatch(file.name)
            if named is None or now.timestamp() - file.stat().st_mtime <= older_than_s:
                continue
            if named["about"] is None:
                found.append(file)
            elif not file.with_suffix("").exists():
                file.unlink()
    return found


def left_upload(place: Path, now: datetime) -> Upload:
    """Return the line of a recording that was kept by a server which was ended before it could say so."""
    return Upload(
        upload_id=place.stem,
        name=place.name,
        media_uri=str(place),
        size_bytes=place.stat().st_size,
        uploaded_by=_NOBODY_TOLD,
        uploaded_at=now,
        changed_at=now,
        state=UploadState.FAILED,
        reason="the server was ended while this came in, and whoever sent it was not told that it is here",
    )


def _give_name(hidden: Path, place: Path) -> None:
    """Let a whole file appear under its name at once; the hidden one goes when the file is closed."""
    try:
        os.link(hidden, place)
    except OSError:  # a file system without links
        copy = place.with_name(f".{place.name}{UNFINISHED}")
        try:
            shutil.copyfile(hidden, copy)
            copy.replace(place)
        finally:
            copy.unlink(missing_ok=True)


def drop(place: Path) -> None:
    """Remove a file that was kept, and what was written beside it."""
    for each in (place, place.with_name(f"{place.name}.json")):
        with contextlib.suppress(OSError):
            each.unlink(missing_ok=True)


def shown_name(told: str) -> str:
    """Return the last part of a path that a browser tells, of whatever system, fit to be shown."""
    last = PurePosixPath(PureWindowsPath(told.replace("\0", "")).name)
    return clean(last.stem)[:_LONGEST_SHOWN] + clean(last.suffix)[:_LONGEST_SUFFIX]


def _values(typed: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    for field in (*TYPED, "started_at"):
        if len(typed.get(field, "")) > LONGEST_TYPED:
            raise BadRequestError(f"{field} has more than {LONGEST_TYPED} characters")
    values = {field: value for field in TYPED if (value := clean(typed.get(field, "")))}
    started = typed.get("started_at", "").strip()
    if started:
        try:
            at = datetime.fromisoformat(started)
        except ValueError:
            raise BadRequestError("the start is written like 2026-10-14 10:22") from None
        values["started_at"] = (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()
    return values


def _of_name(name: str, settings: IntakeSettings) -> dict[str, str]:
    """Return what a phone system wrote into the file's name, since the server gives it another one."""
    told = read_file_name(Path(name), settings.file_name_patterns).values
    return {field: value for field, value in told.items() if value}


def _team(values: Mapping[str, str], settings: IntakeSettings) -> str | None:
    return values.get("team") or settings.agent_teams.get(values.get("agent_id", ""))


def _write_whole(file: Path, content: str) -> None:
    """Write a file that is there whole or not at all."""
    unfinished = file.with_name(f".{file.name}{UNFINISHED}")
    try:
        with open(unfinished, "w", encoding="utf-8", opener=_for_this_user) as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _for_this_user(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
