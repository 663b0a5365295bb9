"""Rule packs and rules for the tests of this folder."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.canonical import fingerprint
from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader
from pipeline.compliance.packs import load_packs
from pipeline.compliance.rule import Decidable, Rule, RuleStatus, Saying
from pipeline.compliance.window import Window
from pipeline.config import PACKAGE_ROOT, ComplianceSettings
from pipeline.records import AppliesIf, Expectation, Finding, Role, Severity, Transcript
from tests.factories import recording

SETTINGS = ComplianceSettings()
READER = MeaningReader()  # one for all tests: loading takes seconds


_OF_RULES = {field.name for field in dataclasses.fields(Rule)}


def rule(rule_id: str = "notice", *phrases: str, **changes: Any) -> Rule:
    """A rule that the agent must say one of the phrases; `window` and `applies_if` as dicts, enums by their values.

    The phrases count by meaning only where `wordings` are given, so that most tests need no encoder.
    """
    for key, record in (("window", Window), ("applies_if", AppliesIf)):
        if key in changes:
            changes[key] = record(**changes[key])
    enums = (("expect", Expectation), ("speaker", Role), ("status", RuleStatus), ("decidable", Decidable))
    for key, enum in enums:
        if changes.get(key) is not None:
            changes[key] = enum(changes[key])
    expect = changes.pop("expect", Expectation.PRESENT)
    given: dict[str, Any] = {
        "id": rule_id,
        "title": rule_id,
        "severity": Severity.MAJOR,
        "expect": expect,
        "fingerprint": fingerprint("rule-1", rule_id),
        **{key: value for key, value in changes.items() if key in _OF_RULES},
    }
    of_saying = {key: value for key, value in changes.items() if key not in _OF_RULES or key == "languages"}
    saying = {"speaker": Role.AGENT, "phrases": phrases, **of_saying}
    return Rule(**{"condition": Saying(id=rule_id, expect=expect, **saying), **given})


def findings(transcript: Transcript, *rules: Rule, **call: Any) -> dict[str, Finding]:
    """The findings of rules on a call, by rule id."""
    return {f.rule_id: f for f in detect(transcript, recording(**call), rules, SETTINGS, READER)}


@functools.cache
def shipped() -> Mapping[str, Rule]:
    """The rules that come with Earmark, by id."""
    return {each.id: each for each in load_packs(PACKAGE_ROOT / "rubrics" / "rules")}


def shipped_with_needs(rule_id: str) -> tuple[Rule, ...]:
    """A shipped rule and those that it hangs on."""
    wanted = shipped()[rule_id]
    return (wanted, *(needed for name in wanted.needs() for needed in shipped_with_needs(name)))


def write(folder: Path, text: str, name: str = "pack.yaml") -> Path:
    """Write a rule pack of these rules."""
    path = folder / name
    path.write_text(f"pack: test\nrules:\n{text}")
    return path
