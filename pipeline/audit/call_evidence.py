"""Everything about one call that goes into a pack, as files of JSON and text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pipeline.audit.clips import clip_name, heard_spans
from pipeline.canonical import to_data
from pipeline.errors import ReportError
from pipeline.records import FactKeys, Finding, Span, Transcript
from pipeline.scorecards.render.files import safe_name
from pipeline.store.call_record import CallRecord, read_call
from pipeline.store.scores import StoredScore
from pipeline.store.steps import get_step
from pipeline.transcribe.files import to_txt, transcript_to_json

_NOT_TOLD = ("customer_ref", "media_uri", "metadata", "defects")
_TOTALS = ("share", "raw_share", "critical_share", "passed", "auto_failed_by", "assessed_share")
_PLAIN_ID = re.compile(r"c-[0-9a-f]{8,64}")
_RANK = {"critical": 0, "major": 1, "minor": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEvidence:
    """A call that can be handed on: it was judged, and what is shown of it is redacted.

    Attributes:
        keys: Under which keys the facts are stored that its score rests on; None of a call without a score.
    """

    record: CallRecord
    transcript: Transcript
    keys: FactKeys | None

    @property
    def call_id(self) -> str:
        """Its id."""
        return self.record.recording.call_id

    @property
    def folder(self) -> str:
        """Where its files lie in a pack."""
        return f"calls/{call_folder(self.call_id)}"

    @property
    def score(self) -> StoredScore | None:
        """The current score."""
        first = self.record.scores[0] if self.record.scores else None
        return first if first and first.current else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found: violations first, then what could not be told, then the rest; the gravest first."""
        return tuple(sorted(self.record.findings, key=_order))

    def spans(self) -> tuple[Span, ...]:
        """Return every part of the call that a finding asks to be heard, each once, in order of time."""
        duration_ms = self.record.recording.duration_ms
        found = {(s.start_ms, s.end_ms): s for f in self.record.findings for s in heard_spans(f, duration_ms)}
        return tuple(found[at] for at in sorted(found))


def call_folder(call_id: str) -> str:
    """Return a name for a call's own folder or file."""
    return call_id if _PLAIN_ID.fullmatch(call_id) else safe_name(call_id)


def read_evidence(connection: Connection, call_ids: Iterable[str]) -> tuple[CallEvidence, ...]:
    """Return calls that can be handed on, in the order asked for, each once.

    Raises:
        NotFoundError: There is no such call.
        ReportError: A call has not been transcribed, or its transcript was not redacted.
    """
    found: dict[str, CallEvidence] = {}
    for call_id in call_ids:
        record = read_call(connection, call_id)
        transcript, name = record.transcript, record.recording.call_id
        if transcript is None:
            why = f": {record.failure}" if record.failure else ""
            raise ReportError(f"call {name} has no transcript yet, so there is no evidence to hand out{why}")
        if not transcript.redacted:
            raise ReportError(f"call {name}: its transcript was not searched for personal data; run it again")
        current = record.scores[0] if record.scores and record.scores[0].current else None
        keys = get_step(connection, current.facts_key, FactKeys) if current else None
        found.setdefault(name, CallEvidence(record=record, transcript=transcript, keys=keys))
    return tuple(found.values())


def evidence_files(call: CallEvidence, clips: frozenset[str]) -> dict[str, str]:
    """Return a call's files by name.

    Args:
        call: The call.
        clips: Names of the clips that there are.
    """
    files = {
        "call.json": _json(_about(call)),
        "findings.json": _json([finding_data(finding, call, clips) for finding in call.findings]),
        "transcript.json": _json(transcript_to_json(call.transcript)),
        "transcript.txt": to_txt(call.transcript),
    }
    if call.score:
        totals = {name: getattr(call.score.score, name) for name in _TOTALS}
        made = {"made_at": call.score.made_at.isoformat(), "facts_key": call.score.facts_key}
        files["score.json"] = _json({**to_data(call.score.score), **totals, **made})
    return files


def finding_data(finding: Finding, call: CallEvidence, clips: frozenset[str]) -> dict[str, Any]:
    """Return a finding with what follows from it and the clips to hear."""
    names = [clip_name(span) for span in heard_spans(finding, call.record.recording.duration_ms)]
    heard = [f"clips/{name}" for name in names if name in clips]
    return {**to_data(finding), "violated": finding.violated, "probable": finding.probable, "clips": heard}


def _order(finding: Finding) -> tuple[int, int, str]:
    signal = finding.expected.value == "signal"
    unknown = finding.kind.value == "cannot_assess"
    group = 0 if finding.violated else 1 if unknown else 3 if signal else 2
    absent_signal = signal and finding.kind.value == "absent"
    return (4 if absent_signal else group, _RANK.get(finding.severity.value, len(_RANK)), finding.rule_id)


def _about(call: CallEvidence) -> dict[str, Any]:
    """Return what is known of the recording, and what judged it.

    Left out is what may name the customer: the reference, the metadata, and the path, which often holds a number.
    """
    recording = to_data(call.record.recording)
    sentiment = call.record.sentiment
    return {
        **{name: value for name, value in recording.items() if name not in _NOT_TOLD},
        "defects": [defect["code"] for defect in recording["defects"]],
        "left_out": ["customer_ref", "media_uri", "metadata"],
        "made_from": {
            "transcript": to_data(call.transcript.made_by),
            "sentiment": to_data(sentiment.made_by) if sentiment else None,
            "rules": {finding.rule_id: finding.rule_fingerprint for finding in call.findings},
            "keys": to_data(call.keys) if call.keys else None,
        },
        "older_scores": [stored.score.score_id for stored in call.record.scores if not stored.current],
    }


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
