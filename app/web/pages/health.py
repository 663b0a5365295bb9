"""For those who watch: whether the console lives, whether it can work, and its metrics. Nobody signs in for these."""

from __future__ import annotations

import ipaddress
import secrets

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.metrics import CONTENT_TYPE
from app.web.site import Site, site_of
from app.web.watching import Watch
from pipeline.errors import StoreError
from pipeline.store.migrate import newest_version, version_of

router = APIRouter()


@router.api_route("/health", methods=["GET", "HEAD"])
async def health() -> Response:
    """Say that this process answers, whatever else is broken: what restarts it must not do so for the database."""
    return JSONResponse({"status": "ok"})


@router.api_route("/health/ready", methods=["GET", "HEAD"])
def ready(request: Request) -> Response:
    """Say whether pages can be shown now, and if not, why, in words without addresses and names."""
    reason = _unready(site_of(request))
    if reason is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Return the metrics, to this machine or to who has the token: how much a centre records is its own business."""
    if not _may_read(request):
        told = "Metrics are for this machine, or for who has the token (docs/watching.md).\n"
        return PlainTextResponse(told, status_code=401, headers={"WWW-Authenticate": "Bearer"})
    watch: Watch = request.app.state.watch
    return Response(watch.text(), headers={"Content-Type": CONTENT_TYPE})


def _unready(site: Site) -> str | None:
    try:
        with site.store.read() as connection:
            version = version_of(connection)
    except StoreError:
        return "the database does not answer"
    if version != newest_version():
        return f"the database is at version {version or 'none'}, this Earmark works with {newest_version()}"
    return None


def _may_read(request: Request) -> bool:
    """Tell whether somebody may read metrics.

    Behind a proxy every request may seem to come from this machine, so that the token is needed there.
    """
    console = site_of(request).settings.console
    if console.metrics_token is None:
        return console.public_url is None and _is_loopback(request.client.host if request.client else "")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = console.metrics_token.get_secret_value()
    return scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), token.encode())


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
