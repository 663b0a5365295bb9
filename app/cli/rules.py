"""`earmark rules`: what is listened for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import show
from app.cli.checks import print_check, problems_of, require_path
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.compliance.packs import load_pack, load_packs
from pipeline.compliance.rule import Rule
from pipeline.errors import AuthoredFileError, Problem

app = typer.Typer(help="List and check compliance rules.", no_args_is_help=True)


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the rules: what must be said, what must not, and who says it."""
    rules = load_packs(read_settings(workspace, config).compliance.rules_dir)
    rows = [
        {
            "id": rule.id,
            "title": rule.title,
            "expect": rule.expect.value,
            "speaker": "company" if rule.or_system else rule.speaker.value if rule.speaker else "anyone",
            "severity": rule.severity.value,
            "fingerprint": rule.fingerprint,
        }
        for rule in rules
    ]
    if as_json:
        show.print_json(rows)
        return
    columns = [("Rule", "left"), ("What", "left"), ("Expected", "left"), ("Speaker", "left"), ("Severity", "left")]
    show.table(columns, [(r["id"], r["title"], r["expect"], r["speaker"], r["severity"]) for r in rows])


@app.command("check")
def check(
    path: Annotated[Path | None, typer.Argument(help="Pack file or folder.", show_default="the shipped packs")] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check rule packs whole: every problem with file and line. Exit code 1 where there is one."""
    chosen = path or read_settings(workspace, config).compliance.rules_dir
    require_path(chosen)
    rules: tuple[Rule, ...] = ()
    problems: list[Problem] = []
    try:
        rules = load_packs(chosen) if chosen.is_dir() else load_pack(chosen)
    except AuthoredFileError as error:
        problems = problems_of(error)
    if not rules and not problems:
        message = "no rule pack (*.yaml, *.yml) lies in this folder"
        problems = [Problem(code="no-rules", message=message, file=str(chosen))]
    print_check("rules", len(rules), problems, as_json=as_json)
