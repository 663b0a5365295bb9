"""Flags: why a person should hear a call. `docs/flags.md` lists the codes and a test holds it to this module."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pipeline.clock import clock
from pipeline.config import FlagSettings
from pipeline.records import (
    AutoFailEffect,
    CallFacts,
    CallScore,
    CriterionResult,
    Evidence,
    Expectation,
    Finding,
    FindingKind,
    Flag,
    Role,
    Rubric,
    Severity,
    Status,
)
from pipeline.score.applies import language_gap
from pipeline.score.readings import reading_of, said_at, telling_turns, turning_points
from pipeline.score.wording import SHOWN_SCALE, cut, listed, percent, signed

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

ESCALATION_RULE = "escalation-request"
FLAGGED_THOUGH_MINOR = frozenset({"repeat-contact"})  # minor signals are for rubrics and windows, but for this one
_ORDER = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}
_TOLD_TIME = re.compile(r"\d:\d\d")


def raise_flags(facts: CallFacts, score: CallScore, rubric: Rubric, settings: FlagSettings) -> tuple[Flag, ...]:
    """Return why a person should hear the call: critical first, then by code and by what it is about.

    One reason gives one flag: a broken rule that a critical criterion has flagged is not flagged once more, and a call
    in a language that the rubric does not cover is not flagged for all that this leaves unknown. The same facts, score
    and settings always give the same flags with the same ids.
    """
    gap = language_gap(facts, rubric)
    if gap is not None:
        flags = [
            _flag(score, "language_not_covered", Severity.MAJOR, gap),
            *_finding_flags(facts, score),  # of rules that are written for this language
            *_confidence_flags(facts, score, settings),
        ]
    else:
        flags = [
            *_criterion_flags(score),
            *_section_flags(score),
            *_finding_flags(facts, score),
            *_score_flags(facts, score, settings),
            *_sentiment_flags(facts, score, settings),
            *_confidence_flags(facts, score, settings),
            *_role_flags(facts, score),
        ]
    return tuple(sorted(flags, key=lambda f: (_ORDER[f.severity], f.code, f.criterion_id or "", f.rule_id or "")))


def _flag(
    score: CallScore,
    code: str,
    severity: Severity,
    reason: str,
    *,
    criterion_id: str | None = None,
    rule_id: str | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Flag:
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


def _criterion_flags(score: CallScore) -> Iterator[Flag]:
    for result in score.results:
        if not _is_error(result):
            continue
        effect = f"; {_effect(score, result)}" if result.auto_fail else ""
        yield _flag(
            score,
            "auto_fail" if result.auto_fail else "critical_error",
            Severity.CRITICAL,
            f"{result.title}: {_told(result).rstrip('.')}{effect}.",
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


def _section_flags(score: CallScore) -> Iterator[Flag]:
    shares, low = score.section_shares(), score.sections_below_mark
    told = []
    for section in score.terms.sections:
        share = shares.get(section.section_id)
        if section.section_id in low and section.critical_below is not None and share is not None:
            told.append(
                f"{_section_title(score, section.section_id)} earned {percent(share)}; "
                f"below {percent(section.critical_below)} this sets the score to 0."
            )
    if told:
        yield _flag(score, "critical_section", Severity.CRITICAL, " ".join(told))


def _section_title(score: CallScore, section_id: str) -> str:
    titles = {section.section_id: section.title for section in score.terms.sections}
    return titles.get(section_id) or section_id


def _is_error(result: CriterionResult) -> bool:
    return result.status is Status.FAIL and (result.auto_fail or result.critical)


def _finding_flags(facts: CallFacts, score: CallScore) -> Iterator[Flag]:
    for finding in facts.findings:
        code = _finding_code(finding)
        naming = [result for result in score.results if finding.rule_id in result.rule_ids]
        if code is None or _is_told(code, naming):
            continue
        yield _flag(
            score,
            code,
            finding.severity,
            f"{finding.title}: {_told(finding)}",
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
    if any(_is_error(result) for result in naming):
        return True
    excused = (Status.PASS, Status.NOT_APPLICABLE)
    return code == "missing_disclosure" and bool(naming) and all(result.status in excused for result in naming)


def _score_flags(facts: CallFacts, score: CallScore, settings: FlagSettings) -> Iterator[Flag]:
    share = score.share
    explained = score.auto_failed_by or score.sections_below_mark  # flagged, and why it is low is said there
    if share is not None and share < settings.below_share and not explained:
        reason = f"The score is {percent(share)}; below {percent(settings.below_share)} a call is heard."
        yield _flag(score, "low_score", Severity.MAJOR, reason)
    if share is None:
        reason = "The call has no score: no criterion of the rubric could be assessed."
        yield _flag(score, "little_assessed", Severity.MINOR, reason)
    elif score.assessed_share is not None and score.assessed_share < settings.assessed_below_share:
        reason = (
            f"Only {percent(score.assessed_share)} of the points that apply could be assessed; "
            f"below {percent(settings.assessed_below_share)} a person completes the score."
        )
        yield _flag(score, "little_assessed", Severity.MINOR, reason)
    unknown = [r for r in score.results if r.critical and r.status is Status.CANNOT_ASSESS]
    if unknown and not _roles_unknown(facts):
        questions = "criterion" if len(unknown) == 1 else "criteria"
        titles = listed([result.title for result in unknown])
        reason = f"{len(unknown)} critical {questions} could not be assessed: {titles}."
        evidence = tuple(quote for result in unknown for quote in result.evidence)
        yield _flag(score, "critical_unknown", Severity.MAJOR, reason, evidence=evidence)


def _sentiment_flags(facts: CallFacts, score: CallScore, settings: FlagSettings) -> Iterator[Flag]:
    last = reading_of(facts, Role.CUSTOMER, "last_quarter")
    if last is not None and last < settings.negative_end:
        reason = (
            f"The customer's sentiment in the last quarter is {signed(last)} (from -5 to +5); "
            f"below {signed(settings.negative_end)} a call is heard."
        )
        evidence = telling_turns(facts, Role.CUSTOMER, "last_quarter", highest=False)
        yield _flag(score, "customer_upset_at_end", Severity.MAJOR, reason, evidence=evidence)
    change = reading_of(facts, Role.CUSTOMER, "change")
    if change is not None and change < 0 and -change >= settings.sentiment_drop:
        reason = (
            f"The customer's sentiment fell by {cut(-change * SHOWN_SCALE, 1):.1f} from the first quarter to the last "
            f"(from -5 to +5); from {settings.sentiment_drop * SHOWN_SCALE:.1f} on a call is heard."
        )
        evidence = telling_turns(facts, Role.CUSTOMER, "change", highest=False)
        turned = turning_points(facts, Role.CUSTOMER, "negative")
        if turned:
            reason = f"{reason.rstrip('.')}; it turned at {listed([clock(point.start_ms) for point in turned])}."
            evidence = _in_order(evidence, *(said_at(facts, point) for point in turned))
        yield _flag(score, "sentiment_drop", Severity.MINOR, reason, evidence=evidence)


def _in_order(*quotes: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    every = {quote for group in quotes for quote in group}
    return tuple(sorted(every, key=lambda quote: (quote.start_ms, quote.turn_index)))


def _confidence_flags(facts: CallFacts, score: CallScore, settings: FlagSettings) -> Iterator[Flag]:
    confidence = facts.transcript.confidence
    if confidence is not None and confidence < settings.low_confidence:
        reason = (
            f"The words were recognised with a mean confidence of {percent(confidence)}; "
            f"below {percent(settings.low_confidence)} answers about what was said are doubtful."
        )
        yield _flag(score, "low_confidence", Severity.MINOR, reason)


def _role_flags(facts: CallFacts, score: CallScore) -> Iterator[Flag]:
    if _roles_unknown(facts):
        reason = "Agent and customer cannot be told apart, so what one of them must or must not say cannot be assessed."
        yield _flag(score, "roles_unknown", Severity.MAJOR, reason)


def _roles_unknown(facts: CallFacts) -> bool:
    """Tell whether a party is missing among the known speakers while somebody unknown speaks."""
    roles = {turn.role for turn in facts.transcript.turns}
    return Role.UNKNOWN in roles and not {Role.AGENT, Role.CUSTOMER} <= roles


def _told(about: CriterionResult | Finding) -> str:
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
