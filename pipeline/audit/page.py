"""What people read of an audit: the page of a pack and the page of a report. No script, nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.audit.call_evidence import CallEvidence
from pipeline.audit.clips import clip_name, heard_spans
from pipeline.audit.report import AuditReport, RuleLine
from pipeline.audit.wording import REQUIRED, finding_in_words
from pipeline.clock import clock
from pipeline.records import Evidence, Expectation, Finding, FindingKind, Severity, Turn
from pipeline.scorecards import words
from pipeline.scorecards.render.files import safe_name

_HERE = Path(__file__).resolve().parent
_TEMPLATES = (_HERE / "templates", _HERE.parent / "scorecards" / "templates")  # the styles are the scorecards'

EXPECTED = {"present": "required", "absent": "prohibited", "signal": "a signal, neither good nor bad"}


@dataclass(frozen=True, kw_only=True)
class FindingView:
    """A finding with its clips (path by what it lets hear) and the file of its rule."""

    finding: Finding
    outcome: str
    style: str
    clips: tuple[tuple[str, str], ...]
    rule_file: str | None


@dataclass(frozen=True, kw_only=True)
class TurnView:
    """A turn with its evidence marked."""

    turn: Turn
    text: Markup


@dataclass(frozen=True, kw_only=True)
class CallView:
    """A call as the page shows it."""

    call: CallEvidence
    folder: str
    shown: tuple[FindingView, ...]
    quiet: tuple[FindingView, ...]
    turns: tuple[TurnView, ...]
    rubric_file: str | None
    violations: int
    critical: int
    unknown: int


@dataclass(frozen=True, kw_only=True)
class SubjectCall:
    """A call in a copy of what is kept about somebody, with the paths of its sound and transcript.

    Attributes:
        share: Of its score, 0..1; None where there is none to tell.
    """

    call_id: str
    started_at: datetime | None
    queue: str | None
    sound: str | None
    transcript: str | None
    share: float | None


def pack_page(
    calls: Sequence[CallEvidence],
    clips: Mapping[str, frozenset[str]],
    *,
    rules: Mapping[tuple[str, str], str],
    rubrics: Mapping[tuple[str, str], str],
    notes: Sequence[str],
    made_at: datetime,
    version: str,
) -> str:
    """Return the page of a pack.

    Args:
        calls: In the order asked for.
        clips: Names of the clips that there are, by call.
        rules: File of each rule by id and fingerprint.
        rubrics: Likewise.
        notes: What is missing or not as it should be.
        made_at: When the pack is made.
        version: Of Earmark.
    """
    views = [_call_view(call, clips[call.call_id], rules, rubrics) for call in calls]
    template = _environment().get_template("pack.html.j2")
    packed = {call.call_id for call in calls}
    return template.render(calls=views, packed=packed, notes=notes, made_at=made_at, version=version)


def subject_page(
    subject: str,
    calls: Sequence[SubjectCall],
    tables: Sequence[tuple[str, int, str]],
    *,
    basis: str,
    notes: Sequence[str],
    made_at: datetime,
    version: str,
) -> str:
    """Return the first page of a copy of what is kept about somebody.

    Args:
        subject: Of whom, in words.
        calls: In order of time.
        tables: Of each kind of record the name of its file, how many there are, and what they are in words.
        basis: Why the copy is made.
        notes: What is not in it.
        made_at: When it is made.
        version: Of Earmark.
    """
    template = _environment().get_template("subject.html.j2")
    return template.render(
        subject=subject, calls=calls, tables=tables, basis=basis, notes=notes, made_at=made_at, version=version
    )


def report_page(report: AuditReport) -> str:
    """Return the report on rules as a page."""
    return _environment().get_template("report.html.j2").render(report=report, interval=_interval)


def _interval(report: AuditReport, line: RuleLine) -> str:
    """Return an interval in words, or why there is none."""
    share = line.adherence or line.rate
    if share is not None:
        return f"{words.percent(share.low)} to {words.percent(share.high)}"
    return words.too_few(line.assessed, report.min_calls) if line.assessed else "none assessed"


def _call_view(
    call: CallEvidence,
    clips: frozenset[str],
    rules: Mapping[tuple[str, str], str],
    rubrics: Mapping[tuple[str, str], str],
) -> CallView:
    folder = call.folder
    views = [_finding_view(finding, call, clips, folder, rules) for finding in call.findings]
    quotes = [quote for finding in call.record.findings for quote in finding.evidence]
    score = call.score.score if call.score else None
    return CallView(
        call=call,
        folder=folder,
        shown=tuple(view for view in views if view.style != "quiet"),
        quiet=tuple(view for view in views if view.style == "quiet"),
        turns=tuple(TurnView(turn=turn, text=_marked(turn, quotes)) for turn in call.transcript.turns),
        rubric_file=rubrics.get((score.rubric_id, score.rubric_fingerprint)) if score else None,
        violations=sum(finding.violated for finding in call.findings),
        critical=sum(finding.violated and finding.severity is Severity.CRITICAL for finding in call.findings),
        unknown=sum(finding.kind.value == "cannot_assess" for finding in call.findings),
    )


def _finding_view(
    finding: Finding,
    call: CallEvidence,
    clips: frozenset[str],
    folder: str,
    rules: Mapping[tuple[str, str], str],
) -> FindingView:
    required = REQUIRED.get((finding.expected.value, finding.kind.value))
    spans = heard_spans(finding, call.record.recording.duration_ms)
    named = [(f"{clock(span.start_ms)} to {clock(span.end_ms)}", clip_name(span)) for span in spans]
    return FindingView(
        finding=finding,
        outcome=", ".join(filter(None, [finding_in_words(finding), required])),
        style=_style(finding),
        clips=tuple((times, f"{folder}/clips/{name}") for times, name in named if name in clips),
        rule_file=rules.get((finding.rule_id, finding.rule_fingerprint)),
    )


def _style(finding: Finding) -> str:
    if finding.kind is FindingKind.CANNOT_ASSESS:
        return "unknown"
    if finding.expected is Expectation.SIGNAL:
        return "seen" if finding.kind is FindingKind.PRESENT else "quiet"
    if finding.violated:
        return "bad"
    return "unknown" if finding.probable else "ok"


def _marked(turn: Turn, quotes: Sequence[Evidence]) -> Markup:
    """Return a turn's text with every character that is evidence in a mark."""
    text = turn.text
    quoted = [False] * len(text)
    for quote in quotes:
        if quote.turn_index == turn.index:
            for at in range(max(0, quote.char_start), min(len(text), quote.char_end)):
                quoted[at] = True
    parts: list[Markup] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or quoted[at] != quoted[start]:
            part = escape(text[start:at])
            parts.append(Markup("<mark>{}</mark>").format(part) if quoted[start] else part)
            start = at
    return Markup("").join(parts)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock
    environment.filters["percent"] = words.percent
    environment.filters["count"] = words.count
    environment.filters["moment"] = _moment
    environment.filters["anchor"] = safe_name
    environment.globals["expected"] = EXPECTED
    return environment


def _moment(value: datetime | None) -> str:
    """Return ``5 Oct 2026, 13:30:05 UTC``."""
    return "time unknown" if value is None else f"{words.day(value.date())}, {value:%H:%M:%S} UTC"
