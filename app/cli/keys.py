"""`earmark keys`: the keys that seal what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.acts import Act, log_acts
from app.cli import show
from app.cli.media import needed_keys, tell
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, has_database, open_existing, read_settings
from app.sealed_files import empty_sound_cache, files_of_workspace, seal_files
from pipeline.at_rest.key_file import write_key
from pipeline.at_rest.keys import KeyRing, make_key, parse_keys
from pipeline.config import Settings
from pipeline.errors import ReportError
from pipeline.retention.files import remove_reports
from pipeline.store.database import keys_of_database
from pipeline.store.reseal import finish, reseal, sealed_columns

app = typer.Typer(help="Make keys, and seal or open what is stored (docs/encryption.md).", no_args_is_help=True)


@app.command("make")
def make(
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write it into, for its user only.", show_default="print it")
    ] = None,
) -> None:
    """Make a key. Keep a copy where the back-ups are not: without it nothing that it sealed can be read."""
    key = make_key()
    if out is None:
        show.say(key)
        return
    try:
        write_key(out, key)
    except FileExistsError:
        raise ReportError(f"{out}: is there already, and a key is never written over") from None
    except OSError as error:
        raise ReportError(f"{out}: cannot be written ({error.strerror})") from None
    show.say(f"Key {parse_keys(key).first.key_id}: {out}")


@app.command("show")
def show_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show by name which keys are at hand and which the database needs. Exit code 1 if one is missing."""
    settings = read_settings(workspace, config)
    ring = settings.at_rest_keys
    at_hand = ring.key_ids if ring else ()
    needed = keys_of_database(settings.store_url) if has_database(settings) else []
    names = list(dict.fromkeys([*at_hand, *needed]))
    if as_json:
        show.print_json([{"key": name, "at_hand": name in at_hand, "needed": name in needed} for name in names])
    elif not names:
        show.say("There is no key, and nothing is sealed.")
    else:
        rows = [(name, _does(name, at_hand), "needed" if name in needed else "not needed") for name in names]
        show.table([("Key", "left"), ("Here", "left"), ("In the database", "left")], rows)
    if set(needed) - set(at_hand):
        raise typer.Exit(1)


@app.command("seal-database")
def seal_database(workspace: WorkspaceOption = None, config: ConfigOption = None) -> None:
    """Seal what was stored before there was a key, or under an older one. It may be stopped, and goes on.

    Search has nothing to look in any more: its index holds the words of calls. The workspace's reports, which quote
    calls, are removed: the next run writes them without.
    """
    settings = read_settings(workspace, config)
    _bring_to(settings, needed_keys(settings))
    _remove_quotes(settings)


@app.command("unseal-database")
def unseal_database(workspace: WorkspaceOption = None, config: ConfigOption = None) -> None:
    """Store everything as it was before there was a key. Take the key away afterwards, or new rows are sealed again."""
    settings = read_settings(workspace, config)
    needed_keys(settings)
    _bring_to(settings, None)


@app.command("rotate")
def rotate(workspace: WorkspaceOption = None, config: ConfigOption = None) -> None:
    """Seal database, uploads and transcripts by the first key, so that older ones are not needed any more.

    Put the new key before the old one and start everything again before that: what was not writes nothing any more.
    Exit code 1 if a file cannot be sealed.
    """
    settings = read_settings(workspace, config)
    ring = needed_keys(settings)
    _bring_to(settings, ring)
    empty_sound_cache(settings)
    tell(seal_files(files_of_workspace(settings), ring))
    show.say("Recordings elsewhere: earmark media seal FOLDER. Keep older keys as long as back-ups need them.")


def _bring_to(settings: Settings, ring: KeyRing | None) -> None:
    store = open_existing(settings)
    try:
        log_acts(store, settings, [_act(ring)])
        rows = changed = 0
        for some in reseal(store, to_plain=ring is None):
            rows, changed = rows + some.rows, changed + some.changed
        others = finish(store, to_plain=ring is None)
        on_server = store.engine.dialect.name != "sqlite"
    finally:
        store.close()
    became = "opened" if ring is None else f"sealed by key {ring.first.key_id}"
    show.say(f"Rows: {changed:,} {became}, {rows - changed:,} as wanted already.")
    if others:
        show.say(f"Not needed for this database any more: {', '.join(others)}.")
    if on_server:
        tables = ", ".join(table.name for table in sealed_columns())
        show.say(f"What was there before stays in the server's files until it is told: VACUUM FULL {tables};")


def _remove_quotes(settings: Settings) -> None:
    try:
        removed = remove_reports(settings)
    except OSError as error:
        raise ReportError(f"{error.filename}: quotes calls, and cannot be removed ({error.strerror})") from None
    if removed:
        show.say(
            f"Reports: {removed:,} files removed, which quoted calls; the next run writes them anew, without quotes."
        )


def _act(ring: KeyRing | None) -> Act:
    if ring is None:
        return Act(action="unseal", subject=("database", "all"))
    return Act(action="seal", subject=("database", "all"), details={"key": ring.first.key_id})


def _does(name: str, at_hand: tuple[str, ...]) -> str:
    if name not in at_hand:
        return "missing"
    return "seals and opens" if name == at_hand[0] else "opens"
