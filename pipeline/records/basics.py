"""What everything else is made of: roles, severities, spans, and what made a result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who speaks."""

    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a violation or a flag matters."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A half-open stretch of the recording."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """Length of the span."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeBy:
    """What made a result: enough to tell whether it would be made the same way again.

    Attributes:
        engine: Registered name, such as ``faster-whisper``.
        version: Version of the engine's library, or of the method.
        model_sha256: Hash of the weights, or None where there are none.
        settings_sha256: Hash of the settings that bear on the result.
    """

    engine: str
    version: str
    model_sha256: str | None = None
    settings_sha256: str | None = None
