"""Which questions are failed more often in one group of calls than in the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from pipeline.config import FairnessSettings
from pipeline.fairness.differences import SIGNIFICANT, Tally, chance_of_rates, false_discoveries, tally
from pipeline.fairness.figures import QuestionFigures
from pipeline.fairness.groups import Groups
from pipeline.intervals import wilson
from pipeline.records import Status

_ANSWERED = frozenset({Status.PASS, Status.PARTIAL, Status.FAIL})
Question = tuple[str, str]


def differing_questions(
    groups: Groups, titles: Mapping[Question, str], settings: FairnessSettings, *, whole_agents: bool
) -> tuple[tuple[QuestionFigures, ...], int]:
    """Return the questions that a group fails more often than all others, unlikely by chance, and how many were tested.

    A question is the criterion of one rubric. It is compared where a group and the others both have enough answers.

    Args:
        groups: Calls by group.
        titles: Of questions.
        settings: How many answers are enough.
        whole_agents: Whether agents and not calls are counted.
    """
    tested = []
    for question, by_group in _answers(groups).items():
        for name, mine in by_group.items():
            others = sum((tally for other, tally in by_group.items() if other != name), Tally(agents=()))
            if min(mine.n, others.n) >= settings.min_calls:
                chance = chance_of_rates(mine, others, whole_agents=whole_agents)
                figures = _figures(question, name, mine, others)
                tested.append(replace(figures, title=titles.get(question, question[1]), chance=chance))
    chances = false_discoveries([figures.chance for figures in tested])
    corrected = [replace(figures, chance=chance) for figures, chance in zip(tested, chances, strict=True)]
    worse = [f for f in corrected if f.chance <= SIGNIFICANT and f.fail_rate.estimate > f.others_fail_rate.estimate]
    return tuple(sorted(worse, key=lambda f: (f.chance, f.rubric_id, f.criterion_id, f.group))), len(tested)


def _answers(groups: Groups) -> dict[Question, dict[str, Tally]]:
    """Return fails among answers by question and group."""
    found: dict[Question, dict[str, list[tuple[str | None, float]]]] = defaultdict(lambda: defaultdict(list))
    for name, calls in groups.items():
        for call in calls:
            for criterion_id, status in call.answers:
                if status in _ANSWERED:
                    failed = float(status is Status.FAIL)
                    found[call.rubric_id, criterion_id][name].append((call.agent_id, failed))
    return {question: {name: tally(fails) for name, fails in by.items()} for question, by in found.items()}


def _figures(question: Question, group: str, mine: Tally, others: Tally) -> QuestionFigures:
    rate, elsewhere = wilson(int(mine.total), mine.n), wilson(int(others.total), others.n)
    assert rate is not None
    assert elsewhere is not None
    return QuestionFigures(
        rubric_id=question[0],
        criterion_id=question[1],
        title=question[1],
        group=group,
        answered=mine.n,
        failed=int(mine.total),
        fail_rate=rate,
        others_fail_rate=elsewhere,
        chance=1.0,
    )
