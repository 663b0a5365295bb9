"""Make a small call of a case: words of equal length, a line half a second after the one before."""

from __future__ import annotations

from dataclasses import replace

from pipeline.compliance.cases import AuthoredCall, Case, Line
from pipeline.compliance.rule import Rule
from pipeline.records import MadeBy, Recording, Role, Transcript, Turn, Word

MS_PER_WORD, MS_BETWEEN_LINES = 300, 500
_MADE_BY = MadeBy(engine="cases", version="1")


def transcript_of(case: Case) -> Transcript:
    """Return a case as a transcript, not redacted yet; a line with a time of its own begins there."""
    turns: list[Turn] = []
    for line in case.lines:
        follows_ms = turns[-1].end_ms + MS_BETWEEN_LINES if turns else 0
        turns.append(_turn(line, follows_ms if line.start_ms is None else line.start_ms, case.call))
    last_ms = max(turn.end_ms for turn in turns)
    duration_ms = last_ms if case.call.duration_s is None else max(last_ms, round(case.call.duration_s * 1000))
    return Transcript(
        call_id="case",
        language=case.call.language,
        duration_ms=duration_ms,
        turns=tuple(replace(turn, index=i) for i, turn in enumerate(sorted(turns, key=lambda turn: turn.start_ms))),
        made_by=_MADE_BY,
        redacted=False,
    )


def _turn(line: Line, start_ms: int, call: AuthoredCall) -> Turn:
    texts = line.words.split()
    words = tuple(
        Word(
            text=text,
            start_ms=start_ms + i * MS_PER_WORD,
            end_ms=start_ms + (i + 1) * MS_PER_WORD,
            confidence=call.confidence,
        )
        for i, text in enumerate(texts)
    )
    return Turn(
        index=0,
        channel=1 if line.speaker is Role.CUSTOMER else 0,
        role=line.speaker,
        role_confidence=1.0,
        start_ms=start_ms,
        end_ms=words[-1].end_ms,
        words=words,
    )


def recording_of(case: Case, rule: Rule, duration_ms: int) -> Recording:
    """Return the call of a case; what it leaves out is as the rule wants it, so that the rule applies."""
    about, call = rule.applies_if, case.call
    return Recording(
        call_id="case",
        sha256="",
        media_uri="",
        duration_ms=duration_ms,
        sample_rate_hz=8000,
        channels=2,
        queue=call.queue or next(iter(about.queues), None),
        direction=call.direction or next(iter(about.directions), None),
        team=call.team or next(iter(about.teams), None),
        metadata=call.metadata,
    )
