"""`earmark retention`: what would be deleted, deleting it, and the records of deletions."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.acts import Act, current_user, editing
from app.cli import show
from app.cli.deleting import deleting, forget_prefect_runs, signing_key, tell_deletions
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, has_database, open_existing, read_settings
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.errors import NotFoundError, ReportError
from pipeline.retention.deletion import apply_policies
from pipeline.retention.plan import make_plan
from pipeline.retention.policies import policies_of
from pipeline.retention.record import check_record, written_record
from pipeline.retention.signing import make_signing_key
from pipeline.store.audit import AskedEntries, entries
from pipeline.store.deletions import allow_again, get_record, list_records

app = typer.Typer(help="Delete calls after their time, and prove it.", no_args_is_help=True)

RecordArgument = Annotated[str, typer.Argument(help="Id of the record; its first characters do.", show_default=False)]


@app.command("plan")
def plan(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Tell what `retention apply` would delete now, by policy and table. Nothing is changed."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store):
        made = make_plan(deleting(settings, store))
    if as_json:
        show.print_json(to_data(made))
        return
    if not policies_of(settings.retention):
        show.remark(
            "no policy is set, so nothing is ever deleted (retention.keep_call_days, retention.keep_media_days)"
        )
    for each in made.policies:
        show.say(f"{each.policy}: {each.due} calls are due, {each.held} of them held")
        for table, count in sorted(each.rows.items()):
            show.say(f"    {count:>10,} {table}")
        show.say(f"    {each.recordings:>10,} recordings, {each.recordings_left} of them where nothing may be deleted")
    if made.unfinished:
        show.remark(f"{made.unfinished} earlier deletions are unfinished; `earmark retention apply` finishes them")


@app.command("apply")
def apply(
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="Delete what is due although the clock seems to be ahead.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete what is due, everywhere, with a record of it; first finish what an earlier deletion left."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store):
        done = apply_policies(replace(deleting(settings, store), clock_is_right=clock_is_right))
        forget_prefect_runs(settings, done)
        whole = tell_deletions(done, as_json=as_json)
    if not done:
        show.remark("nothing is due")
    if not whole:
        raise typer.Exit(1)


@app.command("records")
def records(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the records of deletions, the oldest first."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store), store.read() as connection:
        found = list_records(connection)
    if as_json:
        show.print_json([{**to_data(record), "document": None} for record in found])
        return
    for record in found:
        state = "unfinished" if record.finished_at is None else "signed" if record.signature else "not signed"
        rows = sum(record.rows.values())
        show.say(
            f"{record.record_id}  {record.begun_at:%Y-%m-%d %H:%M}  {state}  {rows:,} rows  "
            f"by {record.made_by}: {record.reason}"
        )
    if not found:
        show.remark("nothing was ever deleted here")


@app.command("record")
def record(
    record_id: RecordArgument,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="New file to write it into.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the record of a deletion, to be kept elsewhere; `retention verify` checks it without a database."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store), store.read() as connection:
        found = get_record(connection, record_id)
    if found.document is None:
        raise NotFoundError(f"record {found.record_id} is unfinished: `earmark retention apply` finishes it")
    text = written_record(found.document, found.signature)
    if out is None:
        show.say(text.rstrip())
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ReportError(f"{out}: is there already; choose another name") from None
    show.say(str(out))


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A record, as `retention record` wrote it.", show_default=False)],
    public_key: Annotated[
        str | None,
        typer.Option("--public-key", help="The key it must be signed with.", show_default="the one set here"),
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a record's signature, and whether the audit log here names it. Exit code 1 where something is wrong."""
    settings = read_settings(workspace, config)
    own = signing_key(settings)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or 'no text'})") from None
    found = check_record(text, public=public_key or (own.public if own else None))
    logged = _is_logged(settings, found.record_id, found.sha256)
    problems = list(found.problems)
    if logged is False:
        problems.append("the audit log of this workspace names no such record, or another one of this id")
    if as_json:
        show.print_json({**to_data(found), "problems": problems, "logged": logged})
    else:
        for problem in problems:
            show.say(f"{file}: {problem}")
        if found.signed_by:
            show.say(f"{found.record_id}: {found.calls} deleted, signed by {found.signed_by}")
        if public_key is None and own is None and found.signed_by:
            show.remark("whose key that is, the record cannot prove: compare it with the one you hold (--public-key)")
        if logged:
            show.say("the audit log names it")
    if problems:
        raise typer.Exit(1)


@app.command("key")
def key(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Make a key in this new file.", show_default="show the one set")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the key that records are signed with, or print the public half of the one that is set."""
    settings = read_settings(workspace, config)
    made = make_signing_key(out) if out is not None else signing_key(settings)
    if made is None:
        raise NotFoundError("no key is set: make one with `earmark retention key --out FILE`")
    if as_json:
        show.print_json({"public_key": made.public})
    else:
        show.say(made.public)
    if out is not None:
        show.remark(f"wrote {out}. Name it in retention.signing_key_file, and keep the public half above elsewhere")


@app.command("allow")
def allow(
    sound: Annotated[
        str, typer.Argument(metavar="FILE", help="A recording that is held back as deleted.", show_default=False)
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why it may come back.", show_default=False)],
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a deleted call be taken in again, such as one that was deleted by mistake. The next run takes it in."""
    from pipeline.intake.measure import measure_sound  # noqa: PLC0415 - imports the decoder

    settings = read_settings(workspace, config)
    measured = measure_sound(Path(sound))
    store = open_existing(settings)
    with closing(store), editing(store, settings) as (connection, acts):
        allowed = allow_again(connection, measured.sha256)
        if allowed:
            details = {"what": "allowed again", "by": current_user(), "reason": reason}
            acts.append(Act(action="deletion", subject=("call", f"c-{measured.sha256[:16]}"), details=details))
    if not allowed:
        raise NotFoundError(f"{sound}: the call in it was never deleted here")
    show.say("it is taken in by the next run")


def _is_logged(settings: Settings, record_id: str, sha256: str) -> bool | None:
    """Tell whether the audit log names this record; None where there is no log here."""
    if not has_database(settings):
        return None
    store = open_existing(settings)
    with closing(store), store.read() as connection:
        named = list(entries(connection, AskedEntries(action="deletion", subject_id=record_id)))
    return any(f'"sha256":"{sha256}"' in entry.details for entry in named)
