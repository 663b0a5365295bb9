"""`earmark score`: a transcript against a rubric, without a database."""

import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
        title: no
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
        title: 12:30
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


FILLER = "Let me tell you first about everything that we have to offer to our good customers this month and year. "
TOO_LATE = conversation(
    ("customer", "This call is recorded for quality and training purposes, right? My name is Eve, from Acme."),
    ("agent", FILLER * 4 + "This call is recorded for quality and training purposes."),
    ("customer", "All right, thank you for telling me that."),
)


def by_nobody_known() -> dict[str, Any]:
    document = transcript(conversation(*GREETED))
    for turn in document["turns"]:
        turn.update(role="unknown", channel=0)
    return document


@dataclass(frozen=True, kw_only=True)
class Case:
    document: dict[str, Any]
    rubric: str  # an id, or the text of a rubric file
    arguments: tuple[str, ...] = ("--queue", "collections")


def small(pass_share: float = 0.8, notice_kind: str = "critical: false") -> str:
    return RUBRIC.format(pass_share=pass_share, notice_kind=notice_kind)


CASES = {
    "plain": Case(document=transcript(conversation(*GREETED)), rubric=small(0.5, "critical: true")),
    "auto-fail": Case(document=transcript(conversation(*GREETED)), rubric=small(0.5, "auto_fail: true")),
    "too late": Case(document=transcript(TOO_LATE), rubric=small()),
    "by nobody known": Case(document=by_nobody_known(), rubric=small()),
    "promised": Case(document=true_transcript("08-guaranteed-returns"), rubric="bank-support", arguments=()),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("score")


@pytest.fixture(scope="module")
def scored(home: Path) -> dict[str, dict[str, Any]]:
    """All cases, two at a time."""

    def score(case: Case) -> Result:
        folder = Path(tempfile.mkdtemp(dir=home))
        (folder / "call.json").write_text(json.dumps(case.document))
        (folder / "small.yaml").write_text(case.rubric)
        rubric = case.rubric if "\n" not in case.rubric else folder / "small.yaml"
        return earmark("score", folder / "call.json", "--rubric", rubric, *case.arguments, "--json", cwd=folder)

    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(score, CASES.values()))
    return {name: result.json() for name, result in zip(CASES, results, strict=True)}


Scored = dict[str, dict[str, Any]]


def by_id(scored: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["criterion_id"]: each for each in scored["results"]}


def test_the_total_is_weighted_by_section_and_what_does_not_apply_drops_out(scored: Scored) -> None:
    results = by_id(scored["plain"])
    assert {name: each["status"] for name, each in results.items()} == {
        "notice": "fail",
        "hello": "pass",
        "miranda": "not_applicable",
        "clean": "pass",
        "by-ear": "cannot_assess",
    }
    assert scored["plain"]["share"] == pytest.approx(0.6)  # (1 x 40 + 1 x 20) / (2 x 40 + 1 x 20)
    assert results["hello"]["evidence"][0]["quote"] in GREETED[0][1]
    assert results["notice"]["searched"]["start_ms"] == 0
    assert results["miranda"]["points_earned"] is None
    assert results["by-ear"]["points_earned"] is None


def test_a_critical_error_fails_the_call_at_any_total(scored: Scored) -> None:
    assert scored["plain"]["share"] > scored["plain"]["pass_share"] == 0.5
    assert scored["plain"]["passed"] is False
    assert "notice" in {flag["criterion_id"] for flag in scored["plain"]["flags"]}


def test_no_and_times_stay_the_text_that_was_written(scored: Scored) -> None:
    assert by_id(scored["plain"])["clean"]["title"] == "12:30"
    assert by_id(scored["plain"])["hello"]["title"] == "no"


def test_an_auto_fail_sets_the_total_to_zero(scored: Scored) -> None:
    assert scored["auto-fail"]["share"] == 0
    assert scored["auto-fail"]["raw_share"] == pytest.approx(0.6)
    assert scored["auto-fail"]["auto_failed_by"] == ["notice"]
    assert scored["auto-fail"]["passed"] is False


def test_a_shipped_rubric_by_its_id(scored: Scored) -> None:
    assert scored["promised"]["rubric_id"] == "bank-support"
    assert scored["promised"]["auto_failed_by"] == ["no-guarantee"]


def test_a_word_after_the_window_does_not_count_nor_does_the_customers(scored: Scored) -> None:
    """The turn begins in the first 30 s, the notice itself is spoken after them: word times decide."""
    assert TOO_LATE[1].start_ms < 30_000 < TOO_LATE[1].end_ms - 9 * 350
    notice = by_id(scored["too late"])["notice"]
    assert notice["status"] == "fail"
    assert notice["nearest_miss"]["evidence"]["role"] == "agent"
    assert "recorded" in notice["nearest_miss"]["evidence"]["quote"]


def test_where_nobody_knows_who_spoke_said_is_not_assessed_and_unsaid_is_a_no(scored: Scored) -> None:
    results = by_id(scored["by nobody known"])
    assert results["hello"]["status"] == "cannot_assess"
    assert results["notice"]["status"] == "fail"


def test_a_reader_gets_a_table_and_nothing_is_stored(home: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=home))
    (folder / "call.json").write_text(json.dumps(CASES["plain"].document))
    (folder / "small.yaml").write_text(CASES["plain"].rubric)
    out = earmark("score", "call.json", "--rubric", "small.yaml", cwd=folder).ok().out
    assert "60 %" in out
    assert "Says that the call is recorded" in " ".join(out.split())
    assert {path.name for path in home.rglob("*") if path.is_file()} == {"call.json", "small.yaml"}


BROKEN = {
    "{": r"JSON",
    "[]": r"turns|transcript|object|list",
    '{"language": "en"}': r"turns",
    '{"language": "en", "turns": [{"role": "boss", "text": "x"}]}': r"role|boss|turn",
    '{"language": "en", "turns": [{"role": "agent", "channel": 0, "start_ms": 9, "end_ms": 3, "text": "x",'
    ' "confidence": 1, "words": []}]}': r"end_ms|start_ms|ends|turn",
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("broken")

    def score(content: str) -> Result:
        path = Path(tempfile.mkdtemp(dir=folder)) / "call.json"
        path.write_text(content)
        return earmark("score", path, "--rubric", "general", "--json", cwd=folder)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(BROKEN, pool.map(score, BROKEN), strict=True))


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_transcript_is_refused(refused: dict[str, Result], content: str) -> None:
    message = refused[content].refused()
    assert "call.json" in message
    assert re.search(BROKEN[content], message.replace("call.json", "")), message
    assert "_File" not in message, "names from inside the program"
