"""Checking rubrics and packs: those on disk, and a text that somebody pasted."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from app.web.authored import authored_files, files_state
from app.web.errors import BadRequestError
from app.web.site import Site
from app.web.snapshots import QUICK, Snapshot, snapshot
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import Rubric

Kind = Literal["rubric", "rules"]
MOST_YAML_BYTES = 128 * 1024
_DEEPEST = 100
_NAME = "pasted.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderCheck:
    """What checking a folder found; ``notes`` are no problems and may be meant so."""

    what: str
    files: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PastedCheck:
    """What checking a pasted text found; ``rubric`` is None where it is none that can be used."""

    problems: tuple[Problem, ...]
    rubric: Rubric | None = None


def check_on_disk(site: Site) -> Snapshot[tuple[FolderCheck, ...]]:
    """Return what is wrong with the rubrics and packs that there are; checked anew when a file has changed."""
    return snapshot(
        site, "check of files", lambda: _check_folders(site), stale_after_s=1.0, state=files_state, worker=QUICK
    )


def require_plain(text: str) -> None:
    """Refuse a text that would take too long to read.

    Raises:
        BadRequestError: It is too long, or nested without end.
    """
    if not text.strip():
        raise BadRequestError("paste the YAML, or choose a file")
    if len(text.encode("utf-8", "replace")) > MOST_YAML_BYTES:
        raise BadRequestError(
            f"this is longer than {MOST_YAML_BYTES // 1024} kB: check it with `earmark rubrics check`"
        )
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > _DEEPEST:
            raise BadRequestError("this is nested too deeply for a rubric or pack")


def check_pasted(site: Site, kind: Kind, text: str) -> PastedCheck:
    """Check a text as if it lay in the folder; it is in a temporary file meanwhile, and nothing is kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _NAME
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        problems, rubric = _check_rubric(site, path) if kind == "rubric" else (_check_pack(path), None)
        told = tuple(_without_path(problem, folder) for problem in problems)
    return PastedCheck(problems=told, rubric=replace(rubric, file=None) if rubric and not told else None)


def _check_rubric(site: Site, path: Path) -> tuple[Sequence[Problem], Rubric | None]:
    from app.rubric_checks import active_rules, find_problems  # noqa: PLC0415 - a second of imports
    from pipeline.score.rubrics import load_rubric  # noqa: PLC0415

    rules_dir = site.settings.compliance.rules_dir
    problems = find_problems(path, active_rules(site.settings), rules_dir=rules_dir)
    return problems, None if problems else load_rubric(path)


def _check_pack(path: Path) -> Sequence[Problem]:
    from pipeline.compliance.packs import load_pack  # noqa: PLC0415

    try:
        load_pack(path)
    except AuthoredFileError as error:
        return error.problems
    return ()


def _check_folders(site: Site) -> tuple[FolderCheck, ...]:
    return _check_rubrics(site), _check_packs(site)


def _check_rubrics(site: Site) -> FolderCheck:
    from app.rubric_checks import active_rules, find_problems  # noqa: PLC0415 - a second of imports
    from pipeline.score.rubrics import gaps, load_rubrics  # noqa: PLC0415

    folder = site.settings.score.rubrics_dir
    rules_dir = site.settings.compliance.rules_dir
    notes: tuple[str, ...] = ()
    try:
        rules = active_rules(site.settings)
    except AuthoredFileError:
        rules, notes = {}, ("The rule packs have problems, so it is not checked which rules the rubrics ask for.",)
    problems = find_problems(folder, rules, rules_dir=rules_dir) if rules else _unsound(folder)
    if not problems:
        notes += tuple(str(gap) for gap in gaps(load_rubrics(folder)))
    files = len(authored_files(folder))
    return FolderCheck(what="Rubrics", files=files, problems=tuple(_named(p, folder) for p in problems), notes=notes)


def _unsound(folder: Path) -> Sequence[Problem]:
    from pipeline.score.rubrics import load_rubrics  # noqa: PLC0415

    try:
        load_rubrics(folder)
    except AuthoredFileError as error:
        return error.problems
    return ()


def _check_packs(site: Site) -> FolderCheck:
    from pipeline.compliance.packs import load_packs  # noqa: PLC0415

    folder = site.settings.compliance.rules_dir
    problems: tuple[Problem, ...] = ()
    try:
        load_packs(folder)
    except AuthoredFileError as error:
        problems = tuple(_named(problem.in_file(problem.file or error.path), folder) for problem in error.problems)
    return FolderCheck(what="Rule packs", files=len(authored_files(folder)), problems=problems)


def _named(problem: Problem, folder: Path) -> Problem:
    """Return a problem with its file's name instead of its path: where things lie is nobody's business."""
    file = Path(problem.file).name if problem.file and Path(problem.file) != folder else None
    return replace(problem, file=file, message=problem.message.replace(f"{folder}/", "").replace(str(folder), "."))


def _without_path(problem: Problem, folder: str) -> Problem:
    message = problem.message.replace(f"{folder}/", "").replace(folder, ".")
    return replace(problem, file=_NAME, message=message)
