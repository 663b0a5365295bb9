"""What rules found in a call, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.cli import show
from pipeline.audit.wording import finding_in_words
from pipeline.canonical import to_data
from pipeline.clock import clock
from pipeline.records import Finding, FindingKind


def print_findings(call_id: str, findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the findings of one call; as JSON on one line."""
    if as_json:
        print(
            show.plain(
                json.dumps({"call_id": call_id, "findings": [finding_to_json(f) for f in findings]}, ensure_ascii=False)
            )
        )
        return
    show.say(call_id)
    columns = [("Rule", "left"), ("Outcome", "left"), ("At", "right"), ("Why", "left")]
    show.table(columns, [(f.rule_id, _outcome(f), _at(f), f.reason) for f in findings])


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data, with its tier: ``said``, ``probably_said``, or None of what was not said."""
    said = finding.kind is FindingKind.PRESENT and finding.evidence
    tier = None if not said else "probably_said" if finding.probable else "said"
    return {**to_data(finding), "tier": tier, "violated": finding.violated}


def _outcome(finding: Finding) -> str:
    outcome = finding_in_words(finding)
    prohibited = finding.violated and finding.kind is FindingKind.PRESENT
    return f"{outcome} (not allowed)" if prohibited else outcome


def _at(finding: Finding) -> str:
    spans = [*(quote.start_ms for quote in finding.evidence), *(span.start_ms for span in finding.stretches)]
    return clock(min(spans)) if spans else ""
