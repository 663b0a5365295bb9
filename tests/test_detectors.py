from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import detectors
from pipeline.config import ComplianceSettings, Settings
from pipeline.detectors import Detectors, assemble_detectors
from tests.compliance.rule_files import write
from tests.factories import recording, transcript

BY_MEANING = "  - {id: a, title: A, severity: minor, expect: signal, meaning: [I will leave your company.]}\n"
BY_PHRASE = "  - {id: a, title: A, severity: minor, expect: signal, phrases: [leave your company]}\n"


def assembled(folder: Path, rules: str) -> Detectors:
    write(folder, rules)
    return assemble_detectors(Settings(workspace=folder, compliance=ComplianceSettings(rules_dir=folder)))


def test_detectors_load_the_sentence_encoder_only_for_active_rules_with_a_meaning(tmp_path: Path) -> None:
    by_phrase = assembled(tmp_path, BY_PHRASE)
    assert (by_phrase.meaning, len(by_phrase.preparations())) == (None, 2)
    by_meaning = assembled(tmp_path, BY_MEANING)
    assert by_meaning.meaning is not None
    assert len(by_meaning.preparations()) == 3
    retired = assembled(tmp_path, BY_MEANING.replace("meaning:", "status: retired, meaning:"))
    assert retired.meaning is None


def test_detectors_without_the_encoder_find_what_they_can_under_a_key_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = assembled(tmp_path, BY_MEANING)
    monkeypatch.setattr(detectors, "meaning_reader", lambda: None)
    without = assembled(tmp_path, BY_MEANING)
    assert whole.keys("t", recording()).findings != without.keys("t", recording()).findings
    (finding,) = without.find(transcript(("customer", "what a lovely day")), recording(), None, None).findings
    assert finding.kind == "cannot_assess"
