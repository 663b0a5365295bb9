"""The project's own labelled sentences, from which the head is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.canonical import fingerprint
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS

SENTENCES = Path(__file__).parent / "data" / "sentences.jsonl"


BLOCKS = 5
BLOCK_SENTENCES = 20
_STRIDE = 7919  # a prime: each sentence meets another partner


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledSentence:
    """One sentence and how it sounds, or two that were joined.

    Attributes:
        text: As it is said or typed.
        label: One of `LABELS`.
        role: Who typically says it; None where either may.
        made_of: Positions of the sentences that were joined; empty where it was written as it stands.
    """

    text: str
    label: str
    role: Role | None = None
    made_of: tuple[int, ...] = ()


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
    """Return a hash of the written sentences: texts, labels and roles in their order."""
    data = [[sentence.text, sentence.label, sentence.role] for sentence in sentences]
    return fingerprint("sentences-1", data)


def block_of(position: int) -> int:
    """Return which of `BLOCKS` parts a sentence is in: neighbours are pairs of like wording and stay together."""
    return position // BLOCK_SENTENCES % BLOCKS


def joined(sentences: Sequence[LabelledSentence]) -> tuple[LabelledSentence, ...]:
    """Return customers' turns of two sentences, made of written ones: most turns hold more than one.

    Every second sentence is joined with a neutral one, before or after it, and keeps its label; every fifth complaint
    follows something kind and stays a complaint: thanks do not settle what is still broken. Partners are of one block,
    so that neither half of a turn is learnt from where the other is tested.
    """
    turns: list[LabelledSentence] = []
    for block in range(BLOCKS):
        chosen = [i for i, each in enumerate(sentences) if each.role is not Role.AGENT and block_of(i) == block]
        neutral, kind, bad = ([i for i in chosen if sentences[i].label == label] for label in _PARTNERS)
        pairs = [_pair(i, neutral[i * _STRIDE % len(neutral)]) for i in chosen[::2] if neutral]
        pairs += [(kind[i * _STRIDE % len(kind)], i) for i in bad[::5] if kind]
        for first, second in pairs:
            labels = {sentences[first].label, sentences[second].label}
            label = next(label for label in ("negative", "positive", "neutral") if label in labels)
            text = f"{sentences[first].text} {sentences[second].text}"
            turns.append(LabelledSentence(text=text, label=label, role=Role.CUSTOMER, made_of=(first, second)))
    return tuple(turns)


_PARTNERS = ("neutral", "positive", "negative")


def _pair(position: int, partner: int) -> tuple[int, int]:
    return (position, partner) if (position // 2) % 2 else (partner, position)


def _sentence(data: object) -> LabelledSentence:
    if not isinstance(data, dict) or not isinstance(data.get("text"), str) or not data["text"].strip():
        raise ValueError("each line must be an object with a text")
    if data.get("label") not in LABELS:
        raise ValueError(f"label must be one of {', '.join(LABELS)}")
    role = data.get("role")
    if role not in (None, Role.AGENT, Role.CUSTOMER):
        raise ValueError("role must be agent or customer, or left out")
    return LabelledSentence(text=data["text"], label=data["label"], role=Role(role) if role else None)
