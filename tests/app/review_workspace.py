"""A workspace whose calls were scored by a small rubric that asks people something, made without hearing anything."""

from __future__ import annotations

from pathlib import Path

from pipeline.records import Choice, CriterionTest, ManualTest, Option, RuleTest, Severity, Status
from pipeline.score.fingerprints import question_fingerprint
from pipeline.store.database import open_store
from tests.store.builders import NOW, flag, result, score, scored, taken_in

RUBRIC = """\
id: general
version: 3
title: Mine
queues: [billing]
sections:
  - id: one
    title: One
    weight: 1
    criteria:
      - id: greeting
        title: Greets
        points: 10
        test: {kind: rule, rules: [greeting]}
      - id: tone
        title: Is kind
        points: 10
        test:
          kind: manual
          question: How does the agent sound?
          answers: {kind: choice, options: [{answer: warm, share: 1}, {answer: curt, share: 0.25}]}
      - id: solved
        title: Solved it
        points: 10
        test: {kind: manual, question: Was the matter solved?}
      - id: closing
        title: Says goodbye
        points: 10
        test: {kind: rule, rules: [closing]}
"""
TESTS: dict[str, CriterionTest] = {
    "greeting": RuleTest(rules=("greeting",)),
    "tone": ManualTest(
        question="How does the agent sound?",
        answers=Choice(options=(Option(answer="warm", share=1.0), Option(answer="curt", share=0.25))),
    ),
    "solved": ManualTest(question="Was the matter solved?"),
    "closing": RuleTest(rules=("closing",)),
}
ASKED = {criterion_id: question_fingerprint(test) for criterion_id, test in TESTS.items()}
AGENTS = ("maria.lopez", "tom.becker")


def write_workspace(folder: Path, *, calls: int = 6) -> Path:
    """Fill ``folder/data`` with scored calls c-1000, c-1001 and so on, and ``folder/rubrics`` with their rubric.

    Of each call the greeting passed, what people answer is open, and the goodbye failed or was withheld in turns.
    """
    (folder / "rubrics").mkdir(parents=True)
    (folder / "rubrics" / "general.yaml").write_text(RUBRIC)
    data = folder / "data"
    data.mkdir()
    store = open_store(f"sqlite:///{data / 'earmark.db'}")
    with store.begin() as connection:
        for n in range(calls):
            call_id = f"c-{1000 + n}"
            taken_in(connection, call_id, agent_id=AGENTS[n % 2], sha256=f"{n:064}")
            withheld = {"leaning": Status.PASS, "leaning_share": 1.0, "confidence": 0.6} if n % 2 else {}
            made = score(
                call_id,
                f"s-{1000 + n}",
                result("greeting", asked=ASKED["greeting"], confidence=0.9),
                result("tone", "cannot_assess", asked=ASKED["tone"], kind="manual"),
                result("solved", "cannot_assess", asked=ASKED["solved"], kind="manual"),
                result("closing", "cannot_assess" if withheld else "fail", asked=ASKED["closing"], **withheld),
            )
            raised = [flag(f"fl-{n}", of=made, severity=Severity.CRITICAL, reason="said at 0:12")] if n == 4 else []
            scored(connection, made, *raised, now=NOW)
    store.close()
    return data
