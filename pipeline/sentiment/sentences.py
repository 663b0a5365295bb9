"""The project's own labelled sentences, from which the head is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.canonical import fingerprint
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS

SENTENCES = Path(__file__).parent / "data" / "sentences.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledSentence:
    """One sentence and how it sounds. ``role`` is who typically says it; None where either may."""

    text: str
    label: str
    role: Role | None = None


def read_sentences(path: Path = SENTENCES) -> tuple[LabelledSentence, ...]:
    """Read labelled sentences, one JSON object a line: ``text``, ``label`` and, where it is typical, ``role``.

    Other keys are ignored, so that a test set may name its source.

    Raises:
        AuthoredFileError: With every line that is no labelled sentence.
    """
    sentences: list[LabelledSentence] = []
    problems: list[Problem] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AuthoredFileError(str(path), [Problem(code="unreadable", message=type(error).__name__)]) from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                sentences.append(_sentence(json.loads(line)))
            except ValueError as error:
                problems.append(Problem(code="sentence", line=number, message=str(error)))
    if not sentences and not problems:
        problems.append(Problem(code="empty", message="the file holds no sentence"))
    if problems:
        raise AuthoredFileError(str(path), problems)
    return tuple(sentences)


def sentences_sha256(sentences: tuple[LabelledSentence, ...]) -> str:
    """Return a hash of what is learnt from: texts, labels and roles in their order."""
    data = [[sentence.text, sentence.label, sentence.role] for sentence in sentences]
    return fingerprint("sentences-1", data)


def _sentence(data: object) -> LabelledSentence:
    if not isinstance(data, dict) or not isinstance(data.get("text"), str) or not data["text"].strip():
        raise ValueError("each line must be an object with a text")
    if data.get("label") not in LABELS:
        raise ValueError(f"label must be one of {', '.join(LABELS)}")
    role = data.get("role")
    if role not in (None, Role.AGENT, Role.CUSTOMER):
        raise ValueError("role must be agent or customer, or left out")
    return LabelledSentence(text=data["text"], label=data["label"], role=Role(role) if role else None)
