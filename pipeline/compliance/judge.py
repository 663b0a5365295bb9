"""Judge a condition, whole trees of them, in three values: present, absent, cannot assess.

Where one part decides (an absent part of ``all``, a present part of ``any``), it decides whatever else is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.clock import clock
from pipeline.compliance.circumstances import (
    judge_measure,
    judge_metadata,
    judge_overtalk,
    judge_sentiment,
    judge_silence,
)
from pipeline.compliance.outcome import NOTHING_TO_JUDGE, Call, Hit, Outcome, guess_as_miss, unknown
from pipeline.compliance.rule import (
    All,
    AnyOf,
    Condition,
    InOrder,
    MeasureIs,
    MetadataIs,
    Not,
    OvertalkIs,
    RulePresent,
    Saying,
    SentimentIs,
    SilenceIs,
)
from pipeline.compliance.said import judge_saying
from pipeline.compliance.window import Anchor
from pipeline.records import FindingKind, NearestMiss

PRESENT, ABSENT, CANNOT_ASSESS = FindingKind.PRESENT, FindingKind.ABSENT, FindingKind.CANNOT_ASSESS


def judge(condition: Condition, call: Call, earlier: Mapping[str, Outcome]) -> Outcome:
    """Return what becomes of a condition on a call.

    Args:
        condition: What is looked for.
        call: What was said, heard and known.
        earlier: The outcomes of all rules that it hangs on.
    """
    if isinstance(condition, (All, AnyOf, Not, InOrder)):
        return _judge_tree(condition, call, earlier)
    if isinstance(condition, RulePresent):
        return _rule_present(condition, earlier)
    if isinstance(condition, MeasureIs):
        return judge_measure(condition, call)
    if isinstance(condition, MetadataIs):
        return judge_metadata(condition, call.recording)
    return _judge_in_window(condition, call, earlier)


def _judge_in_window(
    condition: Saying | SentimentIs | SilenceIs | OvertalkIs, call: Call, earlier: Mapping[str, Outcome]
) -> Outcome:
    anchors = {rule_id: earlier[rule_id].anchor for rule_id in condition.window.anchors()}
    judged = _judge_leaf(condition, call, anchors)
    doubtful = [rule_id for rule_id, anchor in anchors.items() if anchor.doubtful]
    if not doubtful or judged.kind is CANNOT_ASSESS:
        return judged
    otherwise = _judge_leaf(condition, call, {rule_id: each.with_doubtful() for rule_id, each in anchors.items()})
    if otherwise.kind is judged.kind:
        return judged
    at = clock(min(span.start_ms for rule_id in doubtful for span in anchors[rule_id].doubtful))
    reason = f"it hangs on {doubtful[0]}, which was only probably said, or by an unknown speaker, at {at}"
    return unknown(reason, nearest_miss=judged.nearest_miss or otherwise.nearest_miss)


def _judge_leaf(
    condition: Saying | SentimentIs | SilenceIs | OvertalkIs, call: Call, anchors: Mapping[str, Anchor]
) -> Outcome:
    match condition:
        case Saying():
            return judge_saying(condition, call, anchors)
        case SentimentIs():
            return judge_sentiment(condition, call, anchors)
        case SilenceIs():
            return judge_silence(condition, call, anchors)
        case OvertalkIs():
            return judge_overtalk(condition, call, anchors)


def _judge_tree(tree: All | AnyOf | Not | InOrder, call: Call, earlier: Mapping[str, Outcome]) -> Outcome:
    parts = (tree.part,) if isinstance(tree, Not) else tree.parts
    outcomes = [judge(part, call, earlier) for part in parts]
    judged = [outcome for outcome in outcomes if outcome.kind is not None]
    match tree:
        case All():
            return _all(judged) if judged else NOTHING_TO_JUDGE
        case AnyOf():
            return _any(judged) if judged else NOTHING_TO_JUDGE
        case Not():
            return _not(judged[0]) if judged else NOTHING_TO_JUDGE
        case InOrder():
            return _in_order(judged, tree.within_ms) if len(judged) == len(parts) else NOTHING_TO_JUDGE


def _rule_present(condition: RulePresent, earlier: Mapping[str, Outcome]) -> Outcome:
    outcome = earlier[condition.rule]
    if outcome.kind is None:
        return Outcome(kind=ABSENT, reason=f"the rule {condition.rule} is not about this call")
    return replace(outcome, reason=f"{outcome.reason} ({condition.rule})")


def _first(outcomes: Sequence[Outcome], kind: FindingKind) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.kind is kind), None)


def _all(outcomes: Sequence[Outcome]) -> Outcome:
    deciding = _first(outcomes, ABSENT) or _first(outcomes, CANNOT_ASSESS)
    if deciding is not None:
        return replace(deciding, hits=())
    return Outcome(
        kind=PRESENT,
        reason="; ".join(outcome.reason for outcome in outcomes),
        hits=_hits(outcomes),
        guesses=_hits(outcomes, "guesses"),
        unattributed=_hits(outcomes, "unattributed"),
        calls=_calls(outcomes),
    )


def _any(outcomes: Sequence[Outcome]) -> Outcome:
    present = [outcome for outcome in outcomes if outcome.kind is PRESENT]
    sure = [outcome for outcome in present if not outcome.probable] or present
    if sure:
        guesses = [hit for outcome in present if outcome not in sure for hit in outcome.hits]
        return replace(
            sure[0],
            hits=_hits(sure),
            guesses=(*_hits(present, "guesses"), *guesses),
            unattributed=_hits(outcomes, "unattributed"),
            calls=_calls(sure),
        )
    deciding = _first(outcomes, CANNOT_ASSESS)
    if deciding is not None:
        return deciding
    nearest = max(outcomes, key=lambda each: each.nearest_miss.similarity if each.nearest_miss else -1.0)
    return replace(nearest, reason="; ".join(dict.fromkeys(outcome.reason for outcome in outcomes)))


def _not(outcome: Outcome) -> Outcome:
    if outcome.kind is CANNOT_ASSESS:
        return outcome
    if outcome.kind is ABSENT:
        return Outcome(kind=PRESENT, reason=outcome.reason)
    if outcome.probable:
        return unknown(outcome.reason, nearest_miss=guess_as_miss(outcome))
    quotes = [quote for hit in outcome.hits for quote in hit.evidence]
    there = NearestMiss(evidence=quotes[0], similarity=1.0, reason="it is there") if quotes else None
    return Outcome(kind=ABSENT, reason=f"it is there: {outcome.reason}", nearest_miss=there, calls=outcome.calls)


def _in_order(outcomes: Sequence[Outcome], within_ms: int | None) -> Outcome:
    deciding = _first(outcomes, ABSENT) or _first(outcomes, CANNOT_ASSESS)
    if deciding is not None:
        return replace(deciding, hits=())
    sure = [[hit for hit in outcome.hits if not hit.probable] for outcome in outcomes]
    likely = [sorted((*outcome.hits, *outcome.guesses), key=_time) for outcome in outcomes]
    chain = _chain(sure, within_ms) or _chain(likely, within_ms)
    if chain:
        times = ", then ".join(clock(hit.span.start_ms) for hit in chain)
        reason = f"in this order, at {times}"
        if any(hit.probable for hit in chain):
            reason = f"probably {reason}, by meaning"
        return Outcome(kind=PRESENT, reason=reason, hits=chain)
    whoever = [
        sorted((*hits, *outcome.unattributed), key=_time) for hits, outcome in zip(likely, outcomes, strict=True)
    ]
    if _chain(whoever, within_ms):
        return unknown("in this order only if an unknown speaker is the right one")
    first_times = ", ".join(clock(outcome.hits[0].span.start_ms) for outcome in outcomes if outcome.hits)
    within = f" within {within_ms / 1000:g} s" if within_ms is not None else ""
    return Outcome(kind=ABSENT, reason=f"not in this order{within}: the parts are first said at {first_times}")


def _time(hit: Hit) -> tuple[int, int]:
    return hit.span.start_ms, hit.span.end_ms


def _chain(parts: Sequence[Sequence[Hit]], within_ms: int | None) -> tuple[Hit, ...]:
    """Return one hit of each part, each beginning after the one before has ended; the earliest such chain, or none.

    What decides whether a chain goes on is its last hit alone, so that one chain is kept for each of these.
    """
    chains: list[tuple[Hit, ...]] = [(hit,) for hit in parts[0]]
    for hits in parts[1:]:
        longer = []
        for hit in hits:
            before = [
                chain
                for chain in chains
                if chain[-1].span.end_ms <= hit.span.start_ms
                and (within_ms is None or hit.span.start_ms - chain[-1].span.end_ms <= within_ms)
            ]
            if before:
                longer.append((*before[0], hit))
        chains = longer
    return chains[0] if chains else ()


def _hits(outcomes: Sequence[Outcome], which: str = "hits") -> tuple[Hit, ...]:
    hits: list[Hit] = [hit for outcome in outcomes for hit in getattr(outcome, which)]
    return tuple(sorted(dict.fromkeys(hits), key=_time))


def _calls(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(call for outcome in outcomes for call in outcome.calls))
