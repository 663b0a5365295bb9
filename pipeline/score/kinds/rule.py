"""Criteria answered by the outcomes of rules: what had to be said and what must not be."""

from __future__ import annotations

from pipeline.records import CallFacts, Expectation, Finding, FindingKind, RuleTest, Status
from pipeline.score.answer import Answer, not_applicable
from pipeline.score.kinds.findings import answer_from, confidence_of, surest, weakest
from pipeline.score.wording import listed


def answer(facts: CallFacts, test: RuleTest) -> Answer:
    """Answer by the rules that were applied to this call.

    A rule is kept where what it wants said was said, or what it wants unsaid was not said; a signal, which is neither
    wanted nor unwanted, where it was heard. ``all``: one rule surely broken fails, else one unknown leaves it open.
    ``any``: one rule surely kept passes, else one unknown leaves it open. Rules that do not apply to the call drop out.

    Confidence is that of the weakest of the findings that had to hold together, or of the surest where one decides.
    """
    findings = [finding for rule_id in test.rules if (finding := facts.finding(rule_id)) is not None]
    if not findings:
        return not_applicable(f"No such rule applies to this call: {listed(test.rules)}.")
    kept = [finding for finding in findings if _status(finding) is Status.PASS]
    broken = [finding for finding in findings if _status(finding) is Status.FAIL]
    open_ = [finding for finding in findings if _status(finding) is Status.CANNOT_ASSESS]
    one_decides = kept if test.require == "any" else broken
    if one_decides:
        passed = test.require == "any"
        return answer_from(one_decides, Status.PASS if passed else Status.FAIL, surest(_confidences(one_decides)))
    if open_:
        return answer_from(open_, Status.CANNOT_ASSESS, None)
    if test.require == "any":
        return answer_from(broken, Status.FAIL, weakest(_confidences(broken)))
    return answer_from(kept, Status.PASS, weakest(_confidences(kept)))


def _status(finding: Finding) -> Status:
    if finding.kind is FindingKind.CANNOT_ASSESS:
        return Status.CANNOT_ASSESS
    wanted = FindingKind.ABSENT if finding.expected is Expectation.ABSENT else FindingKind.PRESENT
    return Status.PASS if finding.kind is wanted else Status.FAIL


def _confidences(findings: list[Finding]) -> list[float | None]:
    return [confidence_of(finding) for finding in findings]
