"""Webhooks: addresses that are told of new scores, new flags and finished batches."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError, RequestError
from app.web.site import site_of
from app.web.webhooks.addresses import check_url
from pipeline.errors import NotFoundError
from pipeline.records.webhooks import TOLD_EVENTS, Delivery, Webhook, WebhookEvent
from pipeline.store.webhooks import (
    deliveries_of,
    get_webhook,
    list_webhooks,
    put_webhook,
    remove_webhook,
    switch_webhook,
    tell_one,
    try_again,
)

router = APIRouter()

Manager = Annotated[Visitor, Depends(Needs(Permission.WEBHOOKS_MANAGE))]

SHOWN_DELIVERIES = 50
_PREFIX = "ews_"
_MOST = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhooksPage:
    """What the page shows.

    Attributes:
        secret: What deliveries of a webhook that was just made are signed with: it is shown once.
        told: What is wrong with what was sent.
    """

    webhooks: tuple[Webhook, ...]
    events: tuple[WebhookEvent, ...] = TOLD_EVENTS
    secret: str | None = None
    told: str = ""
    url: str = ""
    chosen: frozenset[str] = frozenset(event.value for event in TOLD_EVENTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookPage:
    """What the page of one webhook shows."""

    webhook: Webhook
    deliveries: tuple[Delivery, ...]


@router.get("/webhooks")
def webhooks(request: Request, visitor: Manager) -> Response:
    """List webhooks, and offer to make one."""
    site = site_of(request)
    with site.store.read() as connection:
        found = list_webhooks(connection)
    return site.page(request, "webhooks/webhooks.html", visitor, page=WebhooksPage(webhooks=tuple(found)))


@router.post("/webhooks")
def makes_webhook(
    request: Request,
    visitor: Manager,
    url: Annotated[str, Form(max_length=2000)] = "",
    events: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make a webhook, and show its secret this once."""
    site = site_of(request)
    chosen = frozenset(events or ())
    secret = _PREFIX + secrets.token_urlsafe(32)
    problem = ""
    try:
        made = _made(url, chosen, request, visitor)
        with site.editing(visitor) as (connection, acts):
            if len(list_webhooks(connection)) >= _MOST:
                raise BadRequestError(f"there are {_MOST} webhooks already: remove one first")
            put_webhook(connection, made, secret=secret)
            details = {"did": "made", "host": check_url(made.url, _hosts(request)).host, "events": sorted(chosen)}
            acts.append(Act(action="webhook", subject=("webhook", made.webhook_id), details=details))
    except RequestError as error:
        problem = str(error)
    with site.store.read() as connection:
        found = tuple(list_webhooks(connection))
    if problem:
        page = WebhooksPage(webhooks=found, told=problem, url=url, chosen=chosen)
        return site.page(request, "webhooks/webhooks.html", visitor, status=422, page=page)
    page = WebhooksPage(webhooks=found, secret=secret)
    return site.page(request, "webhooks/webhooks.html", visitor, status=201, page=page)


@router.get("/webhooks/{webhook_id}")
def webhook(request: Request, visitor: Manager, webhook_id: str) -> Response:
    """Show a webhook with its last deliveries."""
    site = site_of(request)
    with site.store.read() as connection:
        found = get_webhook(connection, webhook_id)
        deliveries = deliveries_of(connection, webhook_id, limit=SHOWN_DELIVERIES)
    page = WebhookPage(webhook=found, deliveries=tuple(deliveries))
    return site.page(request, "webhooks/webhook.html", visitor, page=page)


@router.post("/webhooks/{webhook_id}/switch")
def switches(request: Request, visitor: Manager, webhook_id: str, active: Annotated[bool, Form()] = False) -> Response:
    """Switch a webhook on or off."""
    with site_of(request).editing(visitor) as (connection, acts):
        get_webhook(connection, webhook_id)
        switch_webhook(connection, webhook_id, active=active)
        details = {"did": "switched on" if active else "switched off"}
        acts.append(Act(action="webhook", subject=("webhook", webhook_id), details=details))
    return _back(webhook_id)


@router.post("/webhooks/{webhook_id}/test")
def tests(request: Request, visitor: Manager, webhook_id: str) -> Response:
    """Send a test."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        if not get_webhook(connection, webhook_id).active:
            raise BadRequestError("the webhook is off: switch it on first")
        tell_one(connection, webhook_id, WebhookEvent.TEST, now=site.now())
        acts.append(Act(action="webhook", subject=("webhook", webhook_id), details={"did": "tested"}))
    return _back(webhook_id)


@router.post("/webhooks/{webhook_id}/remove")
def removes(request: Request, visitor: Manager, webhook_id: str) -> Response:
    """Remove a webhook with its deliveries."""
    with site_of(request).editing(visitor) as (connection, acts):
        get_webhook(connection, webhook_id)
        remove_webhook(connection, webhook_id)
        acts.append(Act(action="webhook", subject=("webhook", webhook_id), details={"did": "removed"}))
    return RedirectResponse("/webhooks", status_code=303)


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/again")
def tries_again(request: Request, visitor: Manager, webhook_id: str, delivery_id: str) -> Response:
    """Try a delivery again at once."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        if not try_again(connection, webhook_id, delivery_id, now=site.now()):
            raise NotFoundError("no such delivery waits or was given up")
        details = {"did": "tried again", "delivery": delivery_id}
        acts.append(Act(action="webhook", subject=("webhook", webhook_id), details=details))
    return _back(webhook_id)


def _made(url: str, chosen: frozenset[str], request: Request, visitor: Visitor) -> Webhook:
    """Return a webhook as it is kept.

    Raises:
        RequestError: The address is none that a webhook may go to, or nothing is chosen that can be told.
    """
    checked = check_url(url, _hosts(request))
    events = tuple(event for event in TOLD_EVENTS if event.value in chosen)
    if not events or len(events) != len(chosen):
        raise BadRequestError(f"choose what it is told of: {', '.join(TOLD_EVENTS)}")
    return Webhook(
        webhook_id="wh-" + secrets.token_hex(8),
        url=str(checked.url),
        events=events,
        active=True,
        created_by=visitor.user.name,
        created_at=site_of(request).now(),
    )


def _hosts(request: Request) -> tuple[str, ...]:
    return site_of(request).settings.console.webhooks_insecure_hosts


def _back(webhook_id: str) -> Response:
    return RedirectResponse(f"/webhooks/{webhook_id}", status_code=303)
