"""What Prefect keeps of runs: their parameters hold paths and call ids, which go when calls do."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from flows.alerts import FLOWS
from flows.run_lock import LOCK
from flows.temporary_server import API_URL

_AT_ONCE = 100


def forget_local_runs(workspace: Path) -> bool:
    """Delete the workspace's own Prefect database, which nobody reads while no run is at work; it is made again.

    Returns:
        False where a run is at work, or it cannot be deleted: then its runs stay until the next deletion.
    """
    lock = workspace.resolve() / LOCK
    if not lock.parent.is_dir():
        return True
    try:
        with FileLock(lock, blocking=False):
            for file in lock.parent.glob("prefect.db*"):
                file.unlink(missing_ok=True)
    except (Timeout, OSError):
        return False
    return True


def uses_server() -> bool:
    """Tell whether Prefect's data are on a server that this process has been pointed to."""
    return bool(os.environ.get(API_URL))


def forget_runs(before: datetime) -> int:
    """Delete Earmark's finished flow runs that ended before then from the server, with the runs within them.

    Returns:
        How many, without those within others.
    """
    from prefect.client.orchestration import get_client  # noqa: PLC0415 (Prefect reads its environment when imported)
    from prefect.client.schemas import filters  # noqa: PLC0415
    from prefect.client.schemas.sorting import FlowRunSort  # noqa: PLC0415
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415

    newest = FlowRunSort.END_TIME_DESC  # order and limit are always said: what the client leaves out is refused
    ours = filters.FlowFilter(name=filters.FlowFilterName(any_=list(FLOWS)))
    ended = filters.FlowRunFilter(
        end_time=filters.FlowRunFilterEndTime(before_=cast(Any, before)),
        parent_task_run_id=filters.FlowRunFilterParentTaskRunId(is_null_=True),  # those within others go with them
    )
    count = 0
    with get_client(sync_client=True) as client:
        while runs := client.read_flow_runs(flow_filter=ours, flow_run_filter=ended, sort=newest, limit=_AT_ONCE):
            for run in runs:
                of_run = filters.FlowRunFilter(parent_flow_run_id=filters.FlowRunFilterParentFlowRunId(any_=[run.id]))
                for inner in client.read_flow_runs(flow_run_filter=of_run, sort=newest, limit=_AT_ONCE):
                    with suppress(ObjectNotFound):
                        client.delete_flow_run(inner.id)
                with suppress(ObjectNotFound):
                    client.delete_flow_run(run.id)
                count += 1
    return count
