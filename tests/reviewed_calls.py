"""A workspace of made calls that were scored and reviewed: ``python -m tests.reviewed_calls FOLDER CALLS``."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from pipeline.compliance.packs import load_packs
from pipeline.config import Settings
from pipeline.load_settings import load_settings
from pipeline.records import (
    CallFacts,
    CallFindings,
    CriterionResult,
    Evidence,
    Expectation,
    FactKeys,
    Finding,
    FindingKind,
    Review,
    Rubric,
    Severity,
    Status,
)
from pipeline.score.evaluate import evaluate
from pipeline.score.rubrics import load_rubric
from pipeline.store.database import open_store
from pipeline.store.reviews import put_review
from pipeline.store.scores import put_score
from pipeline.store.steps import put_step
from tests.factories import evidence, facts, finding, measures, sentiment, transcript
from tests.store.builders import taken_in

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PACK = """pack: mine
rules:
  - {id: notice, title: Recording notice, severity: major, expect: present, speaker: agent, phrases: [call is recorded]}
  - {id: farewell, title: Farewell, severity: minor, expect: present, speaker: agent, phrases: [have a good day]}
"""
RUBRIC = """id: general
version: 3
title: Mine
sections:
  - id: all
    title: All
    weight: 1
    criteria:
      - id: notice
        title: Says that the call is recorded
        points: 10
        test: {kind: rule, rules: [notice]}
      - id: farewell
        title: Ends the call friendly
        points: 5
        test: {kind: rule, rules: [farewell]}
      - id: waiting
        title: Leaves no long silences
        points: 5
        test:
          kind: measure
          measure: longest_dead_air_ms
          bands:
            - {below: 5000, share: 1}
            - {at_least: 5000, below: 15000, share: 0.5}
            - {at_least: 15000, share: 0}
      - id: empathy
        title: Shows understanding
        points: 5
        test: {kind: manual, question: Did the agent show understanding?}
"""

Answer = Callable[[CriterionResult, random.Random], Status | None]
"""What a person answers where the machine answered so; None for no review."""


def right_as_sure(result: CriterionResult, chance: random.Random) -> Status:
    """Confirm an answer the oftener the surer it is, but not as often as it says."""
    sure = result.raw_confidence if result.raw_confidence is not None else 1.0
    if chance.random() < min(0.99, 1.3 * sure - 0.25):
        return result.status
    return Status.FAIL if result.status is Status.PASS else Status.PASS


def write_workspace(folder: Path, calls: int, *, answer: Answer = right_as_sure, seed: int = 0) -> Settings:
    """Write a workspace with scored calls, each reviewed by a person; its settings file says where its rubric lies."""
    for name, text in (("rules/mine.yaml", PACK), ("rubrics/general.yaml", RUBRIC)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    rules, rubrics = folder / "rules", folder / "rubrics"
    (folder / "earmark.toml").write_text(f"compliance.rules_dir = '{rules}'\nscore.rubrics_dir = '{rubrics}'\n")
    given = {"workspace": folder, "compliance.rules_dir": rules, "score.rubrics_dir": rubrics}
    settings = load_settings(environment={}, flags=given)
    rubric = load_rubric(rubrics / "general.yaml")
    prints = {rule.id: rule.fingerprint for rule in load_packs(rules)}
    chance = random.Random(seed)
    store = open_store(settings.store_url)
    with store.begin() as connection:
        for number in range(calls):
            _call(connection, number, rubric, prints, answer=answer, chance=chance)
    store.close()
    return settings


def _call(
    connection: Connection,
    number: int,
    rubric: Rubric,
    prints: dict[str, str],
    *,
    answer: Answer,
    chance: random.Random,
) -> None:
    call_id = f"c-{number:04}"
    recording = taken_in(connection, call_id, started_at=NOW - timedelta(days=1, minutes=number))
    spoken = transcript(("agent", "hello this call is recorded"), ("customer", "hello"), call_id=call_id)
    findings = tuple(_finding(rule_id, prints[rule_id], chance) for rule_id in ("notice", "farewell"))
    silence = measures(longest_dead_air_ms=chance.choice([1000, 8000, 20_000]))
    heard: CallFacts = facts(*findings, recording=recording, transcript=spoken, measures=silence)
    keys = FactKeys(transcript=f"t-{number}", findings=f"f-{number}", sentiment=f"s-{number}", measures=f"m-{number}")
    records = {
        "transcript": spoken,
        "findings": CallFindings(findings=findings),
        "sentiment": sentiment(),
        "measures": silence,
    }
    for step, record in records.items():
        put_step(connection, getattr(keys, step), call_id=call_id, step=step, record=record, now=NOW)
    put_step(connection, f"facts-{number}", call_id=call_id, step="facts", record=keys, now=NOW)
    made = evaluate(heard, rubric, score_id=f"s-{number:04}")
    put_score(connection, made, f"facts-{number}", (), customer_sentiment=None, now=NOW)
    for result in made.results:
        status = answer(result, chance)
        if status is not None:
            put_review(connection, _review(made.score_id, call_id, result, status, number))


def _finding(rule_id: str, fingerprint: str, chance: random.Random) -> Finding:
    sure = round(chance.triangular(0.5, 1, 0.97), 3)
    said = chance.random() < 0.75
    quote: Evidence = evidence(confidence=sure)
    return finding(
        rule_id,
        FindingKind.PRESENT if said else FindingKind.ABSENT,
        rule_fingerprint=fingerprint,
        severity=Severity.MAJOR,
        expected=Expectation.PRESENT,
        evidence=(quote,) if said else (),
        searched_confidence=sure,
    )


def _review(score_id: str, call_id: str, result: CriterionResult, status: Status, number: int) -> Review:
    return Review(
        review_id=f"r-{number:04}-{result.criterion_id}",
        call_id=call_id,
        score_id=score_id,
        criterion_id=result.criterion_id,
        asked=result.asked,
        status=status,
        share={Status.PASS: 1.0, Status.PARTIAL: 0.5, Status.FAIL: 0.0}.get(status),
        reviewer="ann",
        reason="heard it",
        made_at=NOW + timedelta(minutes=number),
        machine_status=result.status,
        machine_confidence=result.raw_confidence,
    )


if __name__ == "__main__":
    write_workspace(Path(sys.argv[1]), int(sys.argv[2]))
