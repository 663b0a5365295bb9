"""Webhooks: addresses that are told what happened, and what became of each telling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class WebhookEvent(StrEnum):
    """What can be told."""

    SCORE_CREATED = "score.created"
    FLAG_RAISED = "flag.raised"
    BATCH_FINISHED = "batch.finished"
    TEST = "test"


TOLD_EVENTS = (WebhookEvent.SCORE_CREATED, WebhookEvent.FLAG_RAISED, WebhookEvent.BATCH_FINISHED)
"""What a webhook can be made for; a test is sent to any."""


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """An address that is told what happened; what it is signed with is kept apart and never shown again."""

    webhook_id: str
    url: str
    events: tuple[WebhookEvent, ...]
    active: bool
    created_by: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One telling.

    Attributes:
        payload: Ids and counts: never words of a call, nor personal data.
        next_at: When it is tried next; while it is being tried, when another server may try it.
        answer: Status or fault of the last attempt; None before the first.
    """

    delivery_id: str
    webhook_id: str
    event: WebhookEvent
    payload: Mapping[str, Any]
    state: DeliveryState
    attempts: int
    next_at: datetime
    made_at: datetime
    answer: str | None = None
