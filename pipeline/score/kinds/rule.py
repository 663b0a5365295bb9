"""Criteria answered by the outcomes of rules: what had to be said and what must not be."""

from __future__ import annotations

from pipeline.records import CallFacts, Evidence, Expectation, Finding, FindingKind, RuleTest, Status
from pipeline.score.answer import Answer, not_applicable
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
        return _from(one_decides, Status.PASS if passed else Status.FAIL, _surest(one_decides))
    if open_:
        return _from(open_, Status.CANNOT_ASSESS, None)
    if test.require == "any":
        return _from(broken, Status.FAIL, _weakest(broken))
    return _from(kept, Status.PASS, _weakest(kept))


def _status(finding: Finding) -> Status:
    if finding.kind is FindingKind.CANNOT_ASSESS:
        return Status.CANNOT_ASSESS
    wanted = FindingKind.ABSENT if finding.expected is Expectation.ABSENT else FindingKind.PRESENT
    return Status.PASS if finding.kind is wanted else Status.FAIL


def _from(findings: list[Finding], status: Status, confidence: float | None) -> Answer:
    """Carry the evidence of the findings that decided; of an absence, the window searched and the nearest miss."""
    evidence = tuple(sorted((e for finding in findings for e in finding.evidence), key=_place))
    misses = [finding.nearest_miss for finding in findings if finding.nearest_miss is not None]
    return Answer(
        status=status,
        share={Status.PASS: 1.0, Status.FAIL: 0.0}.get(status),
        reason=_reason(findings),
        confidence=confidence,
        evidence=evidence,
        searched=next((finding.searched for finding in findings if finding.searched is not None), None),
        nearest_miss=max(misses, key=lambda miss: miss.similarity, default=None),
    )


def _reason(findings: list[Finding]) -> str:
    if len(findings) == 1:
        return findings[0].reason
    return "; ".join(f"{finding.title}: {finding.reason.rstrip('.')}" for finding in findings) + "."


def _place(evidence: Evidence) -> tuple[int, int]:
    return evidence.start_ms, evidence.turn_index


def _confidence(finding: Finding) -> float | None:
    """How well the surest hit was recognised, or for an absence how well the words of the window were."""
    if finding.kind is FindingKind.ABSENT:
        return finding.searched_confidence
    return max((e.confidence for e in finding.evidence if e.confidence is not None), default=None)


def _weakest(findings: list[Finding]) -> float | None:
    known = [_confidence(finding) for finding in findings]
    return None if None in known else min((value for value in known if value is not None), default=None)


def _surest(findings: list[Finding]) -> float | None:
    return max((value for finding in findings if (value := _confidence(finding)) is not None), default=None)
