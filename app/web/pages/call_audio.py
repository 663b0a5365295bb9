"""The sound of a call: whole or a part, silent where personal data was spoken, and the heights of its waveform."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from starlette.responses import FileResponse, JSONResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.call.opened_response import opened_response
from app.web.call.reading import own_recording, transcript_of
from app.web.call.sound import (
    LONGEST_CLIP_MS,
    NotToBeHeardError,
    ReadySound,
    read_peaks,
    ready_clip,
    ready_sound,
)
from app.web.errors import BadRequestError
from app.web.site import Site, site_of
from pipeline.at_rest.in_use import keys_in_use
from pipeline.playback import open_playback
from pipeline.records import Recording, Span

router = APIRouter()

ONCE_IN = timedelta(minutes=10)
"""A browser asks for a recording in many pieces: who hears it is logged once in this time."""

_HEARD = "who heard what lately"
_MOST_KEPT = 10_000

CallId = Annotated[str, InPath(max_length=100)]
Listener = Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))]


@router.get("/calls/{call_id}/audio")
def audio(request: Request, visitor: Listener, call_id: CallId, unredacted: bool = False) -> Response:
    """Hand out a call's sound; in ranges, where the browser asks for these."""
    site = site_of(request)
    recording, ready = _ready(site, visitor, call_id, unredacted=unredacted)
    _log(site, visitor, recording, unredacted=unredacted, part=None)
    return _sound_file(request, ready.flac, ready.tag)


@router.get("/calls/{call_id}/clip")
def clip(
    request: Request,
    visitor: Listener,
    call_id: CallId,
    *,
    from_ms: Annotated[int, Query(ge=0)],
    to_ms: Annotated[int, Query(ge=1)],
    unredacted: bool = False,
) -> Response:
    """Hand out a part of a call's sound."""
    site = site_of(request)
    with site.store.read() as connection:
        duration_ms = own_recording(connection, visitor, call_id).duration_ms
    span = Span(start_ms=from_ms, end_ms=min(to_ms, duration_ms))
    if span.length_ms <= 0:
        raise BadRequestError(f"there is nothing between {from_ms} and {to_ms} ms; the call is {duration_ms} ms long")
    if span.length_ms > LONGEST_CLIP_MS:
        raise BadRequestError(f"a part has at most {LONGEST_CLIP_MS // 60_000} minutes; hear the call as a whole")
    recording, ready = _ready(site, visitor, call_id, unredacted=unredacted)
    made = ready_clip(site, ready, span)
    _log(site, visitor, recording, unredacted=unredacted, part=span)
    return _sound_file(request, made, f"{ready.tag}-{span.start_ms}-{span.end_ms}")


@router.get("/calls/{call_id}/peaks")
def peaks(request: Request, visitor: Listener, call_id: CallId) -> Response:
    """Return the heights of a call's waveform, channel by channel, as it is heard with personal data silenced."""
    site = site_of(request)
    recording, ready = _ready(site, visitor, call_id, unredacted=False)
    found = {"duration": recording.duration_ms / 1000, "peaks": read_peaks(ready)}
    return JSONResponse(found, headers={"Cache-Control": "private, max-age=300"})


def _ready(site: Site, visitor: Visitor, call_id: str, *, unredacted: bool) -> tuple[Recording, ReadySound]:
    if unredacted and not visitor.user.hears_unredacted:
        raise NotToBeHeardError
    with site.store.read() as connection:
        recording = own_recording(connection, visitor, call_id)
        transcript = transcript_of(connection, call_id)
    return recording, ready_sound(site, recording, transcript, unredacted=unredacted)


def _log(site: Site, visitor: Visitor, recording: Recording, *, unredacted: bool, part: Span | None) -> None:
    heard: dict[tuple[object, ...], datetime] = site.kept.setdefault(_HEARD, {})
    now = site.now()
    key = (visitor.user.user_id, recording.call_id, unredacted, part)
    if key in heard and timedelta(0) <= now - heard[key] < ONCE_IN:
        return
    action = "hear-unredacted" if unredacted else "hear"
    told = {} if part is None else {"from_ms": part.start_ms, "to_ms": part.end_ms}
    site.log(visitor, Act(action=action, subject=("call", recording.call_id), details=told))
    if len(heard) >= _MOST_KEPT:
        heard.clear()  # then some are logged twice: never too seldom
    heard[key] = now


def _sound_file(request: Request, path: Path, tag: str) -> Response:
    # never kept by the browser: the next person at the machine may be another
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-store"}
    if keys_in_use() is None:
        return FileResponse(path, media_type="audio/flac", headers=headers)
    return opened_response(request, open_playback(path), media_type="audio/flac", headers=headers)
