"""Who was heard in a recording: of a party of whom nothing was, nobody can say what that party did or did not say.

A channel that recorded nothing looks like an agent who said nothing. To fail every greeting and to pass every forbidden
phrase would both be wrong answers that look sure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pipeline.records import CallFacts, Finding, FindingKind, Role, Transcript
from pipeline.score.wording import listed

_PARTIES = (Role.AGENT, Role.CUSTOMER)


def unheard_parties(transcript: Transcript) -> tuple[Role, ...]:
    """Return which of agent and customer nothing was heard of; neither where unknown speakers may be them."""
    heard = {turn.role for turn in transcript.turns if turn.words}
    return () if Role.UNKNOWN in heard else tuple(party for party in _PARTIES if party not in heard)


def nothing_heard(silent: Sequence[Role]) -> str:
    """Return in a clause that nothing was heard of these parties."""
    return f"nothing of the {listed(silent, 'or')} was heard in this recording"


def as_heard(facts: CallFacts) -> CallFacts:
    """Return facts in which no finding tells of a party's words where nothing of that party was heard."""
    silent = unheard_parties(facts.transcript)
    if not silent:
        return facts
    return dataclasses.replace(facts, findings=tuple(_as_heard(finding, silent) for finding in facts.findings))


def _as_heard(finding: Finding, silent: Sequence[Role]) -> Finding:
    shown = finding.evidence or finding.stretches or finding.calls
    role = finding.role
    if role is None or role not in silent or shown or finding.kind is FindingKind.CANNOT_ASSESS:
        return finding
    reason = f"N{nothing_heard([role])[1:]}."
    return dataclasses.replace(finding, kind=FindingKind.CANNOT_ASSESS, reason=reason)
