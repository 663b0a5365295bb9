"""What a centre has Prefect run, as `prefect.yaml` says it too: which flow, when, and on which machines.

`earmark flows deploy` registers these by the names of their modules, so that an installed Earmark needs no checkout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

WORKERS_POOL = "earmark-workers"
"""Machines that recognise speech; each worker there takes one run, which is one process, at a time (``--limit 1``)."""

SITE_POOL = "earmark-site"
"""The machine that takes recordings in and keeps the scorecards."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One deployment.

    Attributes:
        name: Within its flow; people see ``flow/name``.
        flow: ``module.function``.
        pool: Work pool whose workers run it.
        every: From one start to the next.
        one_at_a_time: A run that is due while another is at work is not started.
    """

    name: str
    flow: str
    pool: str
    every: timedelta
    one_at_a_time: bool
    parameters: dict[str, Any] = field(default_factory=dict)


def deployments(paths: Sequence[str | Path]) -> tuple[Deployed, ...]:
    """Return what is deployed for a centre whose recordings lie under some paths."""
    minute = timedelta(minutes=1)
    folders = [str(path) for path in paths]
    return (
        Deployed(
            name="earmark-intake",
            flow="flows.intake.intake",
            pool=SITE_POOL,
            every=minute,
            one_at_a_time=True,
            parameters={"paths": folders, "only_new": True},
        ),
        Deployed(
            name="earmark-manifests",
            flow="flows.intake.intake",
            pool=SITE_POOL,
            every=24 * 60 * minute,
            one_at_a_time=True,
            parameters={"paths": folders, "settled": True},
        ),
        Deployed(
            name="earmark-backlog",
            flow="flows.backlog.work_through_backlog",
            pool=WORKERS_POOL,
            every=minute,
            one_at_a_time=False,
        ),
        Deployed(
            name="earmark-scorecards",
            flow="flows.scorecards.scorecards",
            pool=SITE_POOL,
            every=15 * minute,
            one_at_a_time=True,
        ),
        Deployed(
            name="earmark-watch",
            flow="flows.watch.watch_backlog",
            pool=SITE_POOL,
            every=5 * minute,
            one_at_a_time=True,
        ),
    )
