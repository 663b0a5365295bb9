"""Find what was said and what was not: one finding per rule that applies to the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.clock import clock
from pipeline.compliance.matching import SIMILAR, Candidate, find_candidates
from pipeline.compliance.meaning import MeaningReader
from pipeline.compliance.rule import Rule, RuleStatus
from pipeline.compliance.speech import Stretch, quotes, stretches
from pipeline.compliance.window import Anchor, Unknown, applies, resolve
from pipeline.config import ComplianceSettings
from pipeline.errors import UnknownNameError
from pipeline.records import Evidence, Expectation, Finding, FindingKind, NearestMiss, Recording, Role, Span, Transcript
from pipeline.records.language import covered, language_name

MEANING_LANGUAGE = "en"  # the sentence encoder's


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    """What all rules look at."""

    transcript: Transcript
    recording: Recording
    stretches: tuple[Stretch, ...]
    candidates: Mapping[str, tuple[Candidate, ...]]
    reads_meaning: bool

    def evidence(self, candidate: Candidate) -> tuple[Evidence, ...]:
        units = self.stretches[candidate.stretch].units[candidate.start : candidate.end]
        found = quotes(self.transcript, units)
        if not candidate.like:
            return found
        sure = candidate.similarity
        return tuple(
            replace(quote, confidence=min(sure, quote.confidence or sure), meaning_similarity=sure) for quote in found
        )

    def span(self, candidate: Candidate) -> Span:
        evidence = self.evidence(candidate)
        return Span(start_ms=evidence[0].start_ms, end_ms=max(quote.end_ms for quote in evidence))

    def role(self, candidate: Candidate) -> Role:
        return self.stretches[candidate.stretch].role


def detect(
    transcript: Transcript,
    recording: Recording,
    rules: Sequence[Rule],
    settings: ComplianceSettings,
    reader: MeaningReader | None = None,
) -> tuple[Finding, ...]:
    """Return one finding per active rule that applies to this call, in the rules' order.

    A rule that ``applies_if`` excludes, and one whose window begins after something that was never said, gives none.
    Hits of different phrases that overlap are all quoted, but none that lies inside a longer one. A hit that runs over
    two turns gives one piece of evidence per turn.

    Args:
        transcript: The redacted transcript; rules about masked data cannot be assessed on an unredacted one.
        recording: For queue, direction and team.
        rules: All rules; those that others hang on must be among them.
        settings: From which similarity on words count as said or as a near miss.
        reader: Looks for what rules mean; it is only asked where one has ``meaning`` and its phrases were not said.
            Without one such a rule cannot be assessed there.

    Raises:
        UnknownNameError: A rule hangs on one that is not given or not active.
        ModelError: The reader's model cannot be loaded.
    """
    if not covered(transcript.language, (MEANING_LANGUAGE,)):
        reader = None  # every rule with a meaning is in a pack for English, and cannot be assessed for that
    active = {rule.id: rule for rule in rules if rule.status is RuleStatus.ACTIVE}
    heard = stretches(transcript)
    call = _Call(
        transcript=transcript,
        recording=recording,
        stretches=heard,
        candidates=find_candidates(heard, tuple(active.values()), settings, reader),
        reads_meaning=reader is not None,
    )
    outcomes: dict[str, tuple[Finding | None, Anchor]] = {}
    for rule_id in _anchors_first(active):
        anchors = {needed: outcomes[needed][1] for needed in active[rule_id].needs()}
        outcomes[rule_id] = _outcome(active[rule_id], call, anchors)
    return tuple(finding for rule_id in active if (finding := outcomes[rule_id][0]) is not None)


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


def _outcome(rule: Rule, call: _Call, anchors: Mapping[str, Anchor]) -> tuple[Finding | None, Anchor]:
    applicable = applies(rule, call.recording, anchors)
    if applicable is False:
        return None, Anchor(kind=None)
    window = resolve(rule.window, call.transcript.duration_ms, anchors)
    for unknown in (applicable, _undecidable(rule, call), window):
        if isinstance(unknown, Unknown):
            return _finding(rule, FindingKind.CANNOT_ASSESS, unknown.reason), Anchor(kind=FindingKind.CANNOT_ASSESS)
    if window is None:
        return None, Anchor(kind=None)
    assert isinstance(window, Span)
    return _searched(rule, call, window)


def _undecidable(rule: Rule, call: _Call) -> Unknown | None:
    if not rule.decidable:
        return Unknown(reason="a transcript cannot tell; a person has to")
    if not call.stretches:
        return Unknown(reason="the transcript has no words")
    language = call.transcript.language
    if not covered(language, rule.languages):
        written_for = " and ".join(language_name(each) for each in rule.languages)
        return Unknown(reason=f"the call is in {language_name(language)}, and the rule is written for {written_for}")
    if rule.entity and not call.transcript.redacted:
        return Unknown(reason="the transcript has not been searched for personal data")
    return None


def _searched(rule: Rule, call: _Call, window: Span) -> tuple[Finding, Anchor]:
    """Judge the candidates of a rule that applies, in its window."""
    candidates = call.candidates[rule.id]
    inside = [
        candidate
        for candidate in sorted(candidates, key=lambda c: (call.span(c).start_ms, call.span(c).end_ms))
        if candidate.said and _within(call.span(candidate), window)
    ]
    hits = [candidate for candidate in inside if rule.counts(call.role(candidate))]
    hits = [hit for hit in hits if not hit.like] or hits  # what is surely said needs no guess beside it
    # judged by their own times first: the short hit may lie in the window where a longer one runs over its end
    hits = [hit for hit in hits if not any(hit.inside(other) for other in hits)]
    if hits:
        evidence = tuple(dict.fromkeys(quote for hit in hits for quote in call.evidence(hit)))
        told = max(hits, key=lambda hit: hit.similarity) if hits[0].like else hits[0]
        reason = f"{told.as_said} {_by(call.role(told))} at {clock(call.span(told).start_ms)}"
        if told.like:
            reason += f", by meaning: {told.similarity:.2f} like {told.like!r}"
            if rule.expect is Expectation.ABSENT:  # an accusation needs the words themselves
                miss = _miss(call, told, "probably said, by meaning")
                finding = _finding(rule, FindingKind.CANNOT_ASSESS, reason, searched=window, nearest_miss=miss)
                return finding, Anchor(kind=FindingKind.CANNOT_ASSESS)
        elif told.similarity < 1:
            reason += f", in words {told.similarity:.2f} similar"
        anchor = Anchor(kind=FindingKind.PRESENT, first_hit=call.span(hits[0]))
        return _finding(rule, FindingKind.PRESENT, reason, evidence=evidence), anchor
    unattributed = [candidate for candidate in inside if call.role(candidate) is Role.UNKNOWN]
    if unattributed:
        at = clock(call.span(unattributed[0]).start_ms)
        reason = f"{unattributed[0].as_said} at {at}, but it is not known who speaks there"
        miss = _miss(call, unattributed[0], "said by an unknown speaker")
        finding = _finding(rule, FindingKind.CANNOT_ASSESS, reason, searched=window, nearest_miss=miss)
        return finding, Anchor(kind=FindingKind.CANNOT_ASSESS)
    confidence, anything_heard = _heard(rule, call, window)
    nearest = _nearest_miss(rule, call, candidates, window)
    if rule.meaning and not call.reads_meaning and anything_heard and window.length_ms:
        reason = "none of its phrases was said, and by meaning it cannot be assessed: the sentence encoder is missing"
        finding = _finding(rule, FindingKind.CANNOT_ASSESS, reason, searched=window, nearest_miss=nearest)
        return finding, Anchor(kind=FindingKind.CANNOT_ASSESS)
    who = "nobody" if rule.speaker is None else f"the {_party(rule)}"
    if window.length_ms == 0:
        reason = f"the window leaves no time: it would have to be said before {clock(window.start_ms)}"
    elif not anything_heard:
        reason = f"{who} {'said anything' if rule.speaker is None else 'said nothing'} in {_stretch(window)}"
    elif rule.speaker is None:
        reason = f"nobody said it in {_stretch(window)}"
    else:
        reason = f"not said by the {_party(rule)} in {_stretch(window)}"
    finding = _finding(
        rule, FindingKind.ABSENT, reason, searched=window, searched_confidence=confidence, nearest_miss=nearest
    )
    return finding, Anchor(kind=FindingKind.ABSENT)


def _nearest_miss(rule: Rule, call: _Call, candidates: Sequence[Candidate], window: Span) -> NearestMiss | None:
    """Return the closest thing to a hit: said elsewhere, then denied, then similar, then said by the other party.

    Similar words are only told of what had to be said: of a prohibited phrase they would be an accusation for nothing.
    """
    ranked: list[tuple[int, float, int, Candidate, str]] = []
    for candidate in candidates:
        role, span = call.role(candidate), call.span(candidate)
        its_speaker = rule.counts(role) or role is Role.UNKNOWN
        at = clock(span.start_ms)
        if candidate.why_not == SIMILAR and rule.expect is not Expectation.PRESENT:
            continue
        if candidate.said and its_speaker:
            rank, reason = 0, f"{candidate.as_said} at {at}, {_where(span, window)}"
        elif its_speaker:
            rank, reason = (2 if candidate.why_not == SIMILAR else 1), f"{candidate.why_not}, at {at}"
            if not _within(span, window):
                reason += f", {_where(span, window)}"
        elif candidate.said:
            rank, reason = 3, f"{candidate.as_said} by the {role} at {at}"
        else:
            continue
        ranked.append((rank, -candidate.similarity, span.start_ms, candidate, reason))
    if not ranked:
        return None
    _, _, _, best, reason = min(ranked, key=lambda entry: entry[:3])
    return _miss(call, best, reason)


def _miss(call: _Call, candidate: Candidate, reason: str) -> NearestMiss:
    """Return a near miss; of one that runs over two turns, the part with the most letters."""
    quote = max(call.evidence(candidate), key=lambda evidence: len(evidence.quote))
    return NearestMiss(evidence=quote, similarity=candidate.similarity, reason=reason)


def _heard(rule: Rule, call: _Call, window: Span) -> tuple[float | None, bool]:
    """Return the mean confidence of the words that could have said it, and whether there were any."""
    words = [
        word
        for turn in call.transcript.turns
        if rule.counts(turn.role) or turn.role is Role.UNKNOWN
        for word in turn.words
        if word.start_ms < window.end_ms and window.start_ms < word.end_ms
    ]
    known = [word.confidence for word in words if word.confidence is not None]
    return (sum(known) / len(known) if known else None), bool(words)


def _finding(
    rule: Rule,
    kind: FindingKind,
    reason: str,
    *,
    evidence: tuple[Evidence, ...] = (),
    searched: Span | None = None,
    searched_confidence: float | None = None,
    nearest_miss: NearestMiss | None = None,
) -> Finding:
    return Finding(
        rule_id=rule.id,
        rule_fingerprint=rule.fingerprint,
        title=rule.title,
        severity=rule.severity,
        expected=rule.expect,
        kind=kind,
        role=rule.speaker,
        reason=reason[:1].upper() + reason[1:] + ".",
        evidence=evidence,
        searched=searched,
        searched_confidence=searched_confidence,
        nearest_miss=nearest_miss,
    )


def _within(span: Span, window: Span) -> bool:
    """Tell whether all of it lies in the window: a word at 0:40 does not pass "the first 30 s"."""
    return window.start_ms <= span.start_ms and span.end_ms <= window.end_ms


def _where(span: Span, window: Span) -> str:
    if window.length_ms == 0:
        return "outside the window"
    if span.end_ms <= window.start_ms:
        return f"before the window ({_stretch(window)})"
    if span.start_ms >= window.end_ms:
        return f"after the window ({_stretch(window)})"
    return f"only partly in the window ({_stretch(window)})"


def _by(role: Role) -> str:
    return "by an unknown speaker" if role is Role.UNKNOWN else f"by the {role}"


def _stretch(window: Span) -> str:
    return f"{clock(window.start_ms)}-{clock(window.end_ms)}"


def _party(rule: Rule) -> str:
    return f"{rule.speaker} or the telephone system" if rule.or_system else f"{rule.speaker}"
