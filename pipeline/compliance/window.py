"""Whether a rule applies to a call, and in which part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.compliance.rule import Rule, Window
from pipeline.records import FindingKind, Recording, Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """What became of a rule that another one hangs on.

    Attributes:
        kind: Its outcome, or None where it did not apply to this call.
        first_hit: Where it was first said; None where it was not.
    """

    kind: FindingKind | None
    first_hit: Span | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Why something cannot be told: one plain clause."""

    reason: str


def applies(rule: Rule, recording: Recording, anchors: Mapping[str, Anchor]) -> bool | Unknown:
    """Tell whether the rule is about this call; `Unknown` where that needs metadata that are not there.

    One condition that is known not to hold excludes the call, whatever else is unknown.
    """
    unknown: Unknown | None = None
    for name, allowed, value in (
        ("queue", rule.applies_if.queues, recording.queue),
        ("direction", rule.applies_if.directions, recording.direction),
        ("team", rule.applies_if.teams, recording.team),
    ):
        if allowed and value is None:
            unknown = unknown or Unknown(reason=f"the rule is for certain {name}s and this call's {name} is not known")
        elif allowed and value is not None and value.casefold() not in {each.casefold() for each in allowed}:
            return False
    for needed in rule.applies_if.rules_present:
        if anchors[needed].kind is FindingKind.CANNOT_ASSESS:
            unknown = unknown or Unknown(
                reason=f"the rule applies where {needed} is said, and that could not be assessed"
            )
        elif anchors[needed].kind is not FindingKind.PRESENT:
            return False
    return unknown or True


def resolve(window: Window, duration_ms: int, anchors: Mapping[str, Anchor]) -> Span | Unknown | None:
    """Return the span to search.

    Returns:
        The span (empty where the conditions leave no time); `Unknown` where an anchor could not be assessed; None where
        the window begins after something that was never said: then there is nothing to judge. A window *before*
        something that was never said is the whole call: what must come first is asked for all the same.
    """
    start, end = 0, duration_ms
    if window.within_first_s is not None:
        end = min(end, round(window.within_first_s * 1000))
    if window.within_last_s is not None:
        start = max(start, duration_ms - round(window.within_last_s * 1000))
    if window.from_share is not None:
        start = max(start, round(window.from_share * duration_ms))
    if window.to_share is not None:
        end = min(end, round(window.to_share * duration_ms))
    reach_ms = None if window.within_s is None else round(window.within_s * 1000)
    for anchor_id in window.anchors():
        if anchors[anchor_id].kind is FindingKind.CANNOT_ASSESS:
            return Unknown(reason=f"the window hangs on {anchor_id}, which could not be assessed")
    if window.after:
        hit = anchors[window.after].first_hit
        if hit is None:
            return None
        start = max(start, hit.end_ms)
        end = end if reach_ms is None else min(end, hit.end_ms + reach_ms)
    hit = anchors[window.before].first_hit if window.before else None
    if hit is not None:
        end = min(end, hit.start_ms)
        start = start if reach_ms is None else max(start, hit.start_ms - reach_ms)
    return Span(start_ms=start, end_ms=max(start, end))
