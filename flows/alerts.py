"""Alerts as automations of the Prefect server that a centre has: what happens when runs fail or work stands still."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from flows.prefect_home import told_as_server_error
from flows.temporary_server import API_URL
from pipeline.config import AlertSettings
from pipeline.errors import ServerError

if TYPE_CHECKING:
    from prefect.automations import Automation

WEBHOOK_BLOCK = "earmark-alerts"
FLOWS = (
    "score recordings",
    "score calls",
    "score arrivals",
    "intake",
    "work through the backlog",
    "scorecards",
    "watch the backlog",
    "send digests",
    "find contact reasons",
    "apply retention",
    "rescore",
)
"""Flows that stand for themselves: whose runs somebody has to hear of when they fail."""

_WATCH = "watch the backlog"
_POOLS = "earmark-*"
ENDED_BADLY = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """An automation that stands on the server now."""

    name: str
    became: Literal["made", "updated"]
    enabled: bool


def set_up_alerts(alerts: AlertSettings) -> list[Alert]:
    """Make Earmark's automations on the Prefect server, or bring them to these settings.

    One that somebody has switched off there stays off.

    Raises:
        ServerError: ``PREFECT_API_URL`` names no server, or that one refuses.
    """
    if not os.environ.get(API_URL):
        raise ServerError(
            f"automations stand on a Prefect server: name yours in {API_URL}, such as "
            "http://prefect.example.org:4200/api; without one, earmark status --check tells the same to cron"
        )
    with told_as_server_error():
        actions = [_action(alerts)]
        return [put_automation(each) for each in automations(alerts, actions)]


def automations(alerts: AlertSettings, actions: list[Any]) -> list[Automation]:
    """Return the automations, each with the action that it is to take."""
    from prefect.automations import Automation, EventTrigger, Posture  # noqa: PLC0415 (reads its environment)

    repeat = timedelta(minutes=alerts.repeat_minutes)

    def of_flows(*names: str) -> dict[str, Any]:
        return {"prefect.resource.role": "flow", "prefect.resource.name": list(names)}

    triggers = {
        "Earmark: a run failed": EventTrigger(
            expect=ENDED_BADLY,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=of_flows(*FLOWS),
            for_each={"related:flow:prefect.resource.name"},
            within=repeat,
        ),
        "Earmark: the backlog needs attention": EventTrigger(
            expect={"earmark.attention"},
            match={"prefect.resource.id": "earmark.attention.*"},
            for_each={"prefect.resource.id"},
            within=repeat,
        ),
        "Earmark: nobody watches the backlog": EventTrigger(
            posture=Posture.Proactive,
            expect={"prefect.flow-run.Completed"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=of_flows(_WATCH),
            within=timedelta(minutes=alerts.late_minutes),
        ),
        "Earmark: workers are gone": EventTrigger(
            expect={"prefect.work-pool.not-ready"},
            match={"prefect.resource.id": "prefect.work-pool.*", "prefect.resource.name": _POOLS},
            for_each={"prefect.resource.id"},
            within=repeat,
        ),
    }
    about = "Made by `earmark flows alerts`, which makes it anew; switch it off here, and it stays off."
    return [
        Automation(name=name, description=about, trigger=trigger, actions=actions) for name, trigger in triggers.items()
    ]


def _action(alerts: AlertSettings) -> Any:
    """Return what is done: the webhook is called, or nothing but what Prefect shows of automations itself."""
    from prefect.automations import CallWebhook, DoNothing  # noqa: PLC0415
    from prefect.blocks.webhook import Webhook  # noqa: PLC0415

    if alerts.webhook_url is None:
        return DoNothing()
    # The server calls it, so the address has to lie there: in a block, which Prefect encrypts and does not show.
    block = Webhook(
        method="POST",
        url=alerts.webhook_url,
        headers=cast(Any, {"Content-Type": "application/json"}),
    )
    return CallWebhook(block_document_id=cast(Any, block).save(WEBHOOK_BLOCK, overwrite=True), payload=_PAYLOAD)


# What chats and pagers read: names of automations and codes, and figures. There is no `event` where one is missed.
_PAYLOAD = (
    '{"text": {{ (automation.name ~ (": " ~ event.payload.get("told", event.event) if event else "")) | tojson }}, '
    '"alert": {{ automation.name | tojson }}, '
    '"code": {{ (event.payload.get("code") if event else none) | tojson }}}'
)


def put_automation(automation: Automation) -> Alert:
    """Make an automation on the Prefect server, or bring it to this; one that is switched off there stays off."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        found = client.read_automations_by_name(name=automation.name)
    if not found:
        automation.create()
        return Alert(name=automation.name, became="made", enabled=True)
    automation.id, automation.enabled = found[0].id, found[0].enabled
    automation.update()
    return Alert(name=automation.name, became="updated", enabled=automation.enabled)
