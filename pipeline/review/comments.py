"""Comments as they are kept."""

from __future__ import annotations

from datetime import datetime

from pipeline.errors import ReviewError
from pipeline.records.comments import Comment
from pipeline.review.wording import checked_name, checked_reason, made_id


def make_comment(
    call_id: str, text: str, *, by: str, now: datetime, criterion_id: str | None = None, at_ms: int | None = None
) -> Comment:
    """Return a comment on a call, one of its questions or a moment of it.

    Raises:
        ReviewError: There is nothing in it, or name or text cannot be kept.
    """
    if not text.strip():
        raise ReviewError("the comment is empty: write what the next reader should know")
    name, told = checked_name(by), checked_reason(text)
    about = {"call": call_id, "criterion": criterion_id, "at_ms": at_ms}
    return Comment(
        comment_id=made_id("cm-", **about, text=told, by=name, at=now.isoformat()),
        call_id=call_id,
        criterion_id=criterion_id,
        at_ms=at_ms,
        text=told,
        written_by=name,
        written_at=now,
    )
