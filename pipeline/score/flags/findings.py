"""Flags of what rules found, where the rubric has not said it already."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.records import (
    CallFacts,
    CallScore,
    CriterionResult,
    Expectation,
    Finding,
    FindingKind,
    Flag,
    Severity,
    Status,
)
from pipeline.score.flags.codes import make_flag, timed_reason
from pipeline.score.flags.criteria import is_error

ESCALATION_RULE = "escalation-request"
FLAGGED_THOUGH_MINOR = frozenset({"repeat-contact"})  # minor signals are for rubrics and windows, but for this one


def finding_flags(facts: CallFacts, score: CallScore) -> Iterator[Flag]:
    """Yield a flag for every finding that is worth hearing and that the rubric has not told already."""
    for finding in facts.findings:
        code = _finding_code(finding)
        naming = [result for result in score.results if finding.rule_id in result.rule_ids]
        if code is None or _is_told(code, naming):
            continue
        yield make_flag(
            score,
            code,
            finding.severity,
            f"{finding.title}: {timed_reason(finding)}",
            criterion_id=naming[0].criterion_id if naming else None,
            rule_id=finding.rule_id,
            evidence=finding.evidence,
        )


def _finding_code(finding: Finding) -> str | None:
    weighty = finding.severity is not Severity.MINOR
    if finding.expected is Expectation.SIGNAL:
        heard = finding.kind is FindingKind.PRESENT
        if heard and finding.rule_id == ESCALATION_RULE:
            return "escalation_request"
        return "signal" if heard and (weighty or finding.rule_id in FLAGGED_THOUGH_MINOR) else None
    if not finding.violated:
        return None
    if finding.expected is Expectation.ABSENT:
        found_in_call = finding.evidence or finding.stretches  # else metadata or earlier calls tell
        return "prohibited_phrase" if found_in_call else "prohibited_call"
    return "missing_disclosure" if weighty else None


def _is_told(code: str, naming: list[CriterionResult]) -> bool:
    """Tell whether the rubric has already said it, or has said that a missing phrase does not matter on this call.

    It does not matter where every criterion that names the rule passed without it (one of several phrases is enough) or
    does not apply.
    """
    if any(is_error(result) for result in naming):
        return True
    excused = (Status.PASS, Status.NOT_APPLICABLE)
    return code == "missing_disclosure" and bool(naming) and all(result.status in excused for result in naming)
