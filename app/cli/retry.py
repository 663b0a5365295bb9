"""`earmark calls retry`: process calls again that failed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.progress import progress
from app.cli.run import again, in_words
from app.cli.show import print_json, say
from flows.batch import run_calls
from pipeline.store.calls import get_recording
from pipeline.store.failures import failed_calls


def retry(
    calls: Annotated[
        list[str] | None, typer.Argument(help="Ids of calls.", show_default="all that failed in processing")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Process calls again that were taken in and then failed, without looking at their folders.

    What is known about a call stays as it is. Files that could not be taken in (f-…) are run again by `earmark run`.
    """
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        ids = [get_recording(connection, each).call_id for each in calls] if calls else failed_calls(connection)
    store.close()
    if not ids:
        say("No call has failed in processing.")
        return
    with progress(settings.run.log_format) as report:
        result = run_calls(settings, list(dict.fromkeys(ids)), report)
    if as_json:
        print_json({**asdict(result), "reports": str(result.reports)})
        return
    say(f"Calls: {in_words(result, nothing_new=not result.failed)}.")
    if result.failed:
        say("Why some failed:  earmark calls list --status failed" + again(workspace, config))
