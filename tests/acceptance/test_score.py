"""`earmark score`: a transcript against a rubric, without a database."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import Result, earmark
from tests.acceptance.recordings import conversation, transcript, true_transcript

pytestmark = pytest.mark.slow

RUBRIC = """\
id: small
version: 1
title: Small
pass_share: {pass_share}
sections:
  - id: a
    title: A
    weight: 40
    criteria:
      - id: notice
        title: Says that the call is recorded
        points: 1
        {notice_kind}
        test: {{kind: rule, rules: [recording-notice]}}
      - id: hello
        title: Greets with name and company
        points: 1
        test: {{kind: rule, rules: [greeting]}}
      - id: miranda
        title: Asked only where a debt is named
        points: 10
        applies_if: {{rules_present: [debt-detail]}}
        test: {{kind: rule, rules: [mini-miranda]}}
  - id: b
    title: B
    weight: 20
    criteria:
      - id: clean
        title: Stays free of profanity
        points: 1
        test: {{kind: rule, rules: [profanity]}}
      - id: by-ear
        title: Only a person can tell
        points: 5
        test: {{kind: manual, question: Was it friendly?}}
"""
GREETED = (
    ("agent", "Thank you for calling Harbour Bank. My name is Maria. What is it about today?"),
    ("customer", "I only want to know when you open tomorrow morning."),
    ("agent", "We open at nine in the morning. Goodbye."),
)


def rubric(folder: Path, pass_share: float = 0.8, notice_kind: str = "critical: false") -> Path:
    path = folder / "small.yaml"
    path.write_text(RUBRIC.format(pass_share=pass_share, notice_kind=notice_kind))
    return path


def score(folder: Path, document: dict[str, Any], rubric_id: str | Path, *arguments: str) -> Result:
    path = folder / "call.json"
    path.write_text(json.dumps(document))
    return earmark("score", path, "--rubric", rubric_id, *arguments, cwd=folder)


def by_id(scored: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["criterion_id"]: each for each in scored["results"]}


def test_the_total_is_weighted_by_section_and_what_does_not_apply_drops_out(tmp_path: Path) -> None:
    scored = score(tmp_path, transcript(conversation(*GREETED)), rubric(tmp_path), "--json").json()
    results = by_id(scored)
    assert {name: each["status"] for name, each in results.items()} == {
        "notice": "fail",
        "hello": "pass",
        "miranda": "not_applicable",
        "clean": "pass",
        "by-ear": "cannot_assess",
    }
    assert scored["share"] == pytest.approx(0.6)  # (1 x 40 + 1 x 20) / (2 x 40 + 1 x 20)
    assert scored["passed"] is False
    assert results["hello"]["evidence"][0]["quote"] in GREETED[0][1]
    assert results["notice"]["searched"]["start_ms"] == 0
    assert results["miranda"]["points_earned"] is None
    assert results["by-ear"]["points_earned"] is None


def test_the_pass_mark_is_the_rubrics(tmp_path: Path) -> None:
    scored = score(tmp_path, transcript(conversation(*GREETED)), rubric(tmp_path, pass_share=0.6), "--json").json()
    assert scored["share"] == pytest.approx(0.6)
    assert scored["passed"] is True


def test_a_critical_error_fails_the_call_at_any_total(tmp_path: Path) -> None:
    small = rubric(tmp_path, pass_share=0.5, notice_kind="critical: true")
    scored = score(tmp_path, transcript(conversation(*GREETED)), small, "--json").json()
    assert scored["share"] == pytest.approx(0.6)
    assert scored["passed"] is False
    assert "notice" in {flag["criterion_id"] for flag in scored["flags"]}


def test_an_auto_fail_sets_the_total_to_zero(tmp_path: Path) -> None:
    small = rubric(tmp_path, notice_kind="auto_fail: true")
    scored = score(tmp_path, transcript(conversation(*GREETED)), small, "--json").json()
    assert scored["share"] == 0
    assert scored["raw_share"] == pytest.approx(0.6)
    assert scored["auto_failed_by"] == ["notice"]


def test_a_shipped_rubric_by_its_id(tmp_path: Path) -> None:
    promised = score(tmp_path, true_transcript("08-guaranteed-returns"), "bank-support", "--json").json()
    assert promised["rubric_id"] == "bank-support"
    assert promised["auto_failed_by"] == ["no-guarantee"]
    denied = score(tmp_path, true_transcript("09-no-guarantee"), "bank-support", "--json").json()
    assert denied["auto_failed_by"] == []
    assert by_id(denied)["no-guarantee"]["status"] == "pass"


def test_nothing_is_stored(tmp_path: Path) -> None:
    small = rubric(tmp_path)
    out = score(tmp_path, transcript(conversation(*GREETED)), small).ok().out
    assert "60" in out
    assert "Says that the call is recorded" in " ".join(out.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call.json", "small.yaml"]


def test_the_same_transcript_and_rubric_give_the_same_score(tmp_path: Path) -> None:
    once, again = (score(tmp_path, true_transcript("01-lost-card"), "bank-support", "--json").json() for _ in range(2))
    assert once == again


def test_a_word_after_the_window_does_not_count(tmp_path: Path) -> None:
    """The turn begins in the first 30 s, the notice itself is spoken after them: word times decide."""
    filler = "Let me tell you first about everything that we have to offer to our good customers this month and year. "
    late = filler * 4 + "This call is recorded for quality and training purposes."
    lines = conversation(("agent", late), ("customer", "All right, thank you for telling me that."))
    assert lines[0].start_ms < 30_000 < lines[0].end_ms - 3_000
    scored = score(tmp_path, transcript(lines), rubric(tmp_path), "--json").json()
    assert by_id(scored)["notice"]["status"] == "fail"
    assert "recorded" in by_id(scored)["notice"]["nearest_miss"]["evidence"]["quote"]


def test_what_the_customer_says_is_not_what_the_agent_said(tmp_path: Path) -> None:
    said = conversation(
        ("customer", "This call is recorded for quality and training purposes, right? My name is Eve, from Acme."),
        ("agent", "What do you want to know?"),
    )
    scored = score(tmp_path, transcript(said), rubric(tmp_path), "--json").json()
    assert by_id(scored)["notice"]["status"] == "fail"


def test_where_nobody_knows_who_spoke_said_is_not_assessed_and_unsaid_is_a_no(tmp_path: Path) -> None:
    document = transcript(conversation(*GREETED))
    for turn in document["turns"]:
        turn.update(role="unknown", channel=0)
    results = by_id(score(tmp_path, document, rubric(tmp_path), "--json").json())
    assert results["hello"]["status"] == "cannot_assess"
    assert results["notice"]["status"] == "fail"


@pytest.mark.parametrize(
    ("content", "tells"),
    [
        ("{", r"JSON|json"),
        ("[]", r"turns|transcript|object"),
        ('{"language": "en"}', r"turns"),
        ('{"language": "en", "turns": [{"role": "boss", "text": "x"}]}', r"role|boss|turn"),
        ('{"language": "en", "turns": [{"role": "agent", "channel": 0, "start_ms": 9, "end_ms": 3, "text": "x", '
         '"confidence": 1, "words": []}]}', r"end_ms|start_ms|ends|turn"),
    ],
)  # fmt: skip
def test_a_broken_transcript_is_refused(tmp_path: Path, content: str, tells: str) -> None:
    import re

    path = tmp_path / "call.json"
    path.write_text(content)
    message = earmark("score", path, "--rubric", "general", "--json", cwd=tmp_path).refused()
    assert "call.json" in message
    assert re.search(tells, message.replace("call.json", "")), message
