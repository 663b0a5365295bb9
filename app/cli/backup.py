"""`earmark backup`: keep a copy of a workspace, prove that it is whole, and bring it back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.options import (
    ConfigOption,
    JsonOption,
    WorkspaceOption,
    has_database,
    read_settings,
    settings_file,
)
from app.cli.show import print_json, remark, say
from flows.runtime import utc_now
from pipeline.backup.create import create as make_backup
from pipeline.backup.manifest import POSTGRESQL_PART, UNREDACTED, UPLOADS, Manifest
from pipeline.backup.media import media_present
from pipeline.backup.restore import SETTINGS_FILE
from pipeline.backup.restore import restore as bring_back
from pipeline.backup.restore import verify as prove
from pipeline.config import CONFIG_VARIABLE
from pipeline.errors import StoreError

_TOLD_CALLS = 5

app = typer.Typer(help="Back up a workspace, prove a back-up, restore it.", no_args_is_help=True)

BackupArgument = Annotated[Path, typer.Argument(help="The back-up's file.", show_default=False)]


@app.command()
def create(
    out: Annotated[Path, typer.Argument(help="File to write; it must not exist.", show_default=False)],
    uploads: Annotated[bool, typer.Option(help="Copy recordings that were uploaded, too.")] = True,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write database, unredacted transcripts, uploads and the settings file into one file, also during a run.

    The file is for its owner alone. Recordings elsewhere, models and the keys in the environment are not in it.
    """
    settings = read_settings(workspace, config)
    if not has_database(settings):
        raise StoreError(f"nothing has been run in workspace {settings.workspace} yet: there is nothing to back up")
    named = os.environ.get(CONFIG_VARIABLE)
    authored = settings_file(workspace, config) or (Path(named) if named else None)
    made = make_backup(settings, out, settings_file=authored, uploads=uploads, now=utc_now())
    _tell(made.manifest, as_json, said=f"{out}: {made.size_bytes / 1e6:.1f} MB")
    if not as_json:
        say(f"Prove it:  earmark backup verify {out}")


@app.command()
def verify(backup: BackupArgument, as_json: JsonOption = False) -> None:
    """Restore a back-up into a temporary folder and compare every table and file with what was backed up.

    A back-up of PostgreSQL is read through; to prove it, restore it into an empty database.
    """
    manifest = prove(backup)
    read_only = manifest.database_part == POSTGRESQL_PART
    _tell(manifest, as_json, said=f"{backup}: " + ("every part is as it was" if read_only else "whole"))
    if read_only:
        remark("PostgreSQL's dump was read, not loaded: restore it into an empty database to compare its tables")


@app.command()
def restore(
    backup: BackupArgument,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore a back-up into a new workspace or an empty PostgreSQL database, and compare it with what was kept."""
    settings = read_settings(workspace, config)
    restored = bring_back(backup, settings)
    count, gone = media_present(settings.store_url)
    _tell(restored.manifest, as_json, said=f"{settings.workspace}: restored", recordings=count, recordings_missing=gone)
    if as_json:
        return
    say(f"Recordings: {count - len(gone)} of {count} are where the database says.")
    if gone:
        named = ", ".join(gone[:_TOLD_CALLS]) + (" ..." if len(gone) > _TOLD_CALLS else "")
        remark(f"calls without their recording keep their scores, but cannot be heard or transcribed again: {named}")
    if (settings.workspace / SETTINGS_FILE).exists():
        say(f"The settings file is {settings.workspace / SETTINGS_FILE}: look it over, then rename it to earmark.toml.")


def _tell(manifest: Manifest, as_json: bool, *, said: str, **more: Any) -> None:
    rows = {name: table.rows for name, table in manifest.tables.items()}
    kept = {
        "unredacted": sum(part.name.startswith(UNREDACTED) for part in manifest.parts),
        "uploads": sum(part.name.startswith(UPLOADS) for part in manifest.parts),
    }
    if as_json:
        about = {"made_at": manifest.made_at, "made_by": manifest.made_by, "database": manifest.database_version}
        print_json({**about, "rows": rows, **kept, **more})
        return
    say(said)
    say(
        f"{rows['recordings']} calls, {rows['scores']} scores, {sum(rows.values())} rows in {len(rows)} tables; "
        f"{kept['unredacted']} unredacted transcripts, {kept['uploads']} uploaded files; made {manifest.made_at}"
    )
