"""Watch the backlog: a small flow that tells Prefect, as events, what needs somebody's attention."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.events import emit_event
from prefect.states import Completed

from flows.runtime import current, utc_now
from flows.situation import situation_of
from pipeline.watching.attention import needs_attention

ATTENTION = "earmark.attention"
"""The event; its resource is ``earmark.attention.CODE``. `flows.alerts` has Prefect act on it."""


@flow(name="watch the backlog")
def watch_backlog() -> Any:
    """Emit an event for everything that needs attention; its payload holds figures only.

    Raises:
        StoreError: The database cannot be read: the run fails, which is an alert as well.
    """
    runtime = current()
    situation = situation_of(runtime.settings, runtime.store, now=utc_now())
    found = needs_attention(situation, runtime.settings.alerts)
    for each in found:
        resource = {"prefect.resource.id": f"{ATTENTION}.{each.code}", "prefect.resource.name": each.code}
        emit_event(ATTENTION, resource=resource, payload={"code": each.code, "told": each.told})
    return Completed(message=", ".join(each.code for each in found) or "nothing needs attention")


if __name__ == "__main__":
    watch_backlog()
