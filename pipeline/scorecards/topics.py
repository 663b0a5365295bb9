"""What to coach on: a miss that repeats, told from an agent's answers, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.config import CoachingSettings
from pipeline.records import AgentAnswer, Status

ASSESSED = (Status.PASS, Status.PARTIAL, Status.FAIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class MissedQuestion:
    """A question as the latest calls went that could be assessed; rubric, id and title are those of the latest.

    Attributes:
        missed: So many of ``assessed`` were failed.
        repeats: Whether it is a topic: a single miss is none.
        misses: Those answers, the latest first.
    """

    agent_id: str
    rubric_id: str
    criterion_id: str
    asked: str
    title: str
    critical: bool
    missed: int
    assessed: int
    misses: tuple[AgentAnswer, ...]
    repeats: bool


def missed_questions(answers: Iterable[AgentAnswer], settings: CoachingSettings) -> tuple[MissedQuestion, ...]:
    """Return which questions were failed in the last calls that could be assessed (5 by default), topics first.

    Topics are those that were failed in at least ``misses`` of them (4). Critical ones come first, then the most
    frequent misses.

    Args:
        answers: Of one agent, the latest call first.
        settings: How many of how many calls make a topic.
    """
    by_question: dict[str, list[AgentAnswer]] = defaultdict(list)
    for answer in answers:
        if answer.status in ASSESSED and len(by_question[answer.question]) < settings.last_calls:
            by_question[answer.question].append(answer)
    found = []
    for last in by_question.values():
        misses = tuple(answer for answer in last if answer.status is Status.FAIL)
        if misses:
            latest = last[0]
            found.append(
                MissedQuestion(
                    agent_id=latest.agent_id,
                    rubric_id=latest.rubric_id,
                    criterion_id=latest.criterion_id,
                    asked=latest.asked,
                    title=latest.title,
                    critical=latest.critical,
                    missed=len(misses),
                    assessed=len(last),
                    misses=misses,
                    repeats=len(misses) >= settings.misses,
                )
            )
    return tuple(sorted(found, key=lambda each: (not each.repeats, not each.critical, -each.missed, each.title)))
