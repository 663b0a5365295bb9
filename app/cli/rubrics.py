"""`earmark rubrics`: the rubrics there are, whether they are sound, and what a change of them does."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import show
from app.cli.checks import print_check, require_path
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from app.cli.rubric_cases import print_test
from app.cli.rubric_diff import diff
from app.cli.rubric_trust import agreement, backtest, calibrate
from app.rubric_checks import active_rules, files_of, find_problems
from pipeline.errors import AuthoredFileError
from pipeline.records import Rubric
from pipeline.score.authored.schema import rubric_schema
from pipeline.score.rubrics import gaps, load_rubric, load_rubrics

app = typer.Typer(
    help="List, check, test and compare rubrics, and see how far they may be trusted.", no_args_is_help=True
)


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the rubrics with their status, days in force, queues and pass mark."""
    rubrics = load_rubrics(read_settings(workspace, config).score.rubrics_dir)
    if as_json:
        show.print_json([_row(rubric) for rubric in rubrics])
        return
    columns = [("Rubric", "left"), ("Version", "right"), ("Title", "left"), ("Status", "left"), ("In force", "left")]
    columns += [("Queues", "left"), ("Criteria", "right"), ("Pass mark", "right")]
    rows = [
        (
            r.id,
            str(r.version),
            r.title,
            r.status.value,
            _days(r),
            ", ".join(r.queues) or "any other",
            str(len(r.criteria())),
            show.percent(r.pass_share),
        )
        for r in rubrics
    ]
    show.table(columns, rows)


def _row(rubric: Rubric) -> dict[str, Any]:
    return {
        "id": rubric.id,
        "version": rubric.version,
        "title": rubric.title,
        "status": rubric.status.value,
        "effective_from": rubric.effective_from.isoformat() if rubric.effective_from else None,
        "effective_to": rubric.effective_to.isoformat() if rubric.effective_to else None,
        "queues": list(rubric.queues),
        "languages": list(rubric.languages),
        "pass_share": rubric.pass_share,
        "criteria": len(rubric.criteria()),
        "fingerprint": rubric.fingerprint,
    }


def _days(rubric: Rubric) -> str:
    first = f"from {rubric.effective_from}" if rubric.effective_from else ""
    last = f"to {rubric.effective_to}" if rubric.effective_to else ""
    return " ".join(part for part in (first, last) if part) or "always"


@app.command("check")
def check(
    path: Annotated[
        Path | None, typer.Argument(help="Rubric file or folder.", show_default="the shipped rubrics")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check rubrics whole: every problem with file and line. Exit code 1 where there is one."""
    settings = read_settings(workspace, config)
    chosen = path or settings.score.rubrics_dir
    require_path(chosen)
    problems = find_problems(chosen, active_rules(settings), rules_dir=settings.compliance.rules_dir)
    notes = [str(gap) for gap in gaps(_readable(chosen))]
    print_check("rubric(s)", len(files_of(chosen)), problems, notes=notes, as_json=as_json)


@app.command("test")
def run_own_cases(
    path: Annotated[
        Path | None, typer.Argument(help="File of cases, or folder.", show_default="the cases of the shipped rubrics")
    ] = None,
    rubric: Annotated[
        str | None, typer.Option("--rubric", "-r", help="Only cases of this rubric.", show_default="all")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the rubrics' own cases: which answers a call must be given. Exit code 1 where one is given another."""
    print_test(path, read_settings(workspace, config), rubric=rubric, as_json=as_json)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of rubrics, for editors that check while you write (docs/writing-rubrics.md)."""
    show.print_json(rubric_schema())


app.command("diff")(diff)
app.command("agreement")(agreement)
app.command("backtest")(backtest)
app.command("calibrate")(calibrate)


def _readable(path: Path) -> list[Rubric]:
    rubrics = []
    for file in files_of(path):
        with suppress(AuthoredFileError):
            rubrics.append(load_rubric(file))
    return rubrics
