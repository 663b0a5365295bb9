"""What people note about a call for each other, beside answers and their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """A note about a call, a question or a moment. Those whose call it is do not see it.

    Attributes:
        criterion_id: The question that it is about; None for the call.
        at_ms: The moment of the recording that it is about; None for none.
    """

    comment_id: str
    call_id: str
    text: str
    written_by: str
    written_at: datetime
    criterion_id: str | None = None
    at_ms: int | None = None
