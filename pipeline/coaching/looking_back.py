"""All sessions looked back on: after how many of them the question went better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.coaching.effect import BeforeAfter, before_and_after
from pipeline.config import CoachingSettings
from pipeline.records import CoachedQuestion, Interval, Scope
from pipeline.scorecards.statistics import wilson
from pipeline.store.coaching import SessionRow
from pipeline.store.coaching_answers import QuestionNow


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachedSince:
    """One question of one session; ``found`` is None where no score asks the question any more."""

    row: SessionRow
    question: CoachedQuestion
    title: str
    found: BeforeAfter | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LookingBack:
    """Sessions as a whole. An agent coached several times on a question counts once, by the first session that tells.

    Attributes:
        each: Every question of every session, the latest session first.
        counted: Those behind the figures: of each agent and question the first that tells a change, the latest first.
        told: How many pairs of agent and question have a change that can be told.
        better: Share of those after which more was passed than before, with its Wilson interval; None: there are none.
        clearly_better: How many of those whose interval lies above no change.
        clearly_worse: How many whose interval lies below it.
        beside_others: Share of those that stand beside uncoached agents of the team who gained more than these.
        beside_alike: The same beside uncoached agents who had missed it as often.
    """

    each: tuple[CoachedSince, ...]
    counted: tuple[CoachedSince, ...]
    told: int
    better: Interval | None
    clearly_better: int
    clearly_worse: int
    beside_others: Interval | None
    beside_alike: Interval | None


def look_back(
    connection: Connection,
    rows: Sequence[SessionRow],
    *,
    everybodys: Sequence[SessionRow],
    questions: Mapping[CoachedQuestion, QuestionNow],
    scope: Scope,
    settings: CoachingSettings,
    min_calls: int,
    now: datetime,
) -> LookingBack:
    """Return how the questions of sessions went before and since.

    Args:
        connection: Where to read.
        rows: The sessions, the latest first.
        everybodys: All sessions that there are, to know who was coached too.
        questions: How the questions are asked now (`pipeline.store.coaching_answers.questions_now`).
        scope: Whose calls may be seen.
        settings: How many weeks are compared, and what makes a topic.
        min_calls: The fewest assessed calls of a part for a change to be told.
        now: Until when.
    """
    each = []
    for row in rows:
        for question in row.session.questions:
            asked_now = questions.get(question)
            found = None
            if asked_now is not None:
                found = before_and_after(
                    connection,
                    row.session,
                    question,
                    asked_now.asked,
                    scope=scope,
                    team=row.session.team,
                    sessions=everybodys,
                    settings=settings,
                    min_calls=min_calls,
                    now=now,
                )
            title = asked_now.title if asked_now else question.criterion_id
            each.append(CoachedSince(row=row, question=question, title=title, found=found))
    return in_all(each)


def in_all(each: Sequence[CoachedSince]) -> LookingBack:
    """Return the figures of questions of sessions, the latest session first."""
    first: dict[tuple[str, CoachedQuestion], CoachedSince] = {}
    for one in reversed(each):  # the earliest session first
        if one.found is not None and one.found.change is not None:
            first.setdefault((one.row.session.agent_id, one.question), one)
    told = [one.found for one in first.values() if one.found is not None]
    changes = [found.change for found in told if found.change is not None]
    return LookingBack(
        each=tuple(each),
        counted=tuple(reversed(first.values())),
        told=len(told),
        better=_share_above(changes),
        clearly_better=sum(change.low > 0 for change in changes),
        clearly_worse=sum(change.high < 0 for change in changes),
        beside_others=_share_above(found.others.effect for found in told if found.others is not None),
        beside_alike=_share_above(found.alike.effect for found in told if found.alike is not None),
    )


def _share_above(changes: Iterable[Interval | None]) -> Interval | None:
    """Return the share of known changes that are above none."""
    known = [change.estimate for change in changes if change is not None]
    return wilson(sum(estimate > 0 for estimate in known), len(known))
