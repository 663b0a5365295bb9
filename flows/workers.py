"""Whether there are workers that take calls which wait."""

from __future__ import annotations

import os
from pathlib import Path

from flows.deployments import WORKERS_POOL
from flows.prefect_home import prefect_server, told_as_server_error
from flows.temporary_server import API_URL


def workers_answer(workspace: Path, *, models_dir: Path) -> bool:
    """Tell whether the pool for calls has workers on the Prefect server that is named; without such a server, False.

    A pool that an operator has paused counts as one with workers: its calls are to wait, too.

    Raises:
        ServerError: ``PREFECT_API_URL`` names a server that does not answer, or refuses.
    """
    if not os.environ.get(API_URL):
        return False
    with prefect_server(workspace, models_dir=models_dir), told_as_server_error():
        from prefect.client.orchestration import get_client  # noqa: PLC0415 (Prefect reads its environment when imported)
        from prefect.client.schemas.objects import WorkPoolStatus  # noqa: PLC0415
        from prefect.exceptions import ObjectNotFound  # noqa: PLC0415

        with get_client(sync_client=True) as client:
            try:
                pool = client.read_work_pool(WORKERS_POOL)
            except ObjectNotFound:
                return False
        return pool.status in (WorkPoolStatus.READY, WorkPoolStatus.PAUSED)
