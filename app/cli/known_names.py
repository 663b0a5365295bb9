"""Filters that name something must name something that there is: zero results look like an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import AuthoredFileError, UnknownNameError
from pipeline.score.rubrics import load_rubrics

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.config import Settings
    from pipeline.records import Rubric
    from pipeline.store.known_names import Subject


def require_known(connection: Connection, settings: Settings, **asked: str | None) -> None:
    """Refuse filters that name a queue, team, agent or rubric that there is not.

    A queue or rubric that stands in the rubrics' folder is known, whether or not it has calls.

    Args:
        connection: Where the calls are.
        settings: Where the rubrics lie.
        asked: Names by ``queue``, ``team``, ``agent`` or ``rubric``; None for no such filter.

    Raises:
        UnknownNameError: With those that there are, the nearest first.
    """
    from pipeline.store.known_names import known_names  # noqa: PLC0415 - a second of imports

    subjects: tuple[Subject, ...] = ("queue", "team", "agent", "rubric")
    for subject in subjects:
        name = asked.get(subject)
        if name is None:
            continue
        known = known_names(connection, subject)
        if name not in known and subject in ("queue", "rubric"):
            rubrics = _rubrics(settings)
            known |= {rubric.id for rubric in rubrics} if subject == "rubric" else _queues(rubrics, known)
        if name not in known:
            raise UnknownNameError(subject, name, known)


def _queues(rubrics: tuple[Rubric, ...], borne: set[str]) -> set[str]:
    """Return the queues that rubrics name, but for those that calls bear in other capitals, which a filter needs."""
    folded = {queue.casefold() for queue in borne}
    return {queue for rubric in rubrics for queue in rubric.queues if queue.casefold() not in folded}


def _rubrics(settings: Settings) -> tuple[Rubric, ...]:
    try:
        return load_rubrics(settings.score.rubrics_dir)
    except AuthoredFileError:
        return ()  # whoever looks at calls need not mend rubrics first; what calls bear is known
