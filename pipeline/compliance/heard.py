"""What a call tells to the rules about calls after it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.records import Finding, FindingKind, Heard, HistoryNeeds, Role, Transcript


def heard_in(transcript: Transcript, findings: Sequence[Finding], needs: HistoryNeeds) -> Heard:
    """Return what later calls may ask about a call.

    A rule that was only *probably* said counts as not assessed: what a later call is accused of must not rest on a
    guess. Where nobody said a word nothing was asked for, whatever the rules say about silence.
    """
    spoken = any(turn.words for turn in transcript.turns)
    outcomes = dict.fromkeys(needs.rules, FindingKind.ABSENT)
    for finding in findings if spoken else ():
        if finding.rule_id in outcomes:
            outcomes[finding.rule_id] = FindingKind.CANNOT_ASSESS if finding.probable else finding.kind
    return Heard(reply_words=_reply_words(transcript), outcomes=outcomes)


def _reply_words(transcript: Transcript) -> int | None:
    """Count what the customer said once the agent had begun: the greeting of a voice mail comes before that."""
    agent = [word.start_ms for turn in transcript.turns if turn.role is Role.AGENT for word in turn.words]
    replies = [
        word
        for turn in transcript.turns
        if turn.role is Role.CUSTOMER
        for word in turn.words
        if agent and word.start_ms >= min(agent)
    ]
    if not replies and any(turn.role is Role.UNKNOWN and turn.words for turn in transcript.turns):
        return None
    return len(replies)
