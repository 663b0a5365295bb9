"""Reasons that people have written down: rules of a rule pack, looked for in the first minutes of a call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.compliance.detect import detect
from pipeline.compliance.packs import SUFFIXES, load_packs
from pipeline.compliance.rule import Rule, RuleStatus
from pipeline.config import ComplianceSettings
from pipeline.contact_reasons.opening import WITHIN_MS
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import Expectation, FindingKind, Recording, Transcript

OTHER, UNTOLD = "other", "untold"
GROUP_ID = re.compile(r"g\d+")


def load_reasons(folder: Path) -> tuple[Rule, ...]:
    """Return the rules that tell reasons, in order of file name and place; none where the folder has no pack.

    Raises:
        AuthoredFileError: With every problem of every file: what `earmark rules check FOLDER` tells, and ids that stand
            for something else, and rules that must or must not be said.
    """
    if folder.is_dir() and not any(path.suffix in SUFFIXES for path in folder.iterdir()):
        return ()
    rules = load_packs(folder)
    problems = [problem for rule in rules if (problem := _problem(rule)) is not None]
    if problems:
        raise AuthoredFileError(str(folder), problems)
    return tuple(rule for rule in rules if rule.status is RuleStatus.ACTIVE)


def rule_found(
    transcript: Transcript, recording: Recording, rules: Sequence[Rule], settings: ComplianceSettings
) -> str | None:
    """Return the id of the first rule, in their order, whose words were said, or None.

    Only what is said in so many words counts: what is near in meaning is for groups.
    """
    if not rules:
        return None
    beginning = tuple(replace(turn, words=tuple(turn.words)) for turn in transcript.turns if turn.start_ms < WITHIN_MS)
    findings = detect(replace_turns(transcript, beginning), recording, rules, settings)
    said = {found.rule_id for found in findings if found.kind is FindingKind.PRESENT and not found.probable}
    return next((rule.id for rule in rules if rule.id in said), None)


def replace_turns(transcript: Transcript, turns: Sequence[object]) -> Transcript:
    """Return a transcript with other turns, whatever kind of transcript it is."""
    told = {name: getattr(transcript, name) for name in Transcript.__dataclass_fields__}
    return Transcript(**{**told, "turns": tuple(turns)})


def _problem(rule: Rule) -> Problem | None:
    where = f"rule {rule.id}"
    if rule.id in (OTHER, UNTOLD) or GROUP_ID.fullmatch(rule.id):
        return Problem(code="reserved-id", where=where, message="stands for something else here; choose another id")
    if rule.expect is not Expectation.SIGNAL:
        return Problem(code="not-a-signal", where=where, message="a reason is no duty: write `expect: signal`")
    return None
