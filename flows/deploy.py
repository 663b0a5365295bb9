"""Register what a centre has Prefect run at its Prefect server."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Any, cast

from flows.deployments import SITE_POOL, WORKERS_POOL, Deployed, deployments
from flows.gone_runs import mark_gone_runs
from flows.prefect_home import require_answer, told_as_server_error
from flows.temporary_server import API_URL
from pipeline.errors import ServerError


def deploy(paths: Sequence[str]) -> list[str]:
    """Make the work pools that are missing and register every deployment, again where it is there already.

    The server is told to mark runs as crashed whose process is gone, too.

    Args:
        paths: Files, folders and addresses that intake looks into, as the machine sees them that takes recordings in.

    Returns:
        The names of the deployments, as ``flow/name``.

    Raises:
        ServerError: ``PREFECT_API_URL`` names no server that answers, or the server refuses.
    """
    address = os.environ.get(API_URL)
    if not address:
        raise ServerError(
            f"deployments stand on a Prefect server: start one (prefect server start) and name it in {API_URL}, "
            "such as http://prefect.example.org:4200/api; one machine alone needs none (earmark flows serve)"
        )
    require_answer(address)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    with told_as_server_error():
        _make_pools()
        made = [_register(each) for each in deployments(paths)]
        mark_gone_runs()
    return made


def _make_pools() -> None:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 (Prefect reads its environment when imported)
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415
    from prefect.exceptions import ObjectAlreadyExists  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        for name in (WORKERS_POOL, SITE_POOL):
            try:
                client.create_work_pool(WorkPoolCreate(name=name, type="process"))
            except ObjectAlreadyExists:
                continue


def _register(deployed: Deployed) -> str:
    from prefect.client.schemas.objects import (  # noqa: PLC0415
        ConcurrencyLimitConfig,
        ConcurrencyLimitStrategy,
    )
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

    module, _, name = deployed.flow.rpartition(".")
    flow = getattr(importlib.import_module(module), name)
    only_one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    # to_deployment gives a coroutine where a loop is running, which is not so here
    made = cast(Any, flow).to_deployment(
        name=deployed.name,
        parameters=deployed.parameters,
        interval=deployed.every,
        concurrency_limit=only_one if deployed.one_at_a_time else None,
        work_pool_name=deployed.pool,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    made.apply()
    return f"{flow.name}/{deployed.name}"
