"""Flags of answers and sections: what the rubric takes for an error."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.records import AutoFailEffect, CallScore, CriterionResult, Flag, Severity, Status
from pipeline.score.flags.codes import make_flag, timed_reason
from pipeline.score.wording import percent


def criterion_flags(score: CallScore) -> Iterator[Flag]:
    """Yield a flag for every failed criterion that is critical or fails the call."""
    for result in score.results:
        if not is_error(result):
            continue
        effect = f"; {_effect(score, result)}" if result.auto_fail else ""
        yield make_flag(
            score,
            "auto_fail" if result.auto_fail else "critical_error",
            Severity.CRITICAL,
            f"{result.title}: {timed_reason(result).rstrip('.')}{effect}.",
            criterion_id=result.criterion_id,
            rule_id=result.rule_ids[0] if len(result.rule_ids) == 1 else None,
            evidence=result.evidence,
        )


def _effect(score: CallScore, result: CriterionResult) -> str:
    if result.auto_fail_effect is AutoFailEffect.ZERO_SECTION:
        return f"this sets the section {_section_title(score, result.section_id)} to 0"
    if result.auto_fail_effect is AutoFailEffect.CAP:
        return f"this caps the score at {percent(result.auto_fail_cap or 0.0)}"
    return "this sets the score to 0"


def section_flags(score: CallScore) -> Iterator[Flag]:
    """Yield one flag for all sections that earned so little that the score is set to 0."""
    shares, low = score.section_shares(), score.sections_below_mark
    reasons = []
    for section in score.terms.sections:
        share = shares.get(section.section_id)
        if section.section_id in low and section.critical_below is not None and share is not None:
            reasons.append(
                f"{_section_title(score, section.section_id)} earned {percent(share)}; "
                f"below {percent(section.critical_below)} this sets the score to 0."
            )
    if reasons:
        yield make_flag(score, "critical_section", Severity.CRITICAL, " ".join(reasons))


def _section_title(score: CallScore, section_id: str) -> str:
    titles = {section.section_id: section.title for section in score.terms.sections}
    return titles.get(section_id) or section_id


def is_error(result: CriterionResult) -> bool:
    """Tell whether an answer is flagged by `criterion_flags`."""
    return result.status is Status.FAIL and (result.auto_fail or result.critical)
