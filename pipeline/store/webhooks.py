"""Webhooks and their outbox: what is to be told is written in the transaction in which it happened."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from pipeline.canonical import canonical_json
from pipeline.errors import NotFoundError
from pipeline.records.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent
from pipeline.store.console_tables import webhook_deliveries, webhooks


@dataclass(frozen=True, kw_only=True, slots=True)
class DueDelivery:
    """A delivery that this server has taken on, with where it goes and what it is signed with."""

    delivery: Delivery
    url: str
    secret: str


def put_webhook(connection: Connection, webhook: Webhook, *, secret: str) -> None:
    """Keep a new webhook."""
    connection.execute(
        webhooks.insert().values(
            webhook_id=webhook.webhook_id,
            url=webhook.url,
            secret=secret,
            events=json.dumps([event.value for event in webhook.events]),
            active=webhook.active,
            created_by=webhook.created_by,
            created_at=webhook.created_at,
        )
    )


def list_webhooks(connection: Connection) -> list[Webhook]:
    """Return all webhooks, the oldest first."""
    ordered = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.webhook_id)
    return [_webhook(row) for row in connection.execute(ordered)]


def get_webhook(connection: Connection, webhook_id: str) -> Webhook:
    """Return a webhook.

    Raises:
        NotFoundError: There is none of that id.
    """
    row = connection.execute(select(webhooks).where(webhooks.c.webhook_id == webhook_id)).first()
    if row is None:
        raise NotFoundError(f"no webhook {webhook_id!r}; the page /webhooks lists those there are")
    return _webhook(row)


def switch_webhook(connection: Connection, webhook_id: str, *, active: bool) -> None:
    """Switch a webhook on or off; what waits for one that is off is sent when it is on again, within its day."""
    connection.execute(update(webhooks).where(webhooks.c.webhook_id == webhook_id).values(active=active))


def remove_webhook(connection: Connection, webhook_id: str) -> None:
    """Forget a webhook and its deliveries."""
    connection.execute(delete(webhook_deliveries).where(webhook_deliveries.c.webhook_id == webhook_id))
    connection.execute(delete(webhooks).where(webhooks.c.webhook_id == webhook_id))


def tell(connection: Connection, event: WebhookEvent, payloads: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Let every active webhook that wants an event be told of it, each payload in a delivery of its own.

    Args:
        connection: The transaction in which it happened: both are kept, or neither.
        event: What happened.
        payloads: Ids and counts; never words of a call, nor personal data.
        now: When.
    """
    if not payloads:
        return
    wanted = [hook.webhook_id for hook in list_webhooks(connection) if hook.active and event in hook.events]
    rows = [_row(webhook_id, event, payload, now) for payload in payloads for webhook_id in wanted]
    if rows:
        connection.execute(webhook_deliveries.insert(), rows)


def tell_of_scores(
    connection: Connection, scores: Sequence[Mapping[str, Any]], flags: Sequence[Mapping[str, Any]], *, now: datetime
) -> None:
    """Let webhooks be told of new scores and of the flags that they raised, one delivery for the flags of one score.

    Args:
        connection: The transaction that stores them.
        scores: Rows of the table of scores.
        flags: Rows of the table of flags, of these scores.
        now: When.
    """
    raised: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for flag in flags:
        raised[flag["score_id"]].append({name: flag[name] for name in ("flag_id", "code", "severity")})
    of_score = ("call_id", "score_id", "rubric_id", "rubric_version")
    told = [{**{name: score[name] for name in of_score}, "flags": len(raised[score["score_id"]])} for score in scores]
    tell(connection, WebhookEvent.SCORE_CREATED, told, now=now)
    flagged = [{**score, "flags": raised[score["score_id"]]} for score in told if score["flags"]]
    tell(connection, WebhookEvent.FLAG_RAISED, flagged, now=now)


def tell_one(connection: Connection, webhook_id: str, event: WebhookEvent, *, now: datetime) -> str:
    """Let one webhook be told, whatever it wants, and return the delivery's id."""
    row = _row(webhook_id, event, {}, now)
    connection.execute(webhook_deliveries.insert(), [row])
    return str(row["delivery_id"])


def deliveries_of(connection: Connection, webhook_id: str, *, limit: int) -> list[Delivery]:
    """Return a webhook's deliveries, the newest first."""
    column = webhook_deliveries.c
    of_hook = select(webhook_deliveries).where(column.webhook_id == webhook_id)
    ordered = of_hook.order_by(column.made_at.desc(), column.delivery_id).limit(limit)
    return [_delivery(row) for row in connection.execute(ordered)]


def claim_due(connection: Connection, *, now: datetime, until: datetime, most: int) -> list[DueDelivery]:
    """Take on deliveries that are due: no other server tries them before ``until``.

    Args:
        connection: A transaction that writes.
        now: What is due.
        until: When others may try them, should this server be gone.
        most: How many at most.
    """
    taken = []
    for row in connection.execute(_due(now).limit(most)).all():
        mine = _unchanged(row).values(next_at=until, attempts=row.attempts + 1)
        if connection.execute(mine).rowcount == 1:  # another server may have been first
            taken.append(DueDelivery(delivery=_delivery(row), url=row.url, secret=row.secret))
    return taken


def has_due(connection: Connection, now: datetime) -> bool:
    """Tell whether something is to be delivered."""
    return connection.execute(_due(now).limit(1)).first() is not None


def settle_delivery(
    connection: Connection, delivery_id: str, state: DeliveryState, *, answer: str, next_at: datetime
) -> None:
    """Keep what became of an attempt."""
    column = webhook_deliveries.c
    this = update(webhook_deliveries).where(column.delivery_id == delivery_id)
    connection.execute(this.values(state=state.value, answer=answer, next_at=next_at))


def try_again(connection: Connection, webhook_id: str, delivery_id: str, *, now: datetime) -> bool:
    """Let a delivery be tried again at once, for another day; tell whether there is one that was not delivered."""
    column = webhook_deliveries.c
    this = update(webhook_deliveries).where(
        column.delivery_id == delivery_id,
        column.webhook_id == webhook_id,
        column.state != DeliveryState.DELIVERED.value,
    )
    again = this.values(state=DeliveryState.WAITING.value, attempts=0, next_at=now, made_at=now)
    return connection.execute(again).rowcount == 1


def forget_deliveries(connection: Connection, *, before: datetime) -> int:
    """Forget what was delivered or given up before then; return how many."""
    column = webhook_deliveries.c
    done = column.state != DeliveryState.WAITING.value
    return connection.execute(delete(webhook_deliveries).where(done, column.next_at < before)).rowcount


def _due(now: datetime) -> Select[Any]:
    column = webhook_deliveries.c
    return (
        select(webhook_deliveries, webhooks.c.url, webhooks.c.secret)
        .join(webhooks, webhooks.c.webhook_id == column.webhook_id)
        .where(column.state == DeliveryState.WAITING.value, column.next_at <= now, webhooks.c.active.is_(True))
        .order_by(column.next_at, column.delivery_id)
    )


def _unchanged(row: Any) -> Any:
    column = webhook_deliveries.c
    return update(webhook_deliveries).where(
        column.delivery_id == row.delivery_id,
        column.state == DeliveryState.WAITING.value,
        column.attempts == row.attempts,
        column.next_at == row.next_at,
    )


def _row(webhook_id: str, event: WebhookEvent, payload: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": "wd-" + secrets.token_hex(12),
        "webhook_id": webhook_id,
        "event": event.value,
        "payload": canonical_json(dict(payload)),
        "state": DeliveryState.WAITING.value,
        "attempts": 0,
        "next_at": now,
        "made_at": now,
    }


def _webhook(row: Any) -> Webhook:
    return Webhook(
        webhook_id=row.webhook_id,
        url=row.url,
        events=tuple(WebhookEvent(event) for event in json.loads(row.events)),
        active=row.active,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        webhook_id=row.webhook_id,
        event=WebhookEvent(row.event),
        payload=json.loads(row.payload),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        made_at=row.made_at,
        answer=row.answer,
    )
