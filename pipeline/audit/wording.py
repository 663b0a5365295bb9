"""What became of a rule, in words that are true of words, of silences and of calls alike."""

from __future__ import annotations

from pipeline.records import Finding, FindingKind

REQUIRED = {
    ("present", "present"): "as required",
    ("present", "absent"): "though required",
    ("absent", "present"): "though prohibited",
    ("absent", "absent"): "as it must be",
}
"""What to add to an outcome, by what the rule expects and what was found; nothing of signals and unknown outcomes."""


def outcome_in_words(kind: str, *, quotes: int, stretches: int, calls: int, probable: bool) -> str:
    """Return an outcome: only what has quotes was said; dead air, hours and too many calls are present.

    Nothing tells of an absent rule that it looked for words, so it is absent, and not unsaid.

    Args:
        kind: ``present``, ``absent`` or ``cannot_assess``.
        quotes: How many quotes prove it.
        stretches: How many parts of the call without words prove it.
        calls: How many earlier calls prove it.
        probable: Whether it was found by meaning only.
    """
    if kind != FindingKind.PRESENT.value:
        return "absent" if kind == FindingKind.ABSENT.value else "cannot be told"
    if quotes:
        return "probably said" if probable else "said"
    return "present with earlier calls" if calls and not stretches else "present"


def finding_in_words(finding: Finding) -> str:
    """Return a finding's outcome: said, probably said, present, present with earlier calls, absent, cannot be told."""
    return outcome_in_words(
        finding.kind.value,
        quotes=len(finding.evidence),
        stretches=len(finding.stretches),
        calls=len(finding.calls),
        probable=finding.probable,
    )
