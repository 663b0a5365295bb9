"""What became of a check of calls."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.records import FindingKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """The outcome of a check: ``present`` is a violation.

    Attributes:
        reason: One plain clause, in lower case and without a full stop, free of personal data.
        calls: Ids of the earlier calls that prove it, in order of time.
    """

    kind: FindingKind
    reason: str
    calls: tuple[str, ...] = ()


def cannot_tell(reason: str) -> Judged:
    """Return that it cannot be assessed, and why."""
    return Judged(kind=FindingKind.CANNOT_ASSESS, reason=reason)
