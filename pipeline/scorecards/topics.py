"""What to coach on: a miss that repeats, told from an agent's answers, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.records import AgentAnswer, Status

LAST_CALLS = 5
MISSES = 4
MAX_TOPICS = 2
ASSESSED = (Status.PASS, Status.PARTIAL, Status.FAIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class MissedQuestion:
    """A question as the latest calls went that could be assessed; rubric, id and title are those of the latest.

    Attributes:
        missed: So many of ``assessed`` were failed.
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

    @property
    def repeats(self) -> bool:
        """Whether it is a topic: a single miss is none."""
        return self.missed >= MISSES


def missed_questions(answers: Iterable[AgentAnswer]) -> tuple[MissedQuestion, ...]:
    """Return which questions were failed in the last 5 calls that could be assessed, topics first.

    Topics are those that were failed in at least 4 of them. Critical ones come first, then the most frequent misses.

    Args:
        answers: Of one agent, the latest call first.
    """
    by_question: dict[str, list[AgentAnswer]] = defaultdict(list)
    for answer in answers:
        if answer.status in ASSESSED and len(by_question[answer.question]) < LAST_CALLS:
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
                )
            )
    return tuple(sorted(found, key=lambda each: (not each.repeats, not each.critical, -each.missed, each.title)))
