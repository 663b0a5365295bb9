"""One flag: the codes that there are, its id, and a reason that says when."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType

from pipeline.clock import clock
from pipeline.records import CallScore, CriterionResult, Evidence, Finding, Flag, Severity
from pipeline.score.wording import listed

CODES: Mapping[str, str] = MappingProxyType(
    {
        "auto_fail": "A criterion failed that fails the call and lowers its score.",
        "critical_error": "A critical criterion failed.",
        "critical_section": "A section earned so little that the score is set to 0.",
        "prohibited_phrase": "Something was said that must not be.",
        "prohibited_call": "The call should not have been made, or not then.",
        "missing_disclosure": "Something was not said that had to be.",
        "critical_unknown": "A critical criterion could not be assessed.",
        "low_score": "The score is low.",
        "customer_upset_at_end": "The customer's last quarter sounds bad.",
        "sentiment_drop": "The customer's last quarter sounds much worse than the first.",
        "escalation_request": "The customer asked for a supervisor or threatened to leave or complain.",
        "signal": "Another signal that a rule listens for was heard.",
        "low_confidence": "The words were recognised badly.",
        "language_not_covered": "The call is in a language that its rubric does not cover, so it is not scored.",
        "roles_unknown": "Agent and customer cannot be told apart.",
        "little_assessed": "Too little of the rubric could be assessed.",
    }
)
"""Every code with what it means."""

_TOLD_TIME = re.compile(r"\d:\d\d")


def make_flag(
    score: CallScore,
    code: str,
    severity: Severity,
    reason: str,
    *,
    criterion_id: str | None = None,
    rule_id: str | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Flag:
    """Return a flag of a score; its id tells score, code, criterion and rule, so that equal flags have equal ids."""
    identity = "\n".join((score.score_id, code, criterion_id or "", rule_id or ""))
    return Flag(
        flag_id=f"fl-{hashlib.sha256(identity.encode()).hexdigest()[:16]}",
        call_id=score.call_id,
        score_id=score.score_id,
        code=code,
        severity=severity,
        reason=reason,
        criterion_id=criterion_id,
        rule_id=rule_id,
        evidence=evidence,
    )


def timed_reason(about: CriterionResult | Finding) -> str:
    """Return a reason that says when, and of something that was not said what came closest."""
    sentence = about.reason.rstrip(".")
    if not _TOLD_TIME.search(sentence):
        if about.evidence:
            times = list(dict.fromkeys(clock(quote.start_ms) for quote in about.evidence))
            sentence += f" (at {listed(times)})"
        elif about.searched is not None:
            sentence += f" (searched {clock(about.searched.start_ms)} to {clock(about.searched.end_ms)})"
    if about.nearest_miss is not None and about.nearest_miss.reason:
        sentence += f"; closest: {about.nearest_miss.reason.rstrip('.')}"
    return f"{sentence}."
