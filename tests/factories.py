"""Records for tests: say only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pipeline.records import (
    CallFacts,
    CallSentiment,
    Evidence,
    Expectation,
    Finding,
    FindingKind,
    MadeBy,
    Measures,
    PartySentiment,
    Recording,
    Role,
    Severity,
    Transcript,
    Turn,
    Word,
)

MADE_BY = MadeBy(engine="scripted", version="1")


def recording(**changes: Any) -> Recording:
    """A stereo minute of Maria's on the bank's queue."""
    given: dict[str, Any] = {
        "call_id": "c-0001",
        "sha256": "0" * 64,
        "media_uri": "calls/one.wav",
        "duration_ms": 60_000,
        "sample_rate_hz": 8000,
        "channels": 2,
        "started_at": datetime(2026, 10, 5, 13, 30, tzinfo=UTC),
        "agent_id": "maria.lopez",
        "team": "north",
        "queue": "bank_support",
        "direction": "inbound",
    }
    return Recording(**{**given, **changes})


def words(text: str, *, start_ms: int = 0, ms_per_word: int = 300, confidence: float | None = 0.9) -> tuple[Word, ...]:
    """The words of a text, one after the other at an even pace."""
    return tuple(
        Word(
            text=word,
            start_ms=start_ms + i * ms_per_word,
            end_ms=start_ms + (i + 1) * ms_per_word,
            confidence=confidence,
        )
        for i, word in enumerate(text.split())
    )


def turn(role: Role | str, text: str, *, index: int = 0, start_ms: int = 0, **changes: Any) -> Turn:
    """A turn at an even pace of 300 ms a word; the agent is on channel 0, anybody else on channel 1."""
    spoken = words(text, start_ms=start_ms, confidence=changes.pop("confidence", 0.9))
    given: dict[str, Any] = {
        "index": index,
        "channel": 0 if role == "agent" else 1,
        "role": Role(role),
        "role_confidence": 1.0,
        "start_ms": start_ms,
        "end_ms": spoken[-1].end_ms if spoken else start_ms,
        "words": spoken,
    }
    return Turn(**{**given, **changes})


def transcript(*lines: tuple[str, str] | tuple[str, str, int], **changes: Any) -> Transcript:
    """A transcript of (role, text[, start_ms]) lines; without a start, a line begins 500 ms after the last ends."""
    turns: list[Turn] = []
    for i, line in enumerate(lines):
        start_ms = line[2] if len(line) == 3 else (turns[-1].end_ms + 500 if turns else 0)
        turns.append(turn(line[0], line[1], index=i, start_ms=start_ms))
    given: dict[str, Any] = {
        "call_id": "c-0001",
        "language": "en",
        "duration_ms": max([60_000, *(t.end_ms for t in turns)]),
        "turns": tuple(turns),
        "made_by": MADE_BY,
        "redacted": True,
    }
    return Transcript(**{**given, **changes})


def evidence(**changes: Any) -> Evidence:
    """A quote of the agent's."""
    given: dict[str, Any] = {
        "turn_index": 0,
        "role": Role.AGENT,
        "start_ms": 0,
        "end_ms": 1500,
        "char_start": 0,
        "char_end": 5,
        "quote": "hello",
        "confidence": 0.9,
    }
    return Evidence(**{**given, **changes})


def finding(rule_id: str = "recording-notice", kind: str = "present", **changes: Any) -> Finding:
    """The outcome of a rule that wants its words said."""
    given: dict[str, Any] = {
        "rule_id": rule_id,
        "rule_fingerprint": "rule-1:0",
        "title": rule_id.replace("-", " ").capitalize(),
        "severity": Severity.MAJOR,
        "expected": Expectation.PRESENT,
        "kind": FindingKind(kind),
        "role": Role.AGENT,
        "reason": f"{kind} in the test",
        "evidence": (evidence(),) if kind == "present" else (),
    }
    return Finding(**{**given, **changes})


def sentiment(**by_role: Any) -> CallSentiment:
    """Sentiment with party figures: ``sentiment(customer={"overall": -0.2})``."""
    parties = tuple(
        PartySentiment(role=Role(role), **{"quarters": (None, None, None, None), **figures})
        for role, figures in by_role.items()
    )
    return CallSentiment(readings=(), parties=parties, made_by=MADE_BY)


def measures(**changes: Any) -> Measures:
    """Measures of an unremarkable minute."""
    return Measures(**{"duration_ms": 60_000, "speech_ms": 45_000, **changes})


def facts(*findings: Finding, **changes: Any) -> CallFacts:
    """Everything a criterion may look at."""
    given: dict[str, Any] = {
        "recording": recording(),
        "transcript": transcript(("agent", "hello this is harbour bank"), ("customer", "hello i lost my card")),
        "findings": findings,
        "sentiment": sentiment(),
        "measures": measures(),
    }
    return CallFacts(**{**given, **changes})
