"""What happened in a call and when, as marks on its timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.records import Evidence, Expectation, Finding, Flag, PartySentiment, Transcript, TurningPoint
from pipeline.score.readings import said
from pipeline.score.wording import signed
from pipeline.store.call_record import CallRecord

SIGNS = {
    "!": ("bold red", "flag"),
    "▼": ("red", "turns negative"),
    "▲": ("green", "turns positive"),
    "x": ("red", "broken rule"),
    "*": ("yellow", "signal"),
    "+": ("dim", "said as it should be"),
}
"""Every sign with its colour and what it means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A moment of a call with a sign, and what happened in words."""

    at_ms: int
    sign: str
    what: str

    @property
    def style(self) -> str:
        """The sign's colour; the sign itself says it too."""
        return SIGNS[self.sign][0]


def marks_of(call: CallRecord, transcript: Transcript, party: PartySentiment | None) -> tuple[Mark, ...]:
    """Return what a person may want to hear, in order of time: flags, turning points, findings.

    A finding that a flag is about has the flag's mark only; what was not said happened nowhere and has no mark.
    """
    flagged = {flag.rule_id for flag in call.flags}
    marks = [mark for flag in call.flags for mark in _flag(flag)]
    if party:
        marks += [_turn(point, party, call, transcript) for point in party.turning_points or ()]
    marks += [mark for finding in call.findings if finding.rule_id not in flagged for mark in _finding(finding)]
    return tuple(sorted(marks, key=lambda mark: mark.at_ms))


def _flag(flag: Flag) -> Iterator[Mark]:
    if flag.evidence:
        first = min(flag.evidence, key=lambda quote: quote.start_ms)
        what = f"{flag.severity.value} {flag.code}: {_quoted(first)}"
        yield Mark(at_ms=first.start_ms, sign="!", what=what)


def _turn(point: TurningPoint, party: PartySentiment, call: CallRecord, transcript: Transcript) -> Mark:
    falls = point.direction == "negative"
    readings = call.sentiment.readings if call.sentiment else ()
    here = [r for r in readings if (r.role, r.turn_index, r.start_ms) == (party.role, point.turn_index, point.start_ms)]
    levels = f"{signed(point.level_before)} to {signed(point.level)}"
    words = " ".join(_quoted(quote) for reading in here for quote in said(transcript, reading))
    return Mark(
        at_ms=point.start_ms,
        sign="▼" if falls else "▲",
        what=f"{party.role.value} turns {point.direction} ({levels}): {words}",
    )


def _finding(finding: Finding) -> Iterator[Mark]:
    if finding.evidence:
        first = finding.evidence[0]
        sign = "x" if finding.violated else "*" if finding.expected is Expectation.SIGNAL else "+"
        probably = " (probably)" if finding.probable else ""
        yield Mark(at_ms=first.start_ms, sign=sign, what=f"{finding.title}{probably}: {_quoted(first)}")


def _quoted(quote: Evidence) -> str:
    return f"“{quote.quote}”"
