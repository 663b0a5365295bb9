"""Read rule packs (YAML) and check all of them at once. `docs/rules.md` explains the format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.authored import Document
from pipeline.canonical import fingerprint
from pipeline.compliance.authored_rules import AuthoredRule, Pack
from pipeline.compliance.conditions import condition_of
from pipeline.compliance.history import call_check
from pipeline.compliance.pack_problems import pack_problems
from pipeline.compliance.rule import Decidable, Rule, rules_fingerprint
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import AppliesIf
from pipeline.records.language import DEFAULT_LANGUAGES

__all__ = ["load_pack", "load_packs", "load_rules", "rules_fingerprint"]

# What changes no finding; everything else is in the fingerprint.
DESCRIPTIVE = {"title", "reference", "owner", "notes"}
SUFFIXES = (".yaml", ".yml")


def load_rules(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a pack, or of every pack of a folder.

    Raises:
        AuthoredFileError: With every problem of every file.
    """
    return load_packs(path) if path.is_dir() or not path.is_file() else load_pack(path)


def load_packs(rules_dir: Path) -> tuple[Rule, ...]:
    """Return the rules of every ``*.yaml`` and ``*.yml`` file of a folder, in order of file name and place.

    Raises:
        AuthoredFileError: With every problem of every file; where several have some, each names its file.
    """
    if not rules_dir.is_dir():
        problem = Problem(
            code="no-folder", message="no such folder; set compliance.rules_dir to the folder of rule packs"
        )
        raise AuthoredFileError(str(rules_dir), [problem])
    return _load(sorted(path for path in rules_dir.glob("*") if path.suffix in SUFFIXES), rules_dir)


def load_pack(path: Path) -> tuple[Rule, ...]:
    """Return the rules of one file; what they hang on must be in it too.

    Raises:
        AuthoredFileError: With every problem.
    """
    return _load([path], path)


def _load(paths: Sequence[Path], where: Path) -> tuple[Rule, ...]:
    failures: list[AuthoredFileError] = []
    read: list[tuple[Document, Pack]] = []
    for path in paths:
        try:
            document = Document(path)
            read.append((document, document.validate(Pack)))
        except AuthoredFileError as error:
            failures.append(error)
    every_file_read = not failures
    for document, pack in read:
        problems = pack_problems(document, pack, read, every_file_read=every_file_read)
        if problems:
            failures.append(AuthoredFileError(str(document.path), problems))
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise _together(where, failures)
    return tuple(_rule(authored, pack) for _, pack in read for authored in pack.rules)


def _together(where: Path, failures: Sequence[AuthoredFileError]) -> AuthoredFileError:
    """Return one error for several files; each problem says which file it is in."""
    return AuthoredFileError(
        str(where),
        [
            Problem(
                code=problem.code,
                line=problem.line,
                where=f"{Path(failure.path).name}: {problem.where}".rstrip(": "),
                message=problem.message,
            )
            for failure in sorted(failures, key=lambda failure: failure.path)
            for problem in failure.problems
        ],
    )


def _rule(authored: AuthoredRule, pack: Pack) -> Rule:
    scoring = authored.model_dump(mode="json", by_alias=True, exclude=DESCRIPTIVE, exclude_defaults=True)
    if set(pack.languages) != set(DEFAULT_LANGUAGES):
        scoring["languages"] = sorted(set(pack.languages))
    decidable = authored.decidable_from
    looks_into_call = decidable is not Decidable.NEITHER and authored.calls is None
    return Rule(
        id=authored.id,
        title=authored.title,
        severity=authored.severity,
        expect=authored.expect,
        fingerprint=fingerprint("rule-1", scoring),
        condition=condition_of(authored, pack.languages) if looks_into_call else None,
        calls=None if authored.calls is None else call_check(authored.calls),
        applies_if=AppliesIf(**authored.applies_if.model_dump()),
        decidable=decidable,
        languages=pack.languages,
        reference=authored.reference,
        owner=authored.owner,
        status=authored.status,
        pack=pack.pack,
    )
