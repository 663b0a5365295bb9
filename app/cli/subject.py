"""`earmark subject`: a copy of everything that is kept about somebody, for them."""

from __future__ import annotations

import importlib.metadata
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.acts import Act, log_acts
from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings

app = typer.Typer(help="Give people a copy of what is kept about them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `export` a word of its own, though it is the only one."""


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder, or file ending in .zip.", show_default=False)],
    customer: Annotated[
        str | None, typer.Option("--customer", help="Of this customer reference.", show_default=False)
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Of this agent.", show_default=False)] = None,
    basis: Annotated[
        str | None, typer.Option("--basis", help="Law and number of the request, for its page.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write recordings, transcripts, scores and every row about a customer or agent into a pack, with hashes."""
    from pipeline.retention.subject import prepare_export  # noqa: PLC0415 - imports the decoder
    from pipeline.store.subject_values import Subject  # noqa: PLC0415

    if (customer is None) == (agent is None):
        raise typer.BadParameter("give --customer or --agent")
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    prepared = prepare_export(
        Subject(customer=customer, agent=agent),
        out,
        store=store,
        settings=settings,
        now=datetime.now(UTC),
        basis=basis,
        version=importlib.metadata.version("earmark"),
        tell=show.remark,
    )
    with closing(store), prepared as made:
        pack, of = made.pack, "customer" if customer is not None else "agent"
        acts = [Act(action="export", subject=("subject", pack.hash), details={"of": of, "calls": len(pack.call_ids)})]
        acts += [Act(action="export", subject=("call", call), details={"pack": pack.hash}) for call in pack.call_ids]
        log_acts(store, settings, acts)  # first: no copy is outside that the log does not know
        pack.publish()
    if as_json:
        told = {"hash": pack.hash, "files": pack.files, "calls": list(pack.call_ids), "notes": list(pack.notes)}
        show.print_json({"out": str(out), **told, "legal_holds": made.holds})
        return
    show.say(str(out))
    show.say(f"hash {pack.hash}")
    show.remark(f"{pack.files} files about {len(pack.call_ids)} calls; whoever gets it begins with index.html")
    show.remark("look through it before you hand it out: what people said and wrote may name others")
    if made.holds:
        show.remark(f"{made.holds} legal holds name them and are left out: decide with counsel whether to tell")
