"""`earmark rubrics`: the rubrics there are, and whether they are sound."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from app.cli import show
from app.cli.checks import print_check, problems_of, require_path
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.compliance.packs import load_packs
from pipeline.compliance.rule import RuleStatus
from pipeline.config import Settings
from pipeline.errors import AuthoredFileError, Problem
from pipeline.score.rubrics import SUFFIXES, check_rule_references, load_rubric, load_rubrics

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
                    "languages": list(rubric.languages),
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
    chosen = path or settings.score.rubrics_dir
    require_path(chosen)
    known = active_rule_ids(settings)
    print_check("rubric(s)", len(_files(chosen)), find_problems(chosen, known), as_json=as_json)


def active_rule_ids(settings: Settings) -> set[str]:
    """Return the ids of the rules that are looked for.

    Raises:
        AuthoredFileError: A rule pack has problems.
    """
    return {rule.id for rule in load_packs(settings.compliance.rules_dir) if rule.status is RuleStatus.ACTIVE}


def find_problems(path: Path, known_rule_ids: Collection[str]) -> list[Problem]:
    """Return every problem of a rubric file, or of a folder of them taken together, each with its file."""
    problems: list[Problem] = []
    if path.is_dir():
        try:
            load_rubrics(path)
        except AuthoredFileError as error:
            problems += problems_of(error)
    for file in _files(path):
        try:
            named = check_rule_references([load_rubric(file)], known_rule_ids)
        except AuthoredFileError as error:
            problems += [] if path.is_dir() else problems_of(error)  # those of a folder were found with it
        else:
            problems += [problem.in_file(str(file)) for problem in named]
    return problems


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
