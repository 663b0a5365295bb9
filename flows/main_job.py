"""The main job as one flow: recordings in, scores and flags stored, scorecards written."""

from __future__ import annotations

from typing import Any, cast

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.intake import intake, take_in_arrivals
from flows.process_calls import process_calls
from flows.runtime import current
from flows.scorecards import write_scorecards


@flow(name="score recordings")
def score_recordings(paths: list[str], settled: bool = False) -> None:
    """Take recordings in, process every call, and write the workspace's scorecards.

    Args:
        paths: Files and folders. They are ids here: what is in them never passes through Prefect.
        settled: As for `intake`.
    """
    _process(intake(paths, settled))


@flow(name="score arrivals")
def score_arrivals(media_uris: list[str], roots: list[str]) -> None:
    """Take in recordings that a watch over some roots found, process their calls, and write the scorecards."""
    _process(take_in_arrivals(media_uris, roots))


@flow(name="score calls")
def score_calls(call_ids: list[str]) -> None:
    """Process calls that were taken in before, and write the workspace's scorecards."""
    _process(call_ids)


def _process(call_ids: list[str]) -> None:
    settings = current().settings
    runner = cast(Any, ThreadPoolTaskRunner)(max_workers=settings.run.workers)
    process_calls.with_options(task_runner=runner)(call_ids)
    write_scorecards(str(settings.reports_dir))
