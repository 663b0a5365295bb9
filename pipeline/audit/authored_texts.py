"""Rules and rubrics as they were written, for a pack: with a word where the file now says something else."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from pipeline.authored import Document
from pipeline.compliance.packs import SUFFIXES, load_packs
from pipeline.config import Settings
from pipeline.errors import AuthoredFileError
from pipeline.records import CallScore
from pipeline.score.rubrics import load_rubrics


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthoredText:
    """What a person wrote.

    Attributes:
        text: YAML, with a comment above it that says where it is from; None where nothing of that name is there now.
        same: Whether it is what judged the call, by its fingerprint.
        reference: The legal reference, of a rule that is the same.
    """

    text: str | None
    same: bool
    reference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleSource:
    """A rule as it stands in a file."""

    file: str
    text: str


def rule_texts(judged: Iterable[tuple[str, str]], settings: Settings) -> dict[tuple[str, str], AuthoredText]:
    """Return the text of every rule that is asked for.

    Args:
        judged: Ids and fingerprints of the rules that judged.
        settings: Where the packs lie.
    """
    try:
        now = {rule.id: rule for rule in load_packs(settings.compliance.rules_dir)}
    except AuthoredFileError:  # a pack that cannot be used judges nothing, but can be looked at
        now = {}
    sources = rule_sources(settings.compliance.rules_dir)
    texts = {}
    for rule_id, fingerprint in judged:
        rule, source = now.get(rule_id), sources.get(rule_id)
        if source is None:
            texts[rule_id, fingerprint] = AuthoredText(text=None, same=False)
            continue
        same = rule is not None and rule.fingerprint == fingerprint
        languages = f"\n# languages of the pack: {', '.join(rule.languages)}" if rule else ""
        head = _head(f"rule {rule_id}, in {source.file}", fingerprint, rule.fingerprint if rule else None)
        texts[rule_id, fingerprint] = AuthoredText(
            text=f"{head}{languages}\n{source.text}", same=same, reference=rule.reference if rule and same else ""
        )
    return texts


def rubric_text(score: CallScore, settings: Settings) -> AuthoredText:
    """Return the text of the rubric that a score was made with."""
    try:
        rubrics = [rubric for rubric in load_rubrics(settings.score.rubrics_dir) if rubric.id == score.rubric_id]
    except AuthoredFileError:
        rubrics = []
    newest = sorted(rubrics, key=lambda rubric: (rubric.fingerprint == score.rubric_fingerprint, rubric.version))
    if not newest or not newest[-1].file:
        return AuthoredText(text=None, same=False)
    chosen, file = newest[-1], Path(newest[-1].file)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return AuthoredText(text=None, same=False)
    head = _head(f"rubric {score.rubric_id}, in {file.name}", score.rubric_fingerprint, chosen.fingerprint)
    return AuthoredText(text=f"{head}\n{text}", same=chosen.fingerprint == score.rubric_fingerprint)


def _head(what: str, judged: str, now: str | None) -> str:
    if judged == now:
        return f"# {what}\n# this is the version that judged the call: {judged}"
    there = f"the file now holds {now}" if now else "the file cannot be used now"
    return f"# {what}\n# NOT the version that judged the call, which was {judged}\n# {there}"


def rule_sources(folder: Path) -> dict[str, RuleSource]:
    """Return the text of every rule in a folder of packs, by its id."""
    found: dict[str, RuleSource] = {}
    for path in sorted(each for each in folder.glob("*") if each.suffix in SUFFIXES):
        try:
            document, lines = Document(path), path.read_text(encoding="utf-8").splitlines()
        except (AuthoredFileError, OSError, UnicodeDecodeError):
            continue
        rules = document.data.get("rules")
        if isinstance(rules, CommentedSeq):
            starts = [document.line(("rules", i)) or 1 for i in range(len(rules))]
            ends = [*starts[1:], len(lines) + 1]
            for rule, start, end in zip(rules, starts, ends, strict=False):  # of no rules there is one end
                if isinstance(rule, CommentedMap) and isinstance(rule.get("id"), str):
                    text = _cut(lines[start - 1 : end - 1], rule["id"]) or "\n".join(lines) + "\n"
                    found.setdefault(rule["id"], RuleSource(file=path.name, text=text))
    return found


def _cut(lines: Iterable[str], rule_id: str) -> str | None:
    """Return the lines of one rule; None where they are not that rule, as in a list that is written in one line."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith("#")):
        kept.pop()  # what stands above the next rule
    text = textwrap.dedent("\n".join(kept)) + "\n"
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        return None
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict) and data[0].get("id") == rule_id:
        return text
    return None
