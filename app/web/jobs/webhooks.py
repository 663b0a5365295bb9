"""The outbox of webhooks is delivered beside requests: again and again for a day, then given up and shown."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.web.background import Job
from app.web.site import Site
from app.web.webhooks.sending import send
from pipeline.records.webhooks import Delivery, DeliveryState
from pipeline.store.webhooks import DueDelivery, claim_due, forget_deliveries, has_due, settle_delivery

EVERY_S = 2.0
AT_ONCE = 10
TRIED_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=30)

_CLAIMED_FOR = timedelta(minutes=2)  # longer than an attempt can take, a slow name server included
_FIRST_WAIT_S = 30.0
_LONGEST_WAIT_S = 7200.0


def deliver(site: Site) -> bool:
    """Try what is due; tell whether there may be more."""
    now = site.now()
    with site.store.read() as connection:
        if not has_due(connection, now):
            return False
    with site.store.begin() as connection:
        due = claim_due(connection, now=now, until=now + _CLAIMED_FOR, most=AT_ONCE)
    if due:
        outcomes = asyncio.run(_send_all(site, due))
        with site.store.begin() as connection:
            for one, (taken, answer) in zip(due, outcomes, strict=True):
                state, next_at = _after(one.delivery, taken=taken, now=site.now())
                settle_delivery(connection, one.delivery.delivery_id, state, answer=answer, next_at=next_at)
    return len(due) == AT_ONCE


def forget(site: Site) -> bool:
    """Forget what was delivered or given up long ago."""
    with site.store.begin() as connection:
        forget_deliveries(connection, before=site.now() - KEPT_FOR)
    return False


def wait_s(attempts: int) -> float:
    """Return how long to wait after so many attempts: twice as long each time, never quite the same."""
    grown = min(_FIRST_WAIT_S * 2 ** min(attempts - 1, 20), _LONGEST_WAIT_S)
    return float(grown * (0.8 + 0.4 * secrets.randbelow(1000) / 1000))


async def _send_all(site: Site, due: Sequence[DueDelivery]) -> list[tuple[bool, str]]:
    console = site.settings.console
    base, hosts = console.address, console.webhooks_insecure_hosts
    sending = (send(one, base=base, insecure_hosts=hosts, now=site.now()) for one in due)
    outcomes = await asyncio.gather(*sending, return_exceptions=True)  # what breaks one delivery, stops no other
    return [_failed(each) if isinstance(each, BaseException) else each for each in outcomes]


def _failed(error: BaseException) -> tuple[bool, str]:
    return False, f"could not be sent ({type(error).__name__})"


def _after(delivery: Delivery, *, taken: bool, now: datetime) -> tuple[DeliveryState, datetime]:
    if taken:
        return DeliveryState.DELIVERED, now
    next_at = now + timedelta(seconds=wait_s(delivery.attempts + 1))
    over = next_at > delivery.made_at + TRIED_FOR
    return (DeliveryState.GIVEN_UP, now) if over else (DeliveryState.WAITING, next_at)


JOBS = (
    Job(name="webhooks", every_s=EVERY_S, run=deliver),
    Job(name="old deliveries", every_s=3600, run=forget),
)
