"""`earmark calls retry`: process calls again that failed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated

import typer

from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.progress import progress
from app.cli.run import again, in_words
from app.cli.show import one_line, print_json, say
from flows.batch import run_calls
from flows.runtime import utc_now
from flows.workers import workers_answer
from pipeline.config import Settings
from pipeline.errors import IntakeError
from pipeline.store.calls import get_recording
from pipeline.store.failures import clear_failure, failed_calls
from pipeline.store.known_files import RejectedFile, rejected_files
from pipeline.store.waiting import wait_again

FILE_ID = "f-"


def retry(
    calls: Annotated[
        list[str] | None, typer.Argument(help="Ids of calls.", show_default="all that failed in processing")
    ] = None,
    here: Annotated[
        bool, typer.Option("--here", help="Process them in this process, also where workers would take them.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Process calls again that were taken in and then failed, without looking at their folders.

    Where your Prefect server (PREFECT_API_URL) has workers for calls, they take them at once. What is known about a
    call stays as it is. Files that could not be taken in (f-…) are run again by `earmark run`.
    """
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        for each in calls or ():
            if each.startswith(FILE_ID):
                _refuse(rejected_files(connection, each))
        ids = [get_recording(connection, each).call_id for each in calls] if calls else failed_calls(connection)
    ids = list(dict.fromkeys(ids))
    to_workers = bool(ids) and not here and workers_answer(settings.workspace, models_dir=settings.models_dir)
    if to_workers:
        with store.begin() as connection:
            for call_id in ids:
                clear_failure(connection, call_id)
            wait_again(connection, ids, now=utc_now())
    store.close()
    if not ids:
        say("No call has failed in processing.")
    elif not to_workers:
        _process(settings, ids, options=again(workspace, config), as_json=as_json)
    elif as_json:
        print_json({"waiting": len(ids)})
    else:
        say(f"Calls: {len(ids)} waiting for a worker, which takes them at once.")
        say("How it goes:  earmark status" + again(workspace, config))


def _process(settings: Settings, ids: list[str], *, options: str, as_json: bool) -> None:
    with progress(settings.run.log_format) as report:
        result = run_calls(settings, ids, report)
    if as_json:
        print_json({**asdict(result), "reports": str(result.reports)})
        return
    say(f"Calls: {in_words(result, nothing_new=not result.failed)}.")
    if result.failed:
        say("Why some failed:  earmark calls list --status failed" + options)


def _refuse(held_back: tuple[RejectedFile, ...]) -> None:
    """Say how a file that was held back is done again.

    It is not done here: a manifest that tells about it may lie in any folder above it, and only the folders that are
    given to `earmark run` tell in which.
    """
    file = held_back[0]
    fatal = next(defect for defect in file.defects if defect.fatal)
    raise IntakeError(
        fatal.code,
        f"{file.file_id} is a file that was held back, no call: {fatal.reason}; then give the folder that holds "
        f"{one_line(PurePath(file.media_uri).name)} to earmark run once more: only what changed is read anew",
    )
