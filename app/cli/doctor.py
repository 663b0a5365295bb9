"""`earmark doctor`: is everything here that a run needs, and what to do where it is not."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.text import Text

from app.cli import show
from app.cli.console_checks import ConsoleCheck, check_console
from app.cli.judge_checks import JudgeCheck, check_judge
from app.cli.mail_checks import MailCheck, check_mail
from app.cli.models import statuses
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, has_database, read_settings
from app.rubric_checks import active_rules
from flows.situation import free_bytes
from pipeline.compliance.packs import load_packs
from pipeline.config import Settings
from pipeline.errors import AuthoredFileError, EarmarkError
from pipeline.score.rubrics import check_rule_references, check_rules_apply, load_rubrics
from pipeline.store.database import inspect_database

PACKAGES = (
    "openai-whisper",
    "faster-whisper",
    "torch",
    "transformers",
    "spacy",
    "pandas",
    "prefect",
    "av",
    "sqlalchemy",
)
LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at: what was found, and what to do about it where it is not as it should be."""

    name: str
    ok: bool
    found: str
    todo: str = ""


def doctor(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check Python, packages, models with hashes, rules, rubrics, language model, database, console, mail server, disk.

    Exit code 1 if one fails.
    """
    settings = read_settings(workspace, config)
    checks: list[Check | JudgeCheck | ConsoleCheck | MailCheck] = [
        _python(),
        *_packages(),
        *_models(settings),
        *_authored(settings),
    ]
    checks += [*check_judge(settings.judge), _database(settings), *check_console(settings)]
    checks += [*check_mail(settings), *_disk(settings)]
    if as_json:
        show.print_json([asdict(check) for check in checks])
    else:
        rows = [
            (Text("ok", style="green") if c.ok else Text("problem", style="bold red"), c.name, c.found + _do(c.todo))
            for c in checks
        ]
        show.table([("", "left"), ("What", "left"), ("Found", "left")], rows)
        wrong = sum(not check.ok for check in checks)
        show.out.print(f"{wrong} problem(s)" if wrong else "Everything is in place.", markup=False)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _do(todo: str) -> str:
    return f"\n-> {todo}" if todo else ""


def _python() -> Check:
    ok = sys.version_info[:2] >= LEAST_PYTHON
    wanted = ".".join(str(part) for part in LEAST_PYTHON)
    return Check(
        name="Python", ok=ok, found=platform.python_version(), todo="" if ok else f"use Python {wanted} or newer"
    )


def _packages() -> list[Check]:
    checks = []
    for name in PACKAGES:
        try:
            checks.append(Check(name=f"package {name}", ok=True, found=importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            todo = "install Earmark again: make setup in a checkout, else as docs/install.md says"
            checks.append(Check(name=f"package {name}", ok=False, found="not installed", todo=todo))
    return checks


def _models(settings: Settings) -> list[Check]:
    known = statuses(settings)
    return [
        Check(
            name=f"model {model.name} ({model.purpose})",
            ok=model.ok,
            found=f"sha256 {model.found_sha256[:16]}…" if model.found_sha256 else (model.path or "not there"),
            todo=model.problem or "",
        )
        for model in known
    ]


def _authored(settings: Settings) -> list[Check]:
    rules_dir, rubrics_dir = settings.compliance.rules_dir, settings.score.rubrics_dir
    checks = [
        _attempt("rules", lambda: f"{len(load_packs(rules_dir))} rules", "mend the file named"),
        _attempt("rubrics", lambda: f"{len(load_rubrics(rubrics_dir))} rubrics", "mend the file named"),
    ]
    if all(check.ok for check in checks):
        todo = "mend the rubric named, or the rule; earmark rubrics check tells the same"
        checks.append(_attempt("rules that rubrics name", lambda: _references(settings), todo))
    return checks


def _references(settings: Settings) -> str:
    rubrics, rules = load_rubrics(settings.score.rubrics_dir), active_rules(settings)
    problems = check_rule_references(rubrics, rules, looked_in=settings.compliance.rules_dir)
    problems += check_rules_apply(rubrics, rules)
    if problems:
        raise AuthoredFileError(str(settings.score.rubrics_dir), problems)
    return "all of them are looked for, and are about calls of the questions that name them"


def _database(settings: Settings) -> Check:
    def look() -> str:
        """Say how the database stands; to look must neither make one nor change it."""
        if not has_database(settings):
            return f"SQLite, none yet: the first run makes it in {settings.workspace}"
        return inspect_database(settings.store_url)

    return _attempt("database", look, "check database_url and that the server runs")


def _attempt(name: str, look: Callable[[], str], todo: str) -> Check:
    try:
        return Check(name=name, ok=True, found=look())
    except EarmarkError as error:
        return Check(name=name, ok=False, found=str(error), todo=todo)


def _disk(settings: Settings) -> list[Check]:
    return [_space("disk for the workspace", settings.workspace), _space("disk for models", settings.models_dir)]


def _space(name: str, folder: Path) -> Check:
    free = free_bytes(folder)
    if free is None:
        return Check(
            name=name, ok=False, found=f"{folder} cannot be looked at", todo="mount its disk, or set another folder"
        )
    ok = free >= LEAST_FREE_BYTES
    todo = "" if ok else f"free at least {LEAST_FREE_BYTES / 1e9:.0f} GB, or set another folder"
    return Check(name=name, ok=ok, found=f"{free / 1e9:.1f} GB free at {folder}", todo=todo)
