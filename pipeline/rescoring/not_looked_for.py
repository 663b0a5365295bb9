"""Rules that a rubric asks for and that nobody had looked for when a call was processed: not known, not exempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.compliance.applies import excluded
from pipeline.compliance.rule import Rule, RuleStatus
from pipeline.records import (
    Expectation,
    Finding,
    FindingKind,
    Recording,
    Rubric,
    Severity,
)
from pipeline.score.questions import named_rules

_REASON = "Nobody looked for {rule_id} when this call was processed; run the call again to have it answered."


def rules_asked_for(rubric: Rubric) -> tuple[str, ...]:
    """Return the ids of all rules that a rubric's questions and conditions name, sorted."""
    return tuple(sorted({named.rule_id for criterion in rubric.criteria() for named in named_rules(criterion)}))


def not_looked_for(
    rules: Mapping[str, Rule], asked: Sequence[str], recording: Recording, findings: Sequence[Finding]
) -> tuple[str, ...]:
    """Return which of the rules asked for have no outcome on a call though they are about it, sorted.

    A rule that hangs on something that was not said has none either, and rightly so: such a rule is left out where what
    it hangs on has an outcome that explains it.

    Args:
        rules: The rules that there are now, by id.
        asked: Ids of those that a rubric asks for.
        recording: The call; queue, direction and team say whether a rule is about it.
        findings: What was found in it.
    """
    kinds = {finding.rule_id: finding.kind for finding in findings}
    missing = []
    for rule_id in asked:
        rule = rules.get(rule_id)
        if rule_id in kinds or rule is None or rule.status is not RuleStatus.ACTIVE or excluded(rule, recording):
            continue
        explained = any(kinds.get(needed) is FindingKind.ABSENT for needed in rule.needs())
        if not explained:
            missing.append(rule_id)
    return tuple(sorted(missing))


def as_unknown(rule_ids: Sequence[str]) -> tuple[Finding, ...]:
    """Return findings that say of rules that nobody looked for them; they say nothing else of the rules.

    Made of the ids alone: equal keys of facts must give equal scores, whatever becomes of the rules.
    """
    return tuple(
        Finding(
            rule_id=rule_id,
            rule_fingerprint="",
            title=rule_id,
            severity=Severity.MINOR,
            expected=Expectation.SIGNAL,
            kind=FindingKind.CANNOT_ASSESS,
            role=None,
            reason=_REASON.format(rule_id=rule_id),
        )
        for rule_id in rule_ids
    )
