"""The ways to find disclosures, all with one face: rules in, and out comes what judges a call.

Earmark gets a rule pack with nothing in it but the wordings.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.rules.alternatives import cosine, exact, partial_ratio, phrase_matcher, token_window
from benchmarks.rules.material import PROBABLE, SURE, Disclosure, Judge, Segment
from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader
from pipeline.compliance.packs import load_pack
from pipeline.compliance.rule import Rule
from pipeline.config import ComplianceSettings
from pipeline.records import Finding, FindingKind, MadeBy, Recording, Role, Transcript, Turn, Word

MS_PER_WORD, MS_BETWEEN_TURNS = 300, 500


def earmark(disclosures: Sequence[Disclosure]) -> Judge:
    """Return Earmark with rules that have plain wordings and nothing else."""
    rules = plain_rules(disclosures)
    reader = MeaningReader()
    return lambda segments: tiers(found(segments, rules, reader))


def plain_rules(disclosures: Sequence[Disclosure]) -> tuple[Rule, ...]:
    """Return the rules of a pack as a user would write it: a title, and the wordings."""
    rules = [
        {
            "id": disclosure.id,
            "title": disclosure.title,
            "severity": "major",
            "expect": "present",
            "speaker": "agent",
            "phrases": list(disclosure.wordings),
        }
        for disclosure in disclosures
    ]
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "plain.yaml"
        # JSON is YAML, too
        pack.write_text(json.dumps({"pack": "plain", "rules": rules}), encoding="utf-8")
        return load_pack(pack)


def found(segments: Sequence[Segment], rules: Sequence[Rule], reader: MeaningReader) -> tuple[Finding, ...]:
    """Return Earmark's findings on a call: the only place that calls it."""
    transcript = as_transcript(segments)
    recording = Recording(
        call_id="call",
        sha256="0" * 64,
        media_uri="call.wav",
        duration_ms=transcript.duration_ms,
        sample_rate_hz=8000,
        channels=2,
    )
    return detect(transcript, recording, rules, ComplianceSettings(), reader)


def tiers(findings: Sequence[Finding]) -> dict[str, str]:
    """Return the rules that were found, and how surely."""
    return {
        finding.rule_id: PROBABLE if finding.probable else SURE
        for finding in findings
        if finding.kind is FindingKind.PRESENT
    }


def as_transcript(segments: Sequence[Segment]) -> Transcript:
    """Return segments as turns one after the other, at 200 words a minute."""
    turns: list[Turn] = []
    for index, segment in enumerate(segments):
        start_ms = turns[-1].end_ms + MS_BETWEEN_TURNS if turns else 0
        words = tuple(
            Word(
                text=text,
                start_ms=start_ms + i * MS_PER_WORD,
                end_ms=start_ms + (i + 1) * MS_PER_WORD,
                confidence=0.9,
            )
            for i, text in enumerate(segment.text.split())
        )
        turns.append(
            Turn(
                index=index,
                channel=0 if segment.role is Role.AGENT else 1,
                role=segment.role,
                start_ms=start_ms,
                end_ms=words[-1].end_ms,
                words=words,
                role_confidence=1.0,
            )
        )
    return Transcript(
        call_id="call",
        language="en",
        duration_ms=turns[-1].end_ms,
        turns=tuple(turns),
        made_by=MadeBy(engine="benchmark", version="1"),
        redacted=True,
    )


# what each method is called in the tables
METHODS: Mapping[str, Callable[[Sequence[Disclosure]], Judge]] = {
    "Earmark": earmark,
    "exact substring": exact,
    "spaCy PhraseMatcher": phrase_matcher,
    "rapidfuzz partial ratio": partial_ratio,
    "rapidfuzz token set, window": token_window,
    "MiniLM cosine, per turn": cosine,
}
