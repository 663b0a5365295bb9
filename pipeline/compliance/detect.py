"""Find what was said and what was not: one finding per rule that applies to the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.compliance.applies import applies, excluded
from pipeline.compliance.judge import judge
from pipeline.compliance.judged import Judged
from pipeline.compliance.matching import find_candidates
from pipeline.compliance.meaning import MEANING_LANGUAGES, MeaningReader
from pipeline.compliance.outcome import NOTHING_TO_JUDGE, Call, Outcome, guess_as_miss, unknown
from pipeline.compliance.rule import Decidable, Rule, RuleStatus
from pipeline.compliance.speech import stretches
from pipeline.compliance.window import Unknown
from pipeline.config import ComplianceSettings
from pipeline.errors import UnknownNameError
from pipeline.records import CallSentiment, Expectation, Finding, FindingKind, Measures, Recording, Transcript
from pipeline.records.language import covered


def detect(
    transcript: Transcript,
    recording: Recording,
    rules: Sequence[Rule],
    settings: ComplianceSettings,
    reader: MeaningReader | None = None,
    *,
    sentiment: CallSentiment | None = None,
    measures: Measures | None = None,
    judged: Mapping[str, Judged] | None = None,
) -> tuple[Finding, ...]:
    """Return one finding per active rule that applies to this call, in the rules' order.

    A rule that ``applies_if`` excludes, and one whose window begins after something that was never said, gives none. A
    hit that runs over two turns gives one piece of evidence per turn.

    Args:
        transcript: The redacted transcript; rules about masked data cannot be assessed on an unredacted one.
        recording: For queue, direction and other metadata.
        rules: All rules; those that others hang on must be among them.
        settings: From which similarity on words count as said or as a near miss.
        reader: Looks for what rules mean; it is only asked where one looks by meaning and its phrases were not said.
            Without one such a rule cannot be assessed there.
        sentiment: How the parties sound; without it conditions on sentiment cannot be assessed.
        measures: Silence and overtalk; without them conditions on these cannot be assessed.
        judged: What became of the rules about earlier calls, by rule id.

    Raises:
        UnknownNameError: A rule hangs on one that is not given or not active.
        ModelError: The reader's model cannot be loaded.
    """
    if not covered(transcript.language, MEANING_LANGUAGES):
        reader = None  # every saying with a meaning is in a pack for English, and cannot be assessed for that
    active = {rule.id: rule for rule in rules if rule.status is RuleStatus.ACTIVE}
    heard = stretches(transcript)
    # what is not about this call is not looked for: a nothing for those that hang on it, too
    sayings = tuple(saying for rule in active.values() if not excluded(rule, recording) for saying in rule.sayings())
    call = Call(
        transcript=transcript,
        recording=recording,
        stretches=heard,
        candidates=find_candidates(heard, sayings, settings, reader, timed=_timed(active)),
        reads_meaning=reader is not None,
        settings=settings,
        sentiment=sentiment,
        measures=measures,
    )
    outcomes: dict[str, Outcome] = {}
    for rule_id in _anchors_first(active):
        outcomes[rule_id] = _outcome(active[rule_id], call, outcomes, judged or {})
    return tuple(
        _finding(rule, outcomes[rule_id]) for rule_id, rule in active.items() if outcomes[rule_id].kind is not None
    )


def _timed(rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return the sayings of which every moment matters: those that windows hang on, and those that come in order."""
    anchors = {anchor for rule in rules.values() for anchor in rule.anchors() if anchor in rules}
    of_anchors = {saying.id for name in anchors for saying in rules[name].sayings()}
    return frozenset(of_anchors.union(*(rule.ordered_sayings() for rule in rules.values())))


def _anchors_first(rules: Mapping[str, Rule]) -> list[str]:
    """Return the rule ids so that each comes after those it hangs on; packs are free of cycles."""
    ordered: dict[str, None] = {}

    def visit(rule_id: str, path: tuple[str, ...]) -> None:
        if rule_id not in rules or rule_id in path:
            raise UnknownNameError("active rule without a cycle", rule_id, rules)
        for needed in rules[rule_id].needs():
            if needed not in ordered:
                visit(needed, (*path, rule_id))
        ordered[rule_id] = None

    for rule_id in rules:
        visit(rule_id, ())
    return list(ordered)


def _outcome(rule: Rule, call: Call, earlier: Mapping[str, Outcome], judged: Mapping[str, Judged]) -> Outcome:
    applicable = applies(rule, call.recording, earlier)
    if applicable is False:
        return NOTHING_TO_JUDGE
    if isinstance(applicable, Unknown):
        return unknown(applicable.reason)
    if rule.calls is not None:
        return _about_calls(judged.get(rule.id))
    return _in_call(rule, call, earlier)


def _about_calls(judged: Judged | None) -> Outcome:
    if judged is None:
        return unknown("the earlier calls of this customer are not known here")
    return Outcome(kind=judged.kind, reason=judged.reason, calls=judged.calls)


def _in_call(rule: Rule, call: Call, earlier: Mapping[str, Outcome]) -> Outcome:
    if rule.decidable is Decidable.NEITHER:
        return unknown("neither transcript nor metadata can tell; a person has to")
    assert rule.condition is not None
    found = judge(rule.condition, call, earlier)
    if found.kind is FindingKind.PRESENT and found.probable and rule.expect is Expectation.ABSENT:
        return unknown(found.reason, nearest_miss=guess_as_miss(found))  # an accusation needs the words themselves
    return found


def _finding(rule: Rule, outcome: Outcome) -> Finding:
    assert outcome.kind is not None
    shown = [hit for hit in outcome.hits if hit.told] if outcome.kind is FindingKind.PRESENT else []
    return Finding(
        rule_id=rule.id,
        rule_fingerprint=rule.fingerprint,
        title=rule.title,
        severity=rule.severity,
        expected=rule.expect,
        kind=outcome.kind,
        role=rule.speaker,
        reason=outcome.reason[:1].upper() + outcome.reason[1:] + ".",
        evidence=tuple(dict.fromkeys(quote for hit in shown for quote in hit.evidence)),
        searched=outcome.searched.hull if outcome.searched else None,
        searched_confidence=outcome.searched_confidence,
        nearest_miss=outcome.nearest_miss,
        stretches=tuple(hit.span for hit in shown if not hit.evidence),
        calls=outcome.calls,
    )
