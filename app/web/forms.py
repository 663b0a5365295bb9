"""Forms that a handler reads itself, because not just anybody may send it one."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request


async def form_of(request: Request) -> FormData:
    """Return what a form sent; its files are closed when the request has been answered."""
    form = await request.form()
    request.state.form = form
    return form
