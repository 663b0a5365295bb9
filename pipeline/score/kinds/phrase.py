"""Criteria answered by the rubric's own phrases: one of them was said, or none was."""

from __future__ import annotations

from pipeline.records import CallFacts, Expectation, FindingKind, PhraseTest, Status
from pipeline.score.answer import Answer, unknown
from pipeline.score.kinds.findings import answer_from, confidence_of


def answer(facts: CallFacts, test: PhraseTest, own_rule_id: str) -> Answer:
    """Answer by what was found under the criterion's own id (`pipeline.rubric_facts.phrases` looks for it).

    ``present``: one of the phrases was said. ``absent``: none was. Confidence is that of the finding, as for rules.
    """
    finding = facts.finding(own_rule_id)
    if finding is None:
        return unknown("The phrases of this question were not looked for in the call; score it again.")
    if finding.kind is FindingKind.CANNOT_ASSESS:
        return answer_from([finding], Status.CANNOT_ASSESS, None)
    said = finding.kind is FindingKind.PRESENT
    kept = said is (test.expect is Expectation.PRESENT)
    return answer_from([finding], Status.PASS if kept else Status.FAIL, confidence_of(finding))
