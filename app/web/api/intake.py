"""Intake: what was uploaded and how far it is, uploading a recording, having what failed tried again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Id, make_router, problems
from app.web.api.sight import act, looked, not_there
from app.web.errors import BadRequestError, RequestError
from app.web.intake.keep import LONGEST_TYPED, TYPED, checked, drop, keep
from app.web.intake.receive import receive_upload
from app.web.intake.view import work_of
from app.web.site import site_of
from pipeline.store.uploads import Upload, UploadState, get_upload, put_upload, try_again

router = make_router("intake")

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The recording."},
                        **{name: {"type": "string", "maxLength": LONGEST_TYPED} for name in TYPED},
                        "started_at": {
                            "type": "string",
                            "maxLength": LONGEST_TYPED,
                            "description": "Such as 2026-10-14T10:22:31+02:00.",
                        },
                    },
                }
            }
        },
    }
}


class UploadShape(BaseModel):
    """A recording that was uploaded, or is tried again."""

    upload_id: str
    name: str
    size_bytes: int
    state: UploadState
    call_id: str | None = Field(description="The call in it, once that is known.")
    reason: str | None = Field(description="Why it failed, or what it waits for.")
    uploaded_by: str
    uploaded_at: datetime
    changed_at: datetime


class UploadsShape(BaseModel):
    """What was uploaded lately, or is going on."""

    items: list[UploadShape]


class _GoingOnError(RequestError):
    status = 409


@router.get("/intake/uploads", response_model=UploadsShape)
def intake_list(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_SEE))]) -> UploadsShape:
    """List uploads that are going on, and those that ended in the last 7 days: at most 100, the newest first."""
    site = site_of(request)
    found = work_of(site, visitor).uploads
    looked(site, visitor, "list", "intake", uploads=len(found))
    return UploadsShape(items=[_shape(each.upload, each.state, each.call_id) for each in found])


@router.post(
    "/intake/uploads",
    response_model=UploadShape,
    status_code=201,
    responses=problems(400, 413),
    openapi_extra=_FORM,
)
def intake_upload(
    request: Request,
    form: Annotated[FormData, Depends(receive_upload)],
    visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_ADD))],
) -> UploadShape:
    """Upload one recording, as the field `file` of a form, with what is known about it beside it; it is run at once."""
    site = site_of(request)
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1 or not files[0].filename:
        raise BadRequestError("send one recording, as the field file")
    typed = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    unknown = sorted(set(typed) - {*TYPED, "started_at"})
    if unknown:
        raise BadRequestError(f"a field is not known; there are: {', '.join((*TYPED, 'started_at'))}")
    upload = keep(checked(files[0], typed, site, visitor.scope), site, by=visitor.user.name, now=site.now())
    try:
        with site.editing(visitor) as (connection, acts):
            put_upload(connection, upload)
            acts.append(act(visitor, "upload", "upload", upload.upload_id, size_bytes=upload.size_bytes))
    except BaseException:
        drop(FilePath(upload.media_uri))
        raise
    return _shape(upload, upload.state, upload.call_id)


@router.post("/intake/uploads/{upload_id}/retry", response_model=UploadShape, responses=problems(409))
def intake_retry(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.INTAKE_ADD))], upload_id: Id
) -> UploadShape:
    """Have an upload that failed tried again."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        upload = get_upload(connection, upload_id)
        if upload is None or not (visitor.scope.whole or upload.uploaded_by == visitor.user.name):
            raise not_there("upload", upload_id)
        if not try_again(connection, upload_id, now=site.now()):
            raise _GoingOnError("this is waiting or at work already, or has gone through by now")
        acts.append(act(visitor, "retry", "upload", upload_id))
        again = get_upload(connection, upload_id) or upload
    return _shape(again, again.state, again.call_id)


def _shape(upload: Upload, state: UploadState, call_id: str | None) -> UploadShape:
    told = {name: getattr(upload, name) for name in UploadShape.model_fields}
    return UploadShape(**{**told, "state": state, "call_id": call_id})
