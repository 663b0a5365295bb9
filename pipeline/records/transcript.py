"""Who said what and when."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.records.basics import MadeBy, Role, Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One spoken word with its punctuation.

    ``heard`` is what was recognised, where the vocabulary put another word in its place; None elsewhere.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    heard: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What one speaker says before another speaks or a pause ends it.

    ``text`` is always the words joined by single spaces, so that a character offset leads to a word and its time.
    """

    index: int
    channel: int
    role: Role
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]
    role_confidence: float | None = None

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float | None:
        """Mean word confidence, or None where no word has one."""
        known = [word.confidence for word in self.words if word.confidence is not None]
        return sum(known) / len(known) if known else None


REDACTION_KINDS = (
    "card_number",
    "security_code",
    "social_security_number",
    "account_number",
    "phone_number",
    "email_address",
    "date_of_birth",
    "person_name",
    "address",
)
"""Kinds of personal data that are masked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Redaction:
    """Where personal data was spoken. What was said is kept nowhere.

    The turn holds ``[kind]`` as one word from ``start_ms`` to ``end_ms``.
    """

    kind: str
    turn_index: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """What the recogniser wrote and Earmark left out, because nobody said it or because it stands elsewhere.

    Attributes:
        reason: Stable code: ``no_speech``, ``loop``, ``phantom_phrase``, ``weak_evidence`` or ``leak``.
    """

    channel: int
    start_ms: int
    end_ms: int
    text: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """Who said what and when, turns in order of their start.

    Attributes:
        language_confidence: How sure the language is (0..1); None where it was set or nothing was said.
        dropped: What was recognised and left out, in order of time.
        overlaps: Stretches of a mono recording in which both parties speak, whose words are less sure.
    """

    call_id: str
    language: str
    duration_ms: int
    turns: tuple[Turn, ...]
    made_by: MadeBy
    redacted: bool = False
    redactions: tuple[Redaction, ...] = ()
    language_confidence: float | None = None
    dropped: tuple[Dropped, ...] = ()
    overlaps: tuple[Span, ...] = ()

    @property
    def confidence(self) -> float | None:
        """Mean word confidence over the call, or None where no word has one."""
        known = [word.confidence for turn in self.turns for word in turn.words if word.confidence is not None]
        return sum(known) / len(known) if known else None
