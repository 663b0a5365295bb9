"""Answers of people that do not count any more because their question asks something else in the score that counts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, select

from pipeline.store.score_batches import Choice
from pipeline.store.tables import criterion_results, current_scores, reviews
from pipeline.store.wanted_calls import in_batches


def dropped_answers(connection: Connection, choices: Sequence[Choice]) -> tuple[tuple[str, str], ...]:
    """Return the questions (call id, criterion id) that people had answered and that ask something else now, in order.

    Blind answers of calibration sessions are none: they never count for a score.

    Args:
        connection: In the transaction in which `make_current` made the choices.
        choices: Those that it could not make are passed over.
    """
    found: list[tuple[str, str]] = []
    for some in in_batches(choices):
        old, new, person = criterion_results.alias(), criterion_results.alias(), reviews.c
        statement = (
            select(person.call_id, person.criterion_id)
            .distinct()
            .join(current_scores, current_scores.c.call_id == person.call_id)
            .join(old, and_(old.c.criterion_id == person.criterion_id, old.c.asked == person.asked))
            .join(new, and_(new.c.criterion_id == person.criterion_id, new.c.score_id == current_scores.c.score_id))
            .where(
                person.session_id.is_(None),
                person.call_id.in_([choice.call_id for choice in some]),
                old.c.score_id.in_([choice.instead_of for choice in some if choice.instead_of is not None]),
                new.c.score_id.in_([choice.score_id for choice in some]),
                new.c.asked != person.asked,
            )
        )
        found += [(row.call_id, row.criterion_id) for row in connection.execute(statement)]
    return tuple(sorted(found))
