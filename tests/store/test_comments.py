"""Comments on calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from pipeline.errors import ReviewError
from pipeline.review.comments import make_comment
from pipeline.store.comments import comments_of_call, put_comment
from tests.store.builders import NOW, taken_in


def test_comments_of_a_call_come_oldest_first_and_no_others(connection: Connection) -> None:
    for call_id in ("c-0001", "c-0002"):
        taken_in(connection, call_id)
    later = make_comment("c-0001", "second", by="ann", now=NOW + timedelta(hours=1), at_ms=1500)
    first = make_comment("c-0001", " first ", by="Bob  B.", now=NOW, criterion_id="greeting")
    other = make_comment("c-0002", "elsewhere", by="ann", now=NOW)
    assert all(put_comment(connection, each) for each in (later, first, other))
    assert comments_of_call(connection, "c-0001") == [first, later]
    assert (first.text, first.criterion_id, later.at_ms) == ("first", "greeting", 1500)


def test_comment_that_is_sent_twice_is_kept_once(connection: Connection) -> None:
    taken_in(connection)
    comment = make_comment("c-0001", "once", by="ann", now=NOW)
    assert put_comment(connection, comment)
    assert not put_comment(connection, comment)
    assert comments_of_call(connection, "c-0001") == [comment]


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "a\x00b", "x" * 2001])
def test_comment_that_nobody_could_read_is_refused(text: str) -> None:
    with pytest.raises(ReviewError):
        make_comment("c-0001", text, by="ann", now=NOW)
