"""What is sent back after something was changed on a call's page: the parts that changed, or the page again."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.web.access.visitor import Visitor
from app.web.call.page import CallPage, call_page
from app.web.site import site_of


def rest_of_query(request: Request) -> str:
    """Return what the address says beside the score to show: from which list of calls one came."""
    fields = request.query_params.multi_items()
    return urlencode([(name, value) for name, value in fields if name != "rubric" or "@" not in value])


def changed(
    request: Request, visitor: Visitor, before: CallPage, told: str, *, criterion_id: str | None = None, at: str = ""
) -> Response:
    """Return what a call's page shows otherwise now: to htmx these parts, to a browser the whole page.

    Args:
        request: What changed it.
        visitor: Who did.
        before: The page before that.
        told: What was done, in words.
        criterion_id: The question that it was about; None for the call.
        at: Where on the page the reader was, if not there.
    """
    call_id = before.recording.call_id
    rest = rest_of_query(request)
    if request.headers.get("hx-request") != "true":
        anchor = at or (f"criterion-{criterion_id}" if criterion_id else "call-head")
        address = f"/calls/{quote(call_id)}" + (f"?{rest}" if rest else "")
        return RedirectResponse(f"{address}#{quote(anchor)}", status_code=303)
    site = site_of(request)
    with site.store.read() as connection:
        after = call_page(connection, site, visitor, call_id)
    stood = {criterion.id: criterion for criterion in before.criteria}
    others = [c for c in after.criteria if c.id != criterion_id and c != stood.get(c.id)]
    own = next((c for c in after.criteria if c.id == criterion_id), None)
    answer = site.page(request, "call/changed.html", visitor, page=after, rest=rest, own=own, others=others)
    answer.headers["HX-Trigger"] = json.dumps({"told": told})
    return answer
