"""Runs whose process is gone: a worker that was killed tells nobody, and its run would stand as running for ever.

Prefect has each run tell every three minutes that it is there (``PREFECT_FLOWS_HEARTBEAT_FREQUENCY``). An automation on
its server marks those as crashed that have stopped telling, without an end. No call hangs on it: whose calls these
were, leases tell.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flows.alerts import ENDED_BADLY, FLOWS, Alert, put_automation

if TYPE_CHECKING:
    from prefect.automations import Automation

NAME = "Earmark: a run is gone"
GONE_AFTER = timedelta(minutes=10)
"""Three times in a row nothing was heard of it. A run that was only cut off works on, and its calls are done."""

_TELLS = "prefect.flow-run.heartbeat"
_ENDED = ENDED_BADLY | {"prefect.flow-run.Completed", "prefect.flow-run.Cancelled"}


def mark_gone_runs(gone_after: timedelta = GONE_AFTER) -> Alert:
    """Have the Prefect server mark runs of Earmark's flows as crashed that are not heard of for some time.

    Where that is switched off there, it stays off.

    Args:
        gone_after: More than ``PREFECT_FLOWS_HEARTBEAT_FREQUENCY`` of every worker.
    """
    return put_automation(_automation(gone_after))


def _automation(gone_after: timedelta) -> Automation:
    from prefect.automations import Automation, ChangeFlowRunState, EventTrigger, Posture  # noqa: PLC0415 (see alerts)
    from prefect.client.schemas.objects import StateType  # noqa: PLC0415

    return Automation(
        name=NAME,
        description="Made by `earmark flows deploy`, which makes it anew; switch it off here, and it stays off.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={_TELLS},
            expect={_TELLS, *_ENDED},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": list(FLOWS)},
            for_each={"prefect.resource.id"},
            within=gone_after,
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed", state=StateType.CRASHED, message="nothing is heard of its process any more", force=False
            )
        ],
    )
