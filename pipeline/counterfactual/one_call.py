"""One call said in other ways: its rules, sentiment, measures and score anew for each, and what moved.

Answers of people and of a language model are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from pipeline.compliance.calls import Judged
from pipeline.counterfactual.movements import Movement, ScoredFacts, movement
from pipeline.counterfactual.variants import AS_IT_STANDS, variants
from pipeline.detectors import Detectors
from pipeline.records import CallFacts, Judgement, Measures, Recording, Rubric, Transcript
from pipeline.rubric_facts.phrases import find_own
from pipeline.score.evaluate import evaluate

LANGUAGE = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class CallAsHeard:
    """One call with what was stored of it.

    Attributes:
        transcript: Masked, in English.
        measures: What was measured in its sound; None where there is only a transcript.
        judgements: A language model's answers, which are not asked for again.
        judged: What rules about calls made of its earlier calls.
    """

    recording: Recording
    transcript: Transcript
    measures: Measures | None = None
    judgements: tuple[Judgement, ...] = ()
    judged: Mapping[str, Judged] = field(default_factory=dict)


def counterfactual(call: CallAsHeard, rubric: Rubric, detectors: Detectors, *, seed: int = 0) -> tuple[Movement, ...]:
    """Return what each swap does to the score of one call; swaps that find nothing to swap are left out.

    Args:
        call: An English call.
        rubric: What it is scored by.
        detectors: Rules and sentiment engine.
        seed: Which names are drawn from the lists.

    Raises:
        ModelError: A model that reads names, words or sentiment is not installed.
    """
    scored: dict[str, ScoredFacts] = {}
    shape = detectors.measure(call.transcript, None)

    def score(name: str, transcript: Transcript) -> ScoredFacts:
        if name not in scored:
            scored[name] = _score(call, transcript, rubric, detectors, shape)
        return scored[name]

    known = {AS_IT_STANDS: call.transcript}
    movements = []
    for variant in variants(call.transcript, seed=seed):
        known[variant.name] = variant.transcript
        if variant.name != variant.reference:
            before = score(variant.reference, known[variant.reference])
            after = score(variant.name, variant.transcript)
            movements.append(
                movement(before, after, rubric, change=variant.name, reference=variant.reference, words=variant.words)
            )
    return tuple(movements)


def _score(
    call: CallAsHeard, transcript: Transcript, rubric: Rubric, detectors: Detectors, shape: Measures
) -> ScoredFacts:
    """Return facts and score of the call with this transcript.

    Figures that take the sound stay those that were measured; those that the words tell otherwise now are changed.
    """
    told = detectors.measure(transcript, None)
    changed = {f.name: getattr(told, f.name) for f in fields(told) if getattr(told, f.name) != getattr(shape, f.name)}
    measures = replace(call.measures or shape, **changed)
    sentiment = detectors.read(transcript)
    found = detectors.find(transcript, call.recording, sentiment, measures, call.judged)
    own = find_own(rubric, transcript, call.recording, detectors.settings.compliance)
    facts = CallFacts(
        recording=call.recording,
        transcript=transcript,
        findings=(*found.findings, *own.findings),
        sentiment=sentiment,
        measures=measures,
        judgements=call.judgements,
    )
    return ScoredFacts(facts=facts, score=evaluate(facts, rubric, score_id=""))
