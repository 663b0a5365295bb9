"""The rules about calls, together: what they need to know, what they make of a call, what it tells to later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.canonical import fingerprint
from pipeline.compliance.applies import applies
from pipeline.compliance.calls import Judged, judge_calls, judged_fingerprint
from pipeline.compliance.heard import heard_in
from pipeline.compliance.history import history_needs
from pipeline.compliance.rule import Rule
from pipeline.records import CallHistory, Finding, Heard, HistoryNeeds, Recording, Transcript


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRules:
    """Active rules, of which only those about calls count here."""

    rules: tuple[Rule, ...]

    @property
    def needs(self) -> HistoryNeeds:
        """What has to be known of calls, for whichever comes after them."""
        return history_needs(rule.calls for rule in self.rules if rule.calls is not None)

    def needs_of(self, recording: Recording) -> HistoryNeeds:
        """Return what has to be known of the calls before one: less than of all where few rules are about it."""
        return history_needs(
            rule.calls for rule in self.rules if rule.calls is not None and _may_apply(rule, recording)
        )

    @property
    def fingerprint(self) -> str | None:
        """A hash of them; None where there are none."""
        about_calls = sorted((rule.id, rule.fingerprint) for rule in self.rules if rule.calls is not None)
        return fingerprint("call-rules-1", about_calls) if about_calls else None

    def judge(self, recording: Recording, history: CallHistory | None) -> Mapping[str, Judged]:
        """Return by rule id what becomes of each, without those that are known not to be about this call.

        Args:
            recording: The call.
            history: The earlier calls of its customer; None where they are not known.
        """
        return {
            rule.id: judge_calls(rule.calls, recording, history)
            for rule in self.rules
            if rule.calls is not None and _may_apply(rule, recording)
        }

    def heard(self, transcript: Transcript, findings: Sequence[Finding], judged: Mapping[str, Judged]) -> Heard:
        """Return what a call tells to later ones, with what was made of it."""
        told = heard_in(transcript, findings, self.needs)
        return replace(told, checks=self.fingerprint, judged=judged_fingerprint(judged))


def _may_apply(rule: Rule, recording: Recording) -> bool:
    """Tell whether a rule is about a call as far as metadata tell: else late files would change keys for nothing."""
    by_metadata = replace(rule, applies_if=replace(rule.applies_if, rules_present=()))
    return applies(by_metadata, recording, {}) is not False
