"""Intake: add recordings, see what waits, is at work, failed and was done, and have what failed tried again."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import FORM_HEADER, Needs, Visitor
from app.web.errors import BadRequestError, RequestError
from app.web.intake.keep import Received, checked, drop, keep
from app.web.intake.receive import receive_upload
from app.web.intake.view import SHOWN, IntakePage, facts_of, folder_with_manifest, held_back_view, work_of
from app.web.queue.choices import choices_of
from app.web.site import Site, site_of
from pipeline.errors import MediaAwayError, NotFoundError
from pipeline.media.facts import facts_of as media_facts
from pipeline.media.facts import is_file
from pipeline.media.place import Place, place_of
from pipeline.store.intake_failures import get_failed_call, list_failed_calls, list_held_back, ready_lately
from pipeline.store.known_files import rejected_files
from pipeline.store.uploads import Upload, get_upload, put_upload, try_again, waits_already

router = APIRouter()


class GoingOnError(RequestError):
    """What is to be tried again waits already, or did not fail."""

    status = 409

    def __init__(self) -> None:
        super().__init__("this is waiting or at work already, or has gone through by now: look at the list again")


@router.get("/intake")
def intake(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_SEE))]) -> Response:
    """Show what comes in."""
    site = site_of(request)
    scope = visitor.scope
    with site.store.read() as connection:
        failed, failed_count = list_failed_calls(connection, scope, limit=SHOWN)
        held_back, held_back_count = list_held_back(connection, limit=SHOWN) if scope.whole else ([], 0)
        ready = ready_lately(connection, scope, limit=SHOWN // 2)
        choices = choices_of(site, connection, scope)
    held_views = tuple(held_back_view(file, named=visitor.knows_agents) for file in held_back)
    page = IntakePage(
        work=work_of(site, visitor),
        failed=tuple(failed),
        failed_count=failed_count,
        held_back=held_views if scope.whole else None,
        held_back_count=held_back_count,
        ready=tuple(ready),
        facts=facts_of(site, scope),
        choices=choices,
        suffixes=site.settings.intake.suffixes,
        own_teams=scope.teams,
    )
    site.log(visitor, Act(action="view", subject=("list", "intake")))
    return site.page(request, "intake/intake.html", visitor, page=page)


@router.get("/intake/work")
def work(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_SEE))]) -> Response:
    """Show only how far uploads are: the page asks again and again."""
    site = site_of(request)
    return site.page(request, "intake/work_part.html", visitor, work=work_of(site, visitor))


@router.post("/intake/uploads")
def add_recordings(
    request: Request,
    form: Annotated[FormData, Depends(receive_upload)],
    visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_ADD))],
) -> Response:
    """Keep recordings and have them run. Of several, all are kept or none."""
    site = site_of(request)
    typed = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    sent = [value for name, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]
    if not sent:
        raise BadRequestError("choose at least one recording")
    received = [checked(file, typed, site, visitor.scope) for file in sent]
    _keep_all(site, visitor, received)
    if FORM_HEADER in request.headers:  # a script sends file by file, and asks for the list itself
        return Response(status_code=201)
    return RedirectResponse("/intake", status_code=303)


@router.post("/intake/retry/uploads/{upload_id}")
def retry_upload(
    request: Request, upload_id: str, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_ADD))]
) -> Response:
    """Have an upload that failed tried again."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        upload = get_upload(connection, upload_id)
        whole_or_own = upload is not None and (visitor.scope.whole or upload.uploaded_by == visitor.user.name)
        if upload is None or not whole_or_own:
            raise NotFoundError("there is no such upload")
        if not try_again(connection, upload_id, now=site.now()):
            raise GoingOnError
        acts.append(Act(action="retry", subject=("upload", upload_id)))
    return RedirectResponse("/intake", status_code=303)


@router.post("/intake/retry/calls/{call_id}")
def retry_call(
    request: Request, call_id: str, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_ADD))]
) -> Response:
    """Have a call that failed processed again; what is known about it stays."""
    site = site_of(request)
    with site.store.read() as connection:
        failed = get_failed_call(connection, call_id, visitor.scope)
    if failed is None:
        raise NotFoundError("there is no such call, or it has gone through by now")
    _run_again(site, visitor, place_of(failed.media_uri, site.settings.intake), ("call", call_id), call_id=call_id)
    return RedirectResponse("/intake", status_code=303)


@router.post("/intake/retry/files/{file_id}")
def retry_file(
    request: Request, file_id: str, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_ADD))]
) -> Response:
    """Have a file that was held back taken in again."""
    site = site_of(request)
    if not visitor.scope.whole:
        raise NotFoundError("there is no such file")
    with site.store.read() as connection:
        held_back = rejected_files(connection, file_id)
    for file in held_back:
        place = place_of(file.media_uri, site.settings.intake)
        folder = folder_with_manifest(place)
        if folder is not None:
            raise BadRequestError(f"a manifest further up tells about this file; run its folder: earmark run {folder}")
        if not is_file(place):
            raise NotFoundError("the file is not there any more")
        _run_again(site, visitor, place, ("file", file.file_id), call_id=None)
    return RedirectResponse("/intake", status_code=303)


def _keep_all(site: Site, visitor: Visitor, received: list[Received]) -> None:
    kept: list[Upload] = []
    try:
        for each in received:
            kept.append(keep(each, site, by=visitor.user.name, now=site.now()))
        with site.editing(visitor) as (connection, acts):
            for upload in kept:
                put_upload(connection, upload)
                told = {"size_bytes": upload.size_bytes}
                acts.append(Act(action="upload", subject=("upload", upload.upload_id), details=told))
    except BaseException:
        for upload in kept:
            drop(Path(upload.media_uri))
        raise


def _size_of(place: Place) -> int:
    """Return a file's size, for show; the run itself says that a server is away."""
    try:
        return media_facts(place).size_bytes if is_file(place) else 0
    except MediaAwayError:
        return 0


def _run_again(site: Site, visitor: Visitor, place: Place, subject: tuple[str, str], *, call_id: str | None) -> None:
    now = site.now()
    size = _size_of(place)
    with site.editing(visitor) as (connection, acts):
        if waits_already(connection, str(place)):
            raise GoingOnError
        again = Upload(
            upload_id=f"up-{secrets.token_hex(8)}",
            name=place.name,
            media_uri=str(place),
            size_bytes=size,
            uploaded_by=visitor.user.name,
            uploaded_at=now,
            changed_at=now,
            call_id=call_id,
        )
        put_upload(connection, again)
        acts.append(Act(action="retry", subject=subject))
