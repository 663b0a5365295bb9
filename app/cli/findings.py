"""What rules found in a call, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.cli import show
from pipeline.canonical import to_data
from pipeline.clock import clock
from pipeline.records import Finding, FindingKind

_IN_WORDS = {FindingKind.ABSENT: "absent", FindingKind.CANNOT_ASSESS: "cannot assess"}


def print_findings(call_id: str, findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the findings of one call; as JSON on one line."""
    if as_json:
        print(json.dumps({"call_id": call_id, "findings": [finding_to_json(f) for f in findings]}, ensure_ascii=False))
        return
    show.say(call_id)
    columns = [("Rule", "left"), ("Outcome", "left"), ("At", "right"), ("Why", "left")]
    show.table(columns, [(f.rule_id, _outcome(f), _at(f), f.reason) for f in findings])


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data, with its tier: ``said``, ``probably_said`` or None."""
    said = finding.kind is FindingKind.PRESENT
    tier = None if not said else "probably_said" if finding.probable else "said"
    return {**to_data(finding), "tier": tier, "violated": finding.violated}


def _outcome(finding: Finding) -> str:
    if finding.kind is not FindingKind.PRESENT:
        return _IN_WORDS[finding.kind]
    outcome = "probably said" if finding.probable else "said" if finding.evidence else "present"
    return f"{outcome} (not allowed)" if finding.violated else outcome


def _at(finding: Finding) -> str:
    spans = [*(quote.start_ms for quote in finding.evidence), *(span.start_ms for span in finding.stretches)]
    return clock(min(spans)) if spans else ""
