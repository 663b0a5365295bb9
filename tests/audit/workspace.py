"""A workspace made by hand: two recordings, their transcripts, what two rules found, and scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.compliance.packs import load_packs
from pipeline.config import Settings
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.load_settings import load_settings
from pipeline.records import (
    CallFindings,
    CriterionResult,
    Evidence,
    Expectation,
    FactKeys,
    Redaction,
    Role,
    Span,
)
from pipeline.score.rubrics import load_rubrics
from pipeline.store.database import Store, open_store
from pipeline.store.intake import put_intake
from pipeline.store.scores import put_score
from pipeline.store.steps import put_step
from tests.factories import finding, measures, sentiment, transcript
from tests.scripted_calls import write_call
from tests.store.builders import result, score

NOW = datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)
PACK = """pack: mine
rules:
  - id: recording-notice
    title: Recording notice
    severity: major
    expect: present
    speaker: agent
    window: {within_first_s: 30}
    phrases:
      - call is recorded   # as our script has it
    reference: Two-party consent
  # says too much
  - id: guarantee
    title: No guarantees
    severity: critical
    expect: absent
    phrases: [i guarantee]
"""
RUBRIC = """id: general
version: 3
title: Mine
sections:
  - id: opening
    title: Opening
    weight: 1
    criteria:
      - id: greeting
        title: Greeting
        points: 10
        test: {kind: rule, rules: [recording-notice]}
"""
LINES = (
    ("agent", "Hello, this call is recorded, my name is <Maria> & co."),
    ("customer", "My card is [card_number] thanks"),
    ("agent", "I guarantee it will work."),
)


@dataclass(frozen=True)
class Workspace:
    """Settings, an open store, and the calls in it: the first says everything, the second no notice."""

    settings: Settings
    store: Store
    folder: Path
    calls: tuple[str, ...]

    @property
    def recordings(self) -> Path:
        """Where the recordings lie."""
        return self.folder / "recordings"


def make_workspace(folder: Path) -> Workspace:
    """Write everything into a folder."""
    for name, text in (("rules/mine.yaml", PACK), ("rubrics/general.yaml", RUBRIC)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    given = {"workspace": folder, "compliance.rules_dir": folder / "rules", "score.rubrics_dir": folder / "rubrics"}
    settings = load_settings(environment={}, flags=given)
    store = open_store(settings.store_url)
    calls = tuple(_call(folder, settings, store, number) for number in (0, 1))
    return Workspace(settings=settings, store=store, folder=folder, calls=calls)


def _call(folder: Path, settings: Settings, store: Store, number: int) -> str:
    file = write_call(
        folder / "recordings", f"2026-10-0{5 + number}T09-30-00_AGENT_maria.lopez_CUST_C-77_", seed=number
    )
    outcome = take_in(file, settings=settings.intake, metadata=index_metadata([file]), for_sound_only=True)
    assert outcome.recording is not None
    call_id = outcome.recording.call_id
    spoken = transcript(
        *LINES,
        call_id=call_id,
        duration_ms=outcome.recording.duration_ms,
        redactions=(Redaction(kind="card_number", turn_index=1, start_ms=4400, end_ms=4700),),
    )
    rules = {rule.id: rule.fingerprint for rule in load_packs(settings.compliance.rules_dir)}
    notice = finding(
        "recording-notice",
        "absent" if number else "present",
        rule_fingerprint=rules["recording-notice"],
        searched=Span(start_ms=0, end_ms=8000),
        evidence=() if number else (_quote(spoken.turns[0].text, 0, "call is recorded"),),
    )
    promise = finding(
        "guarantee",
        rule_fingerprint=rules["guarantee"],
        expected=Expectation.ABSENT,
        evidence=(_quote(spoken.turns[2].text, 2, "I guarantee", start_ms=6800),),
    )
    keys = FactKeys(transcript=f"t-{number}", findings=f"f-{number}", sentiment=f"s-{number}", measures=f"m-{number}")
    records = {
        "transcript": spoken,
        "findings": CallFindings(findings=(notice, promise)),
        "sentiment": sentiment(),
        "measures": measures(),
    }
    (rubric,) = load_rubrics(settings.score.rubrics_dir)
    made = score(call_id, f"s-call-{number}", _answer(), rubric_id="general", rubric_fingerprint=rubric.fingerprint)
    with store.begin() as connection:
        put_intake(connection, outcome, now=NOW)
        for step, record in records.items():
            put_step(connection, getattr(keys, step), call_id=call_id, step=step, record=record, now=NOW)
        put_step(connection, f"facts-{number}", call_id=call_id, step="facts", record=keys, now=NOW)
        put_score(connection, made, f"facts-{number}", (), customer_sentiment=None, now=NOW)
    return call_id


def _answer() -> CriterionResult:
    return result("greeting", "pass")


def _quote(text: str, turn_index: int, words: str, *, start_ms: int = 600) -> Evidence:
    at = text.index(words)
    return Evidence(
        turn_index=turn_index,
        role=Role.AGENT,
        start_ms=start_ms,
        end_ms=start_ms + 900,
        char_start=at,
        char_end=at + len(words),
        quote=words,
        confidence=0.9,
    )
