"""`earmark rubrics`: the rubrics there are, and whether they are sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.compliance.packs import load_packs
from pipeline.errors import AuthoredFileError
from pipeline.records import Rubric
from pipeline.score.rubrics import check_rule_references, load_rubric, load_rubrics

app = typer.Typer(help="List and check rubrics.", no_args_is_help=True)


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the rubrics with their queues and pass mark."""
    rubrics = load_rubrics(read_settings(workspace, config).score.rubrics_dir)
    if as_json:
        show.print_json(
            [
                {
                    "id": rubric.id,
                    "version": rubric.version,
                    "title": rubric.title,
                    "queues": list(rubric.queues),
                    "pass_share": rubric.pass_share,
                    "criteria": len(rubric.criteria()),
                    "fingerprint": rubric.fingerprint,
                }
                for rubric in rubrics
            ]
        )
        return
    columns = [("Rubric", "left"), ("Version", "right"), ("Title", "left"), ("Queues", "left"), ("Criteria", "right")]
    rows = [
        (
            r.id,
            str(r.version),
            r.title,
            ", ".join(r.queues) or "any other",
            str(len(r.criteria())),
            show.percent(r.pass_share),
        )
        for r in rubrics
    ]
    show.table([*columns, ("Pass mark", "right")], rows)


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
    files = _files(path or settings.score.rubrics_dir)
    rules = {rule.id for rule in load_packs(settings.compliance.rules_dir)}
    broken: list[AuthoredFileError] = []
    sound: list[Rubric] = []
    for file in files:
        try:
            rubric = load_rubric(file)
            problems = check_rule_references([rubric], rules)
            if problems:
                raise AuthoredFileError(str(file), problems)
            sound.append(rubric)
        except AuthoredFileError as error:
            broken.append(error)
    if as_json:
        problems_found = [
            {"file": failure.path, "line": p.line, "code": p.code, "where": p.where, "message": p.message}
            for failure in broken
            for p in failure.problems
        ]
        show.print_json({"checked": len(files), "problems": problems_found})
    else:
        for line in (line for failure in broken for line in failure.lines()):
            show.out.print(line, markup=False, soft_wrap=True)
        said = f"{len(broken)} with problems" if broken else "no problems"
        show.out.print(f"{len(files)} rubric(s) checked: {said}", markup=False)
    if broken:
        raise typer.Exit(1)


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.yaml")) if path.is_dir() else [path]
