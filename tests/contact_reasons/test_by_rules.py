"""Reasons by rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import ComplianceSettings, Settings
from pipeline.contact_reasons.by_rules import load_reasons, rule_found
from pipeline.errors import AuthoredFileError
from tests.contact_reasons.heard_calls import labelled, spoken
from tests.factories import recording, transcript

PACK = """pack: reasons
rules:
  - {{id: {rule}, title: Narrow, severity: minor, expect: {expect}, speaker: customer, phrases: [lost my card]}}
  - {{id: wide, title: Wide, severity: minor, expect: signal, speaker: customer, phrases: [my card]}}
"""


def pack(folder: Path, *, rule: str = "narrow", expect: str = "signal") -> Path:
    (folder / "reasons.yaml").write_text(PACK.format(rule=rule, expect=expect), encoding="utf-8")
    return folder


def test_first_rule_of_the_file_that_is_found_is_the_reason(tmp_path: Path) -> None:
    rules = load_reasons(pack(tmp_path))
    asked = [rule_found(spoken(said), recording(), rules, ComplianceSettings()) for said in
             ("I lost my card in town.", "It is about my card.", "Where is my parcel?")]  # fmt: skip
    assert asked == ["narrow", "wide", None]


def test_words_of_the_agent_and_of_later_minutes_tell_no_reason(tmp_path: Path) -> None:
    rules, settings = load_reasons(pack(tmp_path)), ComplianceSettings()
    assert rule_found(transcript(("agent", "Have you lost my card?")), recording(), rules, settings) is None
    late = transcript(("customer", "I lost my card.", 121_000), duration_ms=200_000)
    assert rule_found(late, recording(), rules, settings) is None


@pytest.mark.parametrize(("rule", "expect", "code"), [
    ("g12", "signal", "reserved-id"), ("other", "signal", "reserved-id"), ("narrow", "present", "not-a-signal"),
])  # fmt: skip
def test_ids_of_groups_and_duties_are_refused(tmp_path: Path, rule: str, expect: str, code: str) -> None:
    with pytest.raises(AuthoredFileError) as refused:
        load_reasons(pack(tmp_path, rule=rule, expect=expect))
    assert [problem.code for problem in refused.value.problems] == [code]


def test_folder_without_packs_has_no_rules_and_a_missing_one_is_told(tmp_path: Path) -> None:
    assert load_reasons(tmp_path) == ()
    with pytest.raises(AuthoredFileError, match="no such folder"):
        load_reasons(tmp_path / "gone")


def test_shipped_rules_are_right_where_they_tell_a_reason() -> None:
    settings = Settings()
    rules = load_reasons(settings.reasons.rules_dir)
    meant = {
        "lost-or-stolen-card": "lost-card",
        "cancel": "cancel",
        "sign-in": "password",
        "where-is-my-order": "parcel",
    }
    told = [
        (found, reason)
        for reason, text in [*labelled("first"), *labelled("second")]
        if (found := rule_found(spoken(text), recording(), rules, settings.compliance)) is not None
    ]
    right = [(found, reason) for found, reason in told if meant[found] == reason]
    assert len(told) >= 25
    assert len(right) / len(told) >= 0.95, sorted(set(told) - set(right))
