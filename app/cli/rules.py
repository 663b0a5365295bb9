"""`earmark rules`: what is listened for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli import show
from app.cli.checks import print_check, require_path
from app.cli.findings import print_findings
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from app.cli.rule_cases import print_test
from pipeline.compliance.packs import load_rules
from pipeline.compliance.rule import Rule
from pipeline.compliance.schema import pack_schema
from pipeline.detectors import assemble_detectors
from pipeline.errors import AuthoredFileError, Problem
from pipeline.match_transcript import match_transcript
from pipeline.transcribe.files import transcripts_from_file

app = typer.Typer(help="List and check compliance rules.", no_args_is_help=True)


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the rules: what must be said, what must not, and who says it."""
    rules = load_rules(read_settings(workspace, config).compliance.rules_dir)
    rows = [
        {
            "id": rule.id,
            "title": rule.title,
            "expect": rule.expect.value,
            "speaker": _speakers(rule),
            "decidable_from": rule.decidable.value,
            "status": rule.status.value,
            "pack": rule.pack,
            "severity": rule.severity.value,
            "queues": list(rule.applies_if.queues),
            "directions": list(rule.applies_if.directions),
            "fingerprint": rule.fingerprint,
        }
        for rule in rules
    ]
    if as_json:
        show.print_json(rows)
        return
    columns = [("Rule", "left"), ("What", "left"), ("Expected", "left"), ("Speaker", "left"), ("Severity", "left")]
    columns.append(("Calls", "left"))
    show.table(
        columns,
        [
            (rule.id, rule.title, rule.expect.value, _speakers(rule), rule.severity.value, _calls(rule))
            for rule in rules
        ],
    )


def _calls(rule: Rule) -> str:
    """Return the queues, directions and teams that a rule is about."""
    asked = rule.applies_if
    return "; ".join(", ".join(each) for each in (asked.queues, asked.directions, asked.teams) if each) or "all"


def _speakers(rule: Rule) -> str:
    """Return whose words a rule looks for; a dash where it looks for none."""
    said = ["company" if s.or_system else s.speaker.value if s.speaker else "anyone" for s in rule.sayings()]
    return ", ".join(dict.fromkeys(said)) or "-"


@app.command("check")
def check(
    path: Annotated[
        Path | None, typer.Argument(help="Pack file or folder.", show_default="the packs of compliance.rules_dir")
    ] = None,
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
        rules = load_rules(chosen)
    except AuthoredFileError as error:
        problems = error.located()
    if not rules and not problems:
        message = "no rule pack (*.yaml, *.yml) lies in this folder"
        problems = [Problem(code="no-rules", message=message, file=str(chosen))]
    print_check("rules", len(rules), problems, as_json=as_json)


@app.command("test")
def run_own_cases(
    path: Annotated[
        Path | None,
        typer.Argument(help="File of cases, or folder.", show_default="the cases of the shipped packs"),
    ] = None,
    rules_path: Annotated[
        Path | None, typer.Option("--rules", help="Pack file or folder.", show_default="the folder of the cases' own")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the packs' own cases: what each rule must find, must not find, and nearly finds. Exit code 1 on a failure."""
    print_test(path, rules_path, read_settings(workspace, config), as_json=as_json)


@app.command("match")
def match(
    transcript: Annotated[
        Path,
        typer.Argument(
            help="Transcript in the form of `earmark transcribe --json`, or JSON Lines of them.", show_default=False
        ),
    ],
    rules_path: Annotated[
        Path | None,
        typer.Option("--rules", help="Pack file or folder.", show_default="the packs of compliance.rules_dir"),
    ] = None,
    queue: Annotated[str | None, typer.Option("--queue", help="Queue of the call, for rules that ask it.")] = None,
    direction: Annotated[
        Literal["inbound", "outbound"] | None, typer.Option("--direction", help="Who called, for rules that ask it.")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what rules find in a transcript: said, probably said, absent, cannot be told. Nothing is stored.

    With --json one result a line, in the order of the transcripts.
    """
    if rules_path is not None:
        require_path(rules_path)
    detectors = assemble_detectors(read_settings(workspace, config), rules_path)
    for each in transcripts_from_file(transcript):
        findings = match_transcript(each, detectors, queue=queue, direction=direction)
        print_findings(each.call_id, findings, as_json=as_json)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule packs, for editors that check while you write (docs/rules.md)."""
    show.print_json(pack_schema())
