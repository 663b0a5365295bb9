"""Make the facts that a case tells of a call: what was found in it, how it sounded, how long things took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pipeline.records import (
    CallFacts,
    CallSentiment,
    Evidence,
    Expectation,
    Finding,
    FindingKind,
    Judgement,
    MadeBy,
    Measures,
    PartySentiment,
    Recording,
    Role,
    Rubric,
    RuleTest,
    SequenceTest,
    Severity,
    Span,
    Status,
    Transcript,
    Turn,
    Word,
)
from pipeline.score.cases.cases import RubricCase
from pipeline.score.cases.forms import MoodForm, Outcome
from pipeline.score.cases.names import NO_ANSWER, phrase_names
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.questions import model_questions, named_rules, single_tests

MS_APART = 1000
"""What the case gives no time for is said in the first seconds, a second after what must come before it."""

_MADE_BY = MadeBy(engine="cases", version="1")
_SPOKEN = {Role.AGENT: "what the agent says", Role.CUSTOMER: "what the customer says"}
_CALM: Mapping[str, Any] = {
    "agent_talk_ms": 22_500,
    "customer_talk_ms": 22_500,
    "agent_talk_share": 0.5,
    "agent_listening_share": 0.5,
    "customer_listening_share": 0.5,
    "agent_words_per_minute": 150.0,
    "customer_words_per_minute": 150.0,
    "agent_words_per_minute_change": 0.0,
    "customer_words_per_minute_change": 0.0,
    "agent_longest_monologue_ms": 15_000,
    "customer_longest_monologue_ms": 15_000,
    "agent_response_time_ms": 600,
    "customer_response_time_ms": 600,
    "agent_first_word_ms": 500,
    "agent_first_greeting_ms": 500,
    "wrap_up_ms": 8_000,
    "agent_questions": 5,
    "customer_questions": 2,
    "agent_interruptions": 0,
    "customer_interruptions": 0,
    "overtalk_ms": 0,
    "agent_overtalk_ms": 0,
    "customer_overtalk_ms": 0,
    "agent_raised_voice_ms": 0,
    "customer_raised_voice_ms": 0,
}


class KnownRule(Protocol):
    """What a case needs to know of a rule of a pack."""

    @property
    def id(self) -> str:
        """Id, as rubrics name it."""

    @property
    def title(self) -> str:
        """What reports call it."""

    @property
    def severity(self) -> Severity:
        """How bad it is when it is broken."""

    @property
    def expect(self) -> Expectation:
        """Whether its words must be said, must not, or are a signal."""

    @property
    def fingerprint(self) -> str:
        """Of what it looks for."""


def recording_of(case: RubricCase) -> Recording:
    """Return the call of a case; what is left out is a call that the rubric is meant for."""
    call, said = case.call, case.call.model_fields_set
    return Recording(
        call_id="case",
        sha256="",
        media_uri="",
        duration_ms=round(call.duration_s * 1000),
        sample_rate_hz=8000,
        channels=2,
        queue=call.queue if "queue" in said else next(iter(case.rubric.queues), None),
        direction=call.direction if "direction" in said else "inbound",
        team=call.team,
        metadata=call.metadata,
    )


def told_facts(case: RubricCase, rules: Mapping[str, KnownRule]) -> CallFacts:
    """Return the facts of a case that says what was found.

    Args:
        case: One without lines.
        rules: By id, all that the case and its rubric name.
    """
    form, call = case.form, case.call
    known = form.roles == "known"
    length_ms = round(call.duration_s * 1000)
    usual = {**_CALM, "silence_share": 0.25} if known else {"silence_share": 0.25}
    measured = {"duration_ms": length_ms, "speech_ms": length_ms * 3 // 4, **usual, **form.measures}
    parties = ((Role.AGENT, form.agent), (Role.CUSTOMER, form.customer)) if known else ()
    return CallFacts(
        recording=recording_of(case),
        transcript=_transcript(case, length_ms),
        findings=tuple(_findings(case, rules)),
        sentiment=CallSentiment(
            readings=(), parties=tuple(_party(role, mood) for role, mood in parties), made_by=_MADE_BY
        ),
        measures=Measures(**measured),
        judgements=judgements_of(case),
    )


def judgements_of(case: RubricCase) -> tuple[Judgement, ...]:
    """Return what the language model of a case answers; its citation is taken for checked."""
    found = []
    for criterion, test in model_questions(case.rubric):
        answer = case.form.model_answers.get(criterion.id)
        if answer is None:
            continue
        usable = answer not in (NO_ANSWER, Status.NOT_APPLICABLE)
        found.append(
            Judgement(
                question=question_fingerprint(test),
                answer=answer if usable else None,
                applicable=answer != Status.NOT_APPLICABLE,
                reason="The model of the case answers so.",
                evidence=() if answer == NO_ANSWER else (_quote(0, case.call.confidence),),
            )
        )
    return tuple(found)


def _findings(case: RubricCase, rules: Mapping[str, KnownRule]) -> list[Finding]:
    rubric, form = case.rubric, case.form
    outcomes: dict[str, Outcome] = dict(form.findings)
    if form.other_rules == "kept":
        outcomes = {**{rule_id: _kept(rule_id, rubric, rules) for rule_id in _asked_outright(rubric)}, **outcomes}
    steps = _steps(rubric)
    found = [
        _finding(case, rules[rule_id], outcome, steps.index(rule_id) * MS_APART if rule_id in steps else 0)
        for rule_id, outcome in sorted(outcomes.items())
    ]
    for name, (rule_id, test) in phrase_names(rubric).items():
        usual = FindingKind.PRESENT if test.expect is Expectation.PRESENT else FindingKind.ABSENT
        outcome = form.phrases.get(name, Outcome(kind=usual if form.other_rules == "kept" else None))
        found.append(_finding(case, None, outcome, 0, rule_id=rule_id))
    return [finding for finding in found if finding is not None]


def _asked_outright(rubric: Rubric) -> dict[str, bool]:
    """Return for every rule that a rubric names whether a question asks for it outright (`kind: rule`)."""
    outright: dict[str, bool] = {}
    for named in (named for criterion in rubric.criteria() for named in named_rules(criterion)):
        outright[named.rule_id] = outright.get(named.rule_id, False) or isinstance(named.test, RuleTest)
    return outright


def _kept(rule_id: str, rubric: Rubric, rules: Mapping[str, KnownRule]) -> Outcome:
    """What must be said was said, what must not was not; a signal was heard where a question asks for it."""
    expect = rules[rule_id].expect
    said = _asked_outright(rubric)[rule_id] if expect is Expectation.SIGNAL else expect is Expectation.PRESENT
    return Outcome(kind=FindingKind.PRESENT if said else FindingKind.ABSENT)


def _steps(rubric: Rubric) -> list[str]:
    """The rules of the rubric's sequences, each after those that must come before it."""
    order: list[str] = []
    for criterion in rubric.criteria():
        for test, _ in single_tests(criterion.test):
            steps = test.rules if isinstance(test, SequenceTest) else ()
            for place, rule_id in enumerate(steps):
                if rule_id not in order:
                    before = [order.index(each) for each in steps[:place]]
                    order.insert(max(before, default=-1) + 1, rule_id)
    return order


def _finding(
    case: RubricCase, rule: KnownRule | None, outcome: Outcome, usual_ms: int, *, rule_id: str = ""
) -> Finding | None:
    if outcome.kind is None:
        return None
    present = outcome.kind is FindingKind.PRESENT
    at_ms = usual_ms if outcome.at_ms is None else outcome.at_ms
    return Finding(
        rule_id=rule.id if rule else rule_id,
        rule_fingerprint=rule.fingerprint if rule else "",
        title=rule.title if rule else rule_id,
        severity=rule.severity if rule else Severity.MINOR,
        expected=rule.expect if rule else Expectation.SIGNAL,
        kind=outcome.kind,
        role=Role.AGENT,
        reason=f"The case says: {outcome.kind.value.replace('_', ' ')}.",
        evidence=(_quote(at_ms, case.call.confidence),) if present else (),
        searched=None if present else Span(start_ms=0, end_ms=round(case.call.duration_s * 1000)),
        searched_confidence=None if present else case.call.confidence,
    )


def _quote(at_ms: int, confidence: float) -> Evidence:
    quote = _SPOKEN[Role.AGENT]
    return Evidence(
        turn_index=0,
        role=Role.AGENT,
        start_ms=at_ms,
        end_ms=at_ms + MS_APART // 2,
        char_start=0,
        char_end=len(quote),
        quote=quote,
        confidence=confidence,
    )


def _transcript(case: RubricCase, length_ms: int) -> Transcript:
    known = case.form.roles == "known"
    turns = []
    for index, (role, text) in enumerate(_SPOKEN.items()):
        start_ms = index * length_ms // 2
        words = tuple(
            Word(
                text=word, start_ms=start_ms + i * 300, end_ms=start_ms + (i + 1) * 300, confidence=case.call.confidence
            )
            for i, word in enumerate(text.split())
        )
        said_by = role if known else Role.UNKNOWN
        end_ms = words[-1].end_ms
        turns.append(
            Turn(
                index=index,
                channel=index,
                role=said_by,
                role_confidence=1.0 if known else None,
                start_ms=start_ms,
                end_ms=end_ms,
                words=words,
            )
        )
    return Transcript(
        call_id="case",
        language=case.call.language,
        duration_ms=length_ms,
        turns=tuple(turns),
        made_by=_MADE_BY,
        redacted=True,
    )


def _party(role: Role, mood: MoodForm) -> PartySentiment:
    """A party's figures; what the case leaves out follows from the quarters."""
    first, second, third, last = mood.quarters
    told = mood.model_fields_set
    heard = [quarter for quarter in mood.quarters if quarter is not None]
    halves = [[q for q in half if q is not None] for half in ((first, second), (third, last))]
    change = None if first is None or last is None else round(last - first, 6)
    trend = (sum(halves[1]) / len(halves[1]) - sum(halves[0]) / len(halves[0])) / 2 if all(halves) else None
    return PartySentiment(
        role=role,
        quarters=mood.quarters,
        overall=mood.overall if "overall" in told else (sum(heard) / len(heard) if heard else None),
        change=mood.change if "change" in told else change,
        trend=mood.trend if "trend" in told else trend,
        longest_negative_turns=mood.longest_negative_turns,
        longest_negative_ms=mood.longest_negative_ms,
        recovery=mood.recovery,
    )
