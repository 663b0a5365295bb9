"""One run of the backlog is always due while calls wait, so that a worker that comes finds it at once.

The schedule alone would make one every minute: too few for a hundred machines that start, and far too many while all of
them are at work.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import httpx
from prefect import runtime as of_run
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger

from pipeline.errors import StoreError
from pipeline.store.claims import anything_to_claim
from pipeline.store.database import Store

MOST_DELETED = 50
"""At a time: a request each, between two batches."""


def keep_one_spare_run(store: Store) -> None:
    """Make a run of this deployment where calls wait and none is due; delete those that are due beyond one.

    What cannot be done now is done the next time: no call hangs on it.
    """
    deployment_id = of_run.deployment.id
    if deployment_id is None:  # called as a function
        return
    try:
        with store.read() as connection:
            wanted = anything_to_claim(connection)
        with get_client(sync_client=True) as client:
            due = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(
                    deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                    next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=cast(Any, datetime.now(UTC))),
                ),
                # left to their defaults these three would be sent as null, which the server refuses with FastAPI 0.152
                sort=FlowRunSort.EXPECTED_START_TIME_ASC,
                limit=MOST_DELETED,
                offset=0,
            )
            for run in due[1:]:
                client.delete_flow_run(run.id)
            if wanted and not due:
                client.create_flow_run_from_deployment(deployment_id)
    except (httpx.HTTPError, PrefectException, StoreError) as error:
        get_run_logger().warning("no run was made or deleted that would wait for a worker: %s", type(error).__name__)
