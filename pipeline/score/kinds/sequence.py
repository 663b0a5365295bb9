"""Criteria answered by the order in which things were said."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clock import clock
from pipeline.records import CallFacts, Evidence, Finding, FindingKind, SequenceTest
from pipeline.score.answer import Answer, not_applicable, status_of, unknown
from pipeline.score.kinds.findings import confidence_of, place, surest, weakest
from pipeline.score.wording import listed

Place = tuple[int, int, int]
Chain = tuple[tuple[int, Place, Evidence | None], ...]
"""Steps in order, each with its number, when it came, and its quote; a silence has none."""
_FEWEST = 2


def answer(facts: CallFacts, test: SequenceTest) -> Answer:
    """Answer by the longest chain of steps that came one after the other, whatever each rule thinks of its words.

    Of each step the first occurrence after the step before it counts. All steps in order pass; otherwise it fails, or
    with ``partial`` earns (steps in order) / (steps). Rules that do not apply to the call drop out; fewer than two that
    do have no order. A step that cannot be assessed leaves it open, unless the others are already out of order and
    there are no parts to earn.
    """
    steps = [finding for rule_id in test.rules if (finding := facts.finding(rule_id)) is not None]
    away = [rule_id for rule_id in test.rules if facts.finding(rule_id) is None]
    if away and len(steps) < _FEWEST:
        verb = "does" if len(away) == 1 else "do"
        return not_applicable(f"An order takes two steps, and {listed(away)} {verb} not apply to this call.")
    known = [step for step in steps if not _is_open(step)]
    chain = longest_chain([_occurrences(step) for step in known])
    open_ = [step for step in steps if _is_open(step)]
    if open_ and (test.partial or len(chain) == len(known)):
        return unknown("; ".join(f"{step.title}: {_why_open(step)}" for step in open_) + ".")
    share = len(chain) / len(steps) if test.partial else float(len(chain) == len(steps))
    absent = [step for step in known if step.kind is FindingKind.ABSENT]
    misses = [step.nearest_miss for step in absent if step.nearest_miss is not None]
    return Answer(
        status=status_of(share),
        share=share,
        reason=_reason(known, chain),
        confidence=_confidence(known, absent, chain),
        evidence=_evidence(known, chain),
        searched=next((step.searched for step in absent if step.searched is not None), None),
        nearest_miss=max(misses, key=lambda miss: miss.similarity, default=None),
    )


def longest_chain(steps: Sequence[Sequence[tuple[Place, Evidence | None]]]) -> Chain:
    """Return the longest chain of steps each of which comes after the one before; of equal ones that which ends first.

    Args:
        steps: The occurrences of each step, in order of time.
    """
    best: list[Chain] = [()]  # by length, the chain that ends first: it leaves most room for what follows
    for number, occurrences in enumerate(steps):
        for length in range(len(best), 0, -1):
            before = best[length - 1]
            after = next((found for found in occurrences if not before or found[0] > before[-1][1]), None)
            if after is None:
                continue
            longer = (*before, (number, *after))
            if length == len(best):
                best.append(longer)
            elif after[0] < best[length][-1][1]:
                best[length] = longer
    return best[-1]


def _occurrences(step: Finding) -> list[tuple[Place, Evidence | None]]:
    if step.kind is not FindingKind.PRESENT:
        return []
    said = [((quote.start_ms, quote.turn_index, quote.char_start), quote) for quote in step.evidence]
    stretches = [((stretch.start_ms, -1, 0), None) for stretch in step.stretches]
    return sorted([*said, *stretches], key=lambda found: found[0])


def _is_open(step: Finding) -> bool:
    nowhere = step.kind is FindingKind.PRESENT and not step.evidence and not step.stretches
    return step.kind is FindingKind.CANNOT_ASSESS or nowhere


def _why_open(step: Finding) -> str:
    told = step.kind is FindingKind.CANNOT_ASSESS
    return step.reason.rstrip(".") if told else "it has no place in the call, so nothing can come before or after it"


def _reason(known: Sequence[Finding], chain: Chain) -> str:
    in_order = [f"{known[number].title} at {clock(at[0])}" for number, at, _ in chain]
    linked = {number for number, _, _ in chain}
    outside = [step for number, step in enumerate(known) if number not in linked]
    parts = [f"In this order: {', '.join(in_order)}"] if in_order else []
    parts += [_outside(step) for step in outside]
    return "; ".join(parts) + "."


def _outside(step: Finding) -> str:
    occurrences = _occurrences(step)
    if not occurrences:
        return f"{step.title} was not said"
    return f"{step.title} only out of order at {clock(occurrences[0][0][0])}"


def _evidence(known: Sequence[Finding], chain: Chain) -> tuple[Evidence, ...]:
    """Return the quotes of the chain, and of what came out of order the first."""
    linked = {number for number, _, _ in chain}
    quotes = [quote for _, _, quote in chain if quote is not None]
    quotes += [step.evidence[0] for number, step in enumerate(known) if number not in linked and step.evidence]
    return tuple(sorted(dict.fromkeys(quotes), key=place))


def _confidence(known: Sequence[Finding], absent: Sequence[Finding], chain: Chain) -> float | None:
    """Return how sure it is that all steps came, or that one did not; out of order, how well all were recognised."""
    if absent:
        return surest([confidence_of(step) for step in absent])
    quoted = {number: quote.confidence for number, _, quote in chain if quote is not None}
    return weakest([quoted.get(number, confidence_of(step)) for number, step in enumerate(known)])
