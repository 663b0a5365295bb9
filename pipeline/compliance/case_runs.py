"""Run the cases of rule packs: each is a small call of its own, judged by its rule and those that it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.compliance.call_rules import CallRules
from pipeline.compliance.case_calls import history_of, recording_of, transcript_of
from pipeline.compliance.cases import Case, Expected
from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader
from pipeline.compliance.rule import Decidable, Rule, RuleStatus
from pipeline.config import ComplianceSettings
from pipeline.records import (
    CallSentiment,
    Expectation,
    Finding,
    FindingKind,
    Measures,
    Transcript,
)

NO_FINDING = "the rule does not apply to this call"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What rules look at. Without sentiment or measures, conditions on these cannot be assessed."""

    transcript: Transcript
    sentiment: CallSentiment | None = None
    measures: Measures | None = None


Prepare = Callable[[Transcript], Prepared]
"""Masks personal data in a transcript, and reads what else its rules ask for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """What came of a case.

    Attributes:
        came: ``said``, ``probably said``, ``absent``, ``absent, with a near miss``, ``cannot assess`` or ``does not
            apply``.
        reason: The finding's, with that of its nearest miss.
    """

    case: Case
    passed: bool
    came: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleResults:
    """The results of one rule's cases, in order."""

    rule: Rule
    results: tuple[CaseResult, ...]

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that did not come out as they must."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def known_gaps(self) -> int:
        """How many things a person would find and the rule does not yet."""
        return sum(result.passed and result.case.expected is Expected.NOT_YET_FOUND for result in self.results)

    @property
    def missing(self) -> tuple[str, ...]:
        """What kinds of cases the rule lacks; none is asked of what nothing in a case can show."""
        if self.rule.decidable is Decidable.NEITHER or self.rule.status is not RuleStatus.ACTIVE:
            return ()
        has = {result.case.expected for result in self.results}
        sayings = self.rule.sayings()
        wants_miss = any(not saying.entity for saying in sayings)  # nothing is nearly masked, no call nearly made
        wanted = [
            ("found", has & {Expected.FOUND, Expected.PROBABLY}),
            ("not_found", has & {Expected.NOT_FOUND}),
            ("near_misses", has & {Expected.NEAR_MISSES} or not wants_miss),
            ("cannot_assess", has & {Expected.CANNOT_ASSESS} or self.rule.calls is None),
        ]
        return tuple(key for key, there in wanted if not there)


def run_cases(
    cases: Sequence[Case],
    rules: Sequence[Rule],
    settings: ComplianceSettings,
    reader: MeaningReader | None,
    prepare: Prepare,
) -> tuple[RuleResults, ...]:
    """Return what comes of the cases, for every rule in the rules' order; a draft is tried like an active rule.

    Args:
        cases: From `load_cases`; all of their rules are among ``rules``.
        rules: All rules of the packs.
        settings: As for `detect`.
        reader: As for `detect`; without one everything by meaning fails.
        prepare: Applied to each call before it is judged.

    Raises:
        ModelError: A model file is not the one it should be.
    """
    tried = {rule.id: replace(rule, status=RuleStatus.ACTIVE) for rule in rules}
    results = [_run(case, tried, settings, reader, prepare) for case in cases]
    of_rule = {rule.id: tuple(result for result in results if result.case.rule == rule.id) for rule in rules}
    return tuple(RuleResults(rule=rule, results=of_rule[rule.id]) for rule in rules)


def _run(
    case: Case,
    rules: Mapping[str, Rule],
    settings: ComplianceSettings,
    reader: MeaningReader | None,
    prepare: Prepare,
) -> CaseResult:
    prepared = prepare(transcript_of(case))
    recording = recording_of(case, rules[case.rule], prepared.transcript.duration_ms)
    tried = tuple(rules[rule_id] for rule_id in _with_needs(case.rule, rules))
    about_calls = CallRules(rules=tried)
    findings = detect(
        prepared.transcript,
        recording,
        tried,
        settings,
        reader,
        sentiment=prepared.sentiment,
        measures=prepared.measures,
        judged=about_calls.judge(recording, history_of(case, about_calls.needs)),
    )
    finding = next((each for each in findings if each.rule_id == case.rule), None)
    came, reason = _what_came(finding), _reason(finding)
    return CaseResult(
        case=case,
        passed=came in _PASSES[case.expected] and case.because.casefold() in reason.casefold(),
        came=came,
        reason=reason,
    )


SAID, PROBABLY, ABSENT, NEAR, CANNOT_ASSESS, DOES_NOT_APPLY = (
    "said",
    "probably said",
    "absent",
    "absent, with a near miss",
    "cannot assess",
    "does not apply",
)
_PASSES: Mapping[Expected, frozenset[str]] = {
    Expected.FOUND: frozenset({SAID}),
    Expected.PROBABLY: frozenset({PROBABLY}),
    Expected.NOT_FOUND: frozenset({ABSENT, NEAR}),
    Expected.NEAR_MISSES: frozenset({NEAR}),
    Expected.CANNOT_ASSESS: frozenset({CANNOT_ASSESS}),
    Expected.DOES_NOT_APPLY: frozenset({DOES_NOT_APPLY}),
    Expected.NOT_YET_FOUND: frozenset({ABSENT, NEAR}),
}


def _what_came(finding: Finding | None) -> str:
    if finding is None:
        return DOES_NOT_APPLY
    if finding.kind is FindingKind.PRESENT:
        return PROBABLY if finding.probable else SAID
    if finding.kind is FindingKind.ABSENT:
        return ABSENT if finding.nearest_miss is None else NEAR
    guess = finding.nearest_miss is not None and finding.nearest_miss.evidence.meaning_similarity is not None
    # of what must not be said, a guess is for a person to hear and never a violation
    return PROBABLY if guess and finding.expected is Expectation.ABSENT else CANNOT_ASSESS


def _reason(finding: Finding | None) -> str:
    if finding is None:
        return NO_FINDING
    miss = finding.nearest_miss
    return finding.reason if miss is None or not miss.reason else f"{finding.reason} Nearest miss: {miss.reason}."


def _with_needs(rule_id: str, rules: Mapping[str, Rule]) -> dict[str, None]:
    """Return a rule's id and those of all that it hangs on."""
    found: dict[str, None] = {rule_id: None}
    for needed in rules[rule_id].needs():
        if needed not in found:
            found |= _with_needs(needed, rules)
    return found
