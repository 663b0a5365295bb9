"""Digests as a Prefect flow: one task for each team and period, so that a schedule shows which did not go out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow, task
from prefect.states import Completed

from flows.digests import Wanted, orders_of, send_digests
from flows.runtime import current, utc_now
from pipeline.digests.delivery import Order
from pipeline.errors import ReportError

ACTOR = "schedule"
RETRIES = 2
RETRY_DELAY_S = 300


@task(name="send digest")
def send_digest(team: str, label: str, listed_at: datetime) -> None:
    """Send what is left to be sent of one digest.

    Args:
        team: Of which team.
        label: Of which period.
        listed_at: When the flow found it to be due; midnight may have passed since.

    Raises:
        ReportError: Something has to be tried again.
    """
    runtime = current()
    settings, store = runtime.settings, runtime.store
    due = [order for order in _orders(listed_at) if (order.team, order.period.label) == (team, label)]
    for done in send_digests(due, settings, store, now=utc_now(), actor=ACTOR):
        for problem in done.problems:
            runtime.report("digest_failed", f"{team} {label}: {problem}")
        if not done.whole:
            raise ReportError(f"{team} {label}: not delivered to everybody")


# The whole flow is tried again, not each task: with the mail server down, waiting once is enough for all of them, and
# scoring waits for this run. Claims see to it that nobody gets a digest twice.
@flow(name="send digests", retries=RETRIES, retry_delay_seconds=RETRY_DELAY_S)
def send_due_digests() -> Any:
    """Send the digests of the days, weeks or months that have ended, to those who do not have them.

    Raises:
        ReportError: Some could not be delivered: tried again after some minutes, and then by the next run.
    """
    now = utc_now()
    states = {
        f"{order.team} {order.period.label}": send_digest(order.team, order.period.label, now, return_state=True)
        for order in _orders(now)
    }
    failed = [name for name, state in states.items() if not state.is_completed()]
    if failed:
        raise ReportError(f"to be tried again by the next run: {', '.join(failed)}")
    return Completed(message=f"{len(states)} digests")


def _orders(now: datetime) -> list[Order]:
    runtime = current()
    return orders_of(Wanted(), runtime.settings, runtime.store, now=now)
