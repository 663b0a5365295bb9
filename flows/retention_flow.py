"""Retention as a Prefect flow: each day, what is due is deleted."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.states import Completed

from flows.prefect_traces import forget_runs
from flows.runtime import current, utc_now
from pipeline.config import SIGNING_KEY_VARIABLE
from pipeline.errors import ReportError
from pipeline.retention.deleting import Deleting
from pipeline.retention.deletion import apply_policies
from pipeline.retention.signing import read_signing_key

ACTOR = "schedule"


@flow(name="apply retention")
def apply_retention() -> Any:
    """Finish earlier deletions, delete what is due, and forget old runs in Prefect.

    Raises:
        ReportError: Some files could not be deleted: the next run tries again.
    """
    runtime = current()
    settings = runtime.settings
    key = read_signing_key(settings.retention.signing_key_file, os.environ.get(SIGNING_KEY_VARIABLE))
    done = apply_policies(
        Deleting(
            store=runtime.store,
            settings=settings,
            actor=ACTOR,
            now=utc_now,
            key=key,
            zone=ZoneInfo(settings.scorecards.timezone),
            tell=lambda line: runtime.report("retention", line),
        )
    )
    if settings.retention.keep_prefect_days is not None:
        forget_runs(utc_now() - timedelta(days=settings.retention.keep_prefect_days))
    if any(deletion.unfinished for deletion in done):
        raise ReportError("some files could not be deleted; the next run tries again")
    held = sum(len(deletion.held) for deletion in done)
    at_work = sum(len(deletion.at_work) for deletion in done)
    deleted = sum(deletion.deleted for deletion in done)
    return Completed(
        message=f"deleted: {deleted}, kept by a hold: {held}, with a worker until the next time: {at_work}"
    )
