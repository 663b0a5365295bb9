"""`earmark calls delete`: calls deleted everywhere, with a record of it."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from pipeline.errors import ConfigError
from pipeline.store.calls import get_recording
from pipeline.store.holds import calls_on_hold
from pipeline.store.old_calls import calls_of


def delete(
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the record; no names, nothing that was said.", show_default=False)
    ],
    calls: Annotated[
        list[str] | None, typer.Argument(help="Ids of calls; their first characters do.", show_default=False)
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="All calls of this customer reference.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete calls with everything that was made of them, for good.

    What a legal hold covers stays; so does, for now, what a worker is at work on.
    """
    from app.cli.deleting import deleting, forget_prefect_runs, tell_deletions  # noqa: PLC0415 - imports cryptography
    from pipeline.retention.deletion import delete_on_request  # noqa: PLC0415

    if bool(calls) == (customer is not None):
        raise typer.BadParameter("give ids of calls, or --customer")
    if not reason.strip():
        raise ConfigError("a deletion needs a reason")
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store):
        with store.read() as connection:
            if customer is not None:
                wanted = calls_of(connection, customer=customer)
            else:
                wanted = list(dict.fromkeys(get_recording(connection, call).call_id for call in calls or ()))
            held = calls_on_hold(connection, wanted)
        if not wanted:
            show.remark("there is no such call")
            raise typer.Exit(1)
        if not yes and not as_json:
            typer.confirm(
                f"Delete {len(wanted) - len(held)} calls for good ({len(held)} are held)?", abort=True, err=True
            )
        done = delete_on_request(wanted, reason, deleting(settings, store))
        forget_prefect_runs(settings, done)
        whole = tell_deletions(done, as_json=as_json)
    if held or not whole or any(deletion.at_work for deletion in done):
        raise typer.Exit(1)
