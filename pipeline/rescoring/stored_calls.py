"""Score calls from their stored facts: nothing is transcribed or detected again, and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import Connection

from pipeline import keys
from pipeline.compliance.rule import Rule
from pipeline.config import Settings
from pipeline.records import (
    CallFacts,
    CallFindings,
    CallScore,
    FactKeys,
    Judgement,
    Recording,
    Rubric,
    Trust,
)
from pipeline.rescoring.not_looked_for import as_unknown, not_looked_for, rules_asked_for
from pipeline.rubric_facts.judgements import put_together, questions_for
from pipeline.rubric_facts.phrases import find_own, own_key
from pipeline.score.evaluate import evaluate
from pipeline.store.payload import read_payload
from pipeline.store.score_batches import NewStep
from pipeline.store.stored_facts import (
    HeardFacts,
    NamedFacts,
    Unreadable,
    named_facts,
    payloads,
    read_heard,
    stored_answers,
    unreadable,
)
from pipeline.store.stored_transcript import with_words
from pipeline.store.wanted_calls import in_batches

READ_AT_ONCE = 50
"""So many transcripts are in memory at once, with all their words."""


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """What calls are scored by.

    Attributes:
        rubric: What to score by; its rules are among ``rules``.
        settings: What raises flags, and how near words must be to a rubric's own phrases.
        rules: All rules that there are now: they tell which of those asked for were not looked for at the time.
        trust: What reviewed answers tell about confidence; None where nothing was learnt.
    """

    rubric: Rubric
    settings: Settings
    rules: tuple[Rule, ...] = ()
    trust: Trust | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """The rules by their ids."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Ids of the rules that the rubric asks for."""
        return rules_asked_for(self.rubric)


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A call's facts under their keys, and the id of the score that they will give."""

    named: NamedFacts
    keys: FactKeys
    facts_key: str
    score_id: str
    judgements: tuple[Judgement, ...] = ()

    @property
    def recording(self) -> Recording:
        """The call."""
        return self.named.recording


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """A call scored from its stored facts.

    Attributes:
        facts_key: Key of the facts, under which ``keys`` are to be stored.
        new_steps: Facts that had to be found and may not be stored yet, such as those of the rubric's own phrases.
        is_current: Whether this very score is the call's current one already.
    """

    facts: CallFacts
    score: CallScore
    facts_key: str
    keys: FactKeys
    new_steps: tuple[NewStep, ...] = ()
    is_current: bool = False


def evaluate_stored(
    connection: Connection, call_ids: Sequence[str], scorer: Scorer
) -> Iterator[Evaluated | Unreadable]:
    """Yield every call's score, in the order of the ids; calls that have no facts yet are left out.

    Args:
        connection: Where to read; nothing is written.
        call_ids: Calls, as `pipeline.store.wanted_calls.calls_to_score` lists them.
        scorer: What to score by.

    Yields:
        The score with the facts it rests on, equal to what `process_call` gives for the same facts, or why a call's
        facts cannot be read.
    """
    for some in in_batches(call_ids, READ_AT_ONCE):
        for outcomes in evaluate_each(connection, plan(connection, some, [scorer]), [scorer]):
            yield outcomes[0] if isinstance(outcomes, tuple) else outcomes


def plan(
    connection: Connection, call_ids: Sequence[str], scorers: Sequence[Scorer]
) -> list[tuple[Planned, ...] | Unreadable]:
    """Return for each call under which keys each scorer finds its facts; transcripts are not read for that."""
    every = list(named_facts(connection, call_ids))
    questions = {
        (each.recording.call_id, n): questions_for(
            scorer.rubric, transcript=each.keys.transcript, settings=scorer.settings
        )
        for each in every
        if not isinstance(each, Unreadable)
        for n, scorer in enumerate(scorers)
    }
    answers = stored_answers(connection, [question.key for asked in questions.values() for question in asked])

    def planned(named: NamedFacts, n: int) -> Planned:
        scorer, recording = scorers[n], named.recording
        settings, rubric = scorer.settings, scorer.rubric
        asked = put_together(questions[recording.call_id, n], answers)
        missing = not_looked_for(scorer.by_id, scorer.asked, recording, named.findings.findings)
        under = replace(
            named.keys,
            own_findings=own_key(rubric, transcript=named.keys.transcript, settings=settings.compliance),
            judgements=asked.keys,
            not_looked_for=missing or None,
        )
        facts_key = keys.facts_key(recording, under)
        score_id = keys.score_key(facts=facts_key, rubric=rubric, flags=settings.flags, trust=scorer.trust)
        return Planned(named=named, keys=under, facts_key=facts_key, score_id=score_id, judgements=asked.judgements)

    def planned_by_all(named: NamedFacts | Unreadable) -> tuple[Planned, ...] | Unreadable:
        if isinstance(named, Unreadable):
            return named
        try:
            return tuple(planned(named, n) for n in range(len(scorers)))
        except Exception as error:  # noqa: BLE001 - one call never stops the others
            return unreadable(named.recording.call_id, error)

    return [planned_by_all(each) for each in every]


def evaluate_each(
    connection: Connection, calls: Sequence[tuple[Planned, ...] | Unreadable], scorers: Sequence[Scorer]
) -> Iterator[tuple[Evaluated, ...] | Unreadable]:
    """Yield each call's score by every scorer, from one reading of its facts."""
    planned = [call for call in calls if not isinstance(call, Unreadable)]
    heard = read_heard(connection, [call[0].named for call in planned])
    own = payloads(connection, [each.keys.own_findings for call in planned for each in call if each.keys.own_findings])
    for call in calls:
        if isinstance(call, Unreadable):
            yield call
            continue
        told = next(heard)
        if isinstance(told, Unreadable):
            yield told
            continue
        try:
            fresh: dict[str, CallFindings] = {}  # two versions of a rubric mostly have the same phrases
            pairs = zip(call, scorers, strict=True)
            yield tuple(_evaluate(each, told, scorer, own, fresh) for each, scorer in pairs)
        except Exception as error:  # noqa: BLE001 - one call never stops the others
            yield unreadable(call[0].recording.call_id, error)


def _evaluate(
    planned: Planned, heard: HeardFacts, scorer: Scorer, stored: Mapping[str, str], fresh: dict[str, CallFindings]
) -> Evaluated:
    new: list[NewStep] = []
    call_id = planned.recording.call_id
    own, key = CallFindings(findings=()), planned.keys.own_findings
    if key is not None and key in stored:
        own = read_payload(CallFindings, stored[key], f"step {key}")
    elif key is not None:
        if key not in fresh:
            fresh[key] = find_own(
                scorer.rubric, with_words(heard.transcript), planned.recording, scorer.settings.compliance
            )
        own = fresh[key]
        new.append(NewStep(key=key, call_id=call_id, step="own_findings", record=own))
    unknown = as_unknown(planned.keys.not_looked_for or ())
    facts = CallFacts(
        recording=planned.recording,
        transcript=heard.transcript,
        findings=(*planned.named.findings.findings, *own.findings, *unknown),
        sentiment=heard.sentiment,
        measures=heard.measures,
        judgements=planned.judgements,
    )
    return Evaluated(
        facts=facts,
        score=evaluate(facts, scorer.rubric, score_id=planned.score_id, trust=scorer.trust),
        facts_key=planned.facts_key,
        keys=planned.keys,
        new_steps=(*new, NewStep(key=planned.facts_key, call_id=call_id, step="facts", record=planned.keys)),
        is_current=planned.named.current_score_id == planned.score_id,
    )
