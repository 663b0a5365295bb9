"""Whether a rule is about a call at all."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.compliance.outcome import Outcome
from pipeline.compliance.rule import Rule
from pipeline.compliance.window import Unknown
from pipeline.records import FindingKind, Recording


def excluded(rule: Rule, recording: Recording) -> bool:
    """Tell whether the call's metadata alone say that the rule is not about it."""
    return any(
        allowed and value is not None and value.casefold() not in {each.casefold() for each in allowed}
        for _, allowed, value in _asked(rule, recording)
    )


def applies(rule: Rule, recording: Recording, earlier: Mapping[str, Outcome]) -> bool | Unknown:
    """Tell whether the rule is about this call; `Unknown` where that needs metadata that are not there.

    One condition that is known not to hold excludes the call, whatever else is unknown.
    """
    if excluded(rule, recording):
        return False
    unknown: Unknown | None = None
    for name, allowed, value in _asked(rule, recording):
        if allowed and value is None:
            unknown = unknown or Unknown(reason=f"the rule is for certain {name}s and this call's {name} is not known")
    for needed in rule.applies_if.rules_present:
        if earlier[needed].kind is FindingKind.CANNOT_ASSESS:
            unknown = unknown or Unknown(
                reason=f"the rule applies where {needed} is said, and that could not be assessed"
            )
        elif earlier[needed].kind is not FindingKind.PRESENT:
            return False
        elif earlier[needed].probable:
            unknown = unknown or Unknown(
                reason=f"the rule applies where {needed} is said, and it is only probably said"
            )
    return unknown or True


def _asked(rule: Rule, recording: Recording) -> tuple[tuple[str, tuple[str, ...], str | None], ...]:
    """Return what the rule asks of the metadata: field, allowed values, the call's own."""
    return (
        ("queue", rule.applies_if.queues, recording.queue),
        ("direction", rule.applies_if.directions, recording.direction),
        ("team", rule.applies_if.teams, recording.team),
    )
