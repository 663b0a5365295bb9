"""What moved in a call's score when words were swapped, and which step moved it. No words of the call are in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import (
    CallFacts,
    CallScore,
    Criterion,
    CriterionResult,
    Finding,
    MeasureTest,
    PhraseTest,
    Rubric,
    RuleTest,
    SentimentTest,
    SequenceTest,
    Status,
)
from pipeline.score.questions import single_tests

Sides = tuple[CallFacts, CallFacts]


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """One question that was answered otherwise.

    Attributes:
        steps: What moved it: ``rule ID``, ``phrase``, ``sentiment``, ``measure NAME``; ``another answer`` where only
            whether it applies changed.
        at_ms: Where in the call the evidence of both answers is, in order.
    """

    criterion_id: str
    before: Status
    after: Status
    points_before: float | None
    points_after: float | None
    steps: tuple[str, ...]
    at_ms: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """What one swap did to one call.

    Attributes:
        change: What was swapped.
        reference: What it is compared with.
        words: How many words differ.
        share_before: Score of the reference; None where nothing could be assessed.
        rules: Rules with another outcome.
        readings: Passages read for sentiment; ``relabelled`` of them sound otherwise.
        largest_reading_change: Of the signed scores, -1..+1, of one passage.
        customer_sentiment_before: The customer's overall one, -1..+1; None where nothing tells it.
    """

    call_id: str
    change: str
    reference: str
    words: int
    share_before: float | None
    share_after: float | None
    flips: tuple[Flip, ...]
    rules: tuple[str, ...]
    readings: int
    relabelled: int
    largest_reading_change: float
    customer_sentiment_before: float | None
    customer_sentiment_after: float | None

    @property
    def share_change(self) -> float:
        """By how much the score moved, up or down; 1 where it came or went."""
        if self.share_before is None or self.share_after is None:
            return float(self.share_before is not self.share_after)
        return abs(self.share_after - self.share_before)

    @property
    def customer_sentiment_change(self) -> float | None:
        """By how much the customer's overall sentiment moved, with its sign; None where a side of it is unknown."""
        if self.customer_sentiment_before is None or self.customer_sentiment_after is None:
            return None
        return self.customer_sentiment_after - self.customer_sentiment_before

    @property
    def customer_sentiment_came_or_went(self) -> bool:
        """Whether it is known on one side only."""
        return (self.customer_sentiment_before is None) is not (self.customer_sentiment_after is None)

    @property
    def moved(self) -> bool:
        """Whether any answer or the total is another one."""
        return bool(self.flips) or self.share_before != self.share_after


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredFacts:
    """A transcript's facts and its score."""

    facts: CallFacts
    score: CallScore


def movement(
    before: ScoredFacts, after: ScoredFacts, rubric: Rubric, *, change: str, reference: str, words: int
) -> Movement:
    """Return what differs between two ways to say the same call."""
    rules = moved_rules(before.facts.findings, after.facts.findings)
    criteria = {criterion.id: criterion for criterion in rubric.criteria()}
    pairs = zip(before.score.results, after.score.results, strict=True)
    readings = list(zip(before.facts.sentiment.readings, after.facts.sentiment.readings, strict=False))
    return Movement(
        call_id=before.facts.recording.call_id,
        change=change,
        reference=reference,
        words=words,
        share_before=before.score.share,
        share_after=after.score.share,
        flips=tuple(
            _flip(old, new, _steps(rubric, criteria[old.criterion_id], rules, (before.facts, after.facts)))
            for old, new in pairs
            if (old.status, old.points_earned) != (new.status, new.points_earned)
        ),
        rules=rules,
        readings=len(before.facts.sentiment.readings),
        relabelled=sum(old.label != new.label for old, new in readings),
        largest_reading_change=max((abs(new.score - old.score) for old, new in readings), default=0.0),
        customer_sentiment_before=_customer(before.facts),
        customer_sentiment_after=_customer(after.facts),
    )


def moved_rules(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[str, ...]:
    """Return the ids of rules whose outcome differs, in order."""
    kinds = {finding.rule_id: finding.kind for finding in before}
    return tuple(finding.rule_id for finding in after if kinds.get(finding.rule_id) is not finding.kind)


def _flip(old: CriterionResult, new: CriterionResult, steps: tuple[str, ...]) -> Flip:
    return Flip(
        criterion_id=old.criterion_id,
        before=old.status,
        after=new.status,
        points_before=old.points_earned,
        points_after=new.points_earned,
        steps=steps,
        at_ms=tuple(sorted({quote.start_ms for result in (old, new) for quote in result.evidence})),
    )


def _steps(rubric: Rubric, criterion: Criterion, rules: Sequence[str], sides: Sides) -> tuple[str, ...]:
    """Return which of the facts that a question looks at have moved."""
    own = rubric.own_rule_id(criterion.id)
    found: list[str] = []
    for test, _ in single_tests(criterion.test):
        if isinstance(test, (RuleTest, SequenceTest)):
            found += [f"rule {rule_id}" for rule_id in test.rules if rule_id in rules]
        elif isinstance(test, PhraseTest):
            found += ["phrase" for rule_id in rules if rule_id == own or rule_id.startswith(f"{own}/")]
        elif isinstance(test, SentimentTest):
            before, after = (facts.sentiment.of(test.role) for facts in sides)
            found += ["sentiment"] if before != after else []
        elif isinstance(test, MeasureTest):
            values = [getattr(facts.measures, test.measure) for facts in sides]
            found += [f"measure {test.measure}"] if values[0] != values[1] else []
    return tuple(dict.fromkeys(found)) or ("another answer",)


def _customer(facts: CallFacts) -> float | None:
    party = next((party for party in facts.sentiment.parties if party.role.value == "customer"), None)
    return party.overall if party else None
