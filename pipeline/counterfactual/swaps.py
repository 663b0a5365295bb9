"""Whether scores move when names, pronouns and forms of address are swapped. They must not.

    stored masked transcript -> pronouns swapped; names put where they were masked; the agent renamed
                             -> rules, sentiment, measures and score anew -> what moved, and by which step

One thing is changed at a time. Answers of people and of a language model are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from pipeline.compliance.calls import Judged as JudgedRule
from pipeline.counterfactual.movements import Judged, Movement, movement
from pipeline.counterfactual.names import NAME_GROUPS
from pipeline.counterfactual.swap import put_names, rename, swap_gender
from pipeline.detectors import Detectors
from pipeline.privacy.name_model import person_reader, tag_reader
from pipeline.privacy.name_words import FIRST_NAMES
from pipeline.privacy.names import agents_own_names, names_again
from pipeline.privacy.stretch import stretches
from pipeline.records import CallFacts, Judgement, Measures, Recording, Rubric, Transcript
from pipeline.rubric_facts.phrases import find_own
from pipeline.score.evaluate import evaluate

LANGUAGE = "en"
AS_IT_STANDS = "as it stands"
PRONOUNS = "pronouns and forms of address"
Place = tuple[int, int]


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
    judged: Mapping[str, JudgedRule] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One way to say the call. ``reference`` is the name of the one that it is compared with."""

    name: str
    reference: str
    transcript: Transcript
    words: int


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
    judged: dict[str, Judged] = {}
    shape = detectors.measure(call.transcript, None)

    def judge(name: str, transcript: Transcript) -> Judged:
        if name not in judged:
            judged[name] = _judge(call, transcript, rubric, detectors, shape)
        return judged[name]

    known = {AS_IT_STANDS: call.transcript}
    movements = []
    for variant in variants(call.transcript, seed=seed):
        known[variant.name] = variant.transcript
        if variant.name != variant.reference:
            before = judge(variant.reference, known[variant.reference])
            after = judge(variant.name, variant.transcript)
            movements.append(
                movement(before, after, rubric, change=variant.name, reference=variant.reference, words=variant.words)
            )
    return tuple(movements)


def variants(transcript: Transcript, *, seed: int) -> Iterator[Variant]:
    """Yield the ways to say a call; of names that were masked, first the ones that the others are compared with."""
    swapped = swap_gender(transcript, tag_reader())
    if swapped.words:
        yield Variant(name=PRONOUNS, reference=AS_IT_STANDS, transcript=swapped.transcript, words=swapped.words)
    reference = f"names of {NAME_GROUPS[0].name}"
    first_names, surnames = agents_name(transcript)
    for group in NAME_GROUPS:
        named = put_names(transcript, group.pick(transcript.call_id, seed)[0])
        if named.words:
            name = f"names of {group.name}"
            yield Variant(name=name, reference=reference, transcript=named.transcript, words=named.words)
    for group in NAME_GROUPS:
        renamed = rename(transcript, first_names, surnames, group.pick(transcript.call_id, seed))
        if renamed.words:
            name = f"agent named as {group.name}"
            yield Variant(name=name, reference=AS_IT_STANDS, transcript=renamed.transcript, words=renamed.words)


def agents_name(transcript: Transcript) -> tuple[frozenset[Place], frozenset[Place]]:
    """Return where the agent's own first name and surname are said, by anybody.

    A name that begins with none of the known first names counts only where the name model takes it for a person: what
    an agent says after "this is" may be the company's name.
    """
    turns = transcript.turns
    own = agents_own_names(turns, stretches(turns))
    persons = person_reader()([turn.text for turn in turns]) if own else []
    first_names, surnames = set(), set()
    for position, turn in enumerate(turns):
        texts = [word.text for word in turn.words]
        named = names_again(texts, own)
        for k in (k for k, is_name in enumerate(named) if is_name and not (k and named[k - 1])):
            start = len(" ".join(texts[:k])) + (k > 0)
            bare = texts[k].casefold().strip(".,;:?!\"'“”()").removesuffix("'s").removesuffix("’s")
            if bare in FIRST_NAMES or any(begin <= start < end for begin, end in persons[position]):
                first_names.add((position, k))
                surnames |= {(position, at) for at in _run(named, k + 1)}
    return frozenset(first_names), frozenset(surnames)


def _run(named: Sequence[bool], start: int) -> Iterator[int]:
    while start < len(named) and named[start]:
        yield start
        start += 1


def _judge(call: CallAsHeard, transcript: Transcript, rubric: Rubric, detectors: Detectors, shape: Measures) -> Judged:
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
    return Judged(facts=facts, score=evaluate(facts, rubric, score_id=""))
