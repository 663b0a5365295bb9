"""What a change of rubric does to scored calls: which flip, how totals move, which questions and agents it meets."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.records import CallScore, Recording, Rubric

BINS = 10
"""Totals are counted in so many equal parts of 0..1; a total above belongs to the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """One question under both rubrics, by its id; ``old`` or ``new`` is None where that one does not have it.

    Each is a status, and for a part of the points which part: ``partial 50 %``.
    """

    criterion_id: str
    title: str
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallImpact:
    """One call under both rubrics. A share is None where nothing could be assessed."""

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    team: str | None
    queue: str | None
    old_share: float | None
    new_share: float | None
    old_passed: bool | None
    new_passed: bool | None
    answers: tuple[Answered, ...]

    @property
    def flips(self) -> bool:
        """Whether it passes under one and fails under the other."""
        return None not in (self.old_passed, self.new_passed) and self.old_passed != self.new_passed

    @property
    def change(self) -> float | None:
        """New share minus old; None where one of them is not known."""
        return None if self.old_share is None or self.new_share is None else self.new_share - self.old_share

    @property
    def differs(self) -> bool:
        """Whether total, result or an answer is another."""
        return (self.old_share, self.old_passed) != (self.new_share, self.new_passed) or any(
            answer.old != answer.new for answer in self.answers
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionImpact:
    """How one question's answers change. ``changes`` counts calls by (old, new), None where a rubric does not ask."""

    criterion_id: str
    title: str
    calls: int
    changed: int
    changes: Mapping[tuple[str | None, str | None], int]


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentImpact:
    """How one agent's mean moves, over the calls with a total under both rubrics.

    ``crosses`` is ``down`` where the mean was at or above the pass mark and is below it, ``up`` where it is the other
    way round, None elsewhere.
    """

    agent_id: str
    calls: int
    old_mean: float
    new_mean: float
    flips: int
    crosses: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """What a change does to calls.

    Attributes:
        calls: Calls that were compared.
        without_total: Of these, those that have no total under one rubric at least; no mean counts them.
        now_fail: Calls that passed and would fail.
        now_pass: Calls that failed and would pass.
        old_mean: Mean total; None where no call has one under both.
        old_totals: How many totals lie in each tenth, lowest first.
        changed: Calls of which anything changes, the worst first: those that would fail, then by how much they lose.
    """

    calls: int
    without_total: int
    now_fail: int
    now_pass: int
    old_mean: float | None
    new_mean: float | None
    old_totals: tuple[int, ...]
    new_totals: tuple[int, ...]
    criteria: tuple[CriterionImpact, ...]
    agents: tuple[AgentImpact, ...]
    changed: tuple[CallImpact, ...]


def compare(recording: Recording, old: CallScore, new: CallScore) -> CallImpact:
    """Return one call under both rubrics; questions in the order of the new one, then those that went."""
    before, now = _answers(old), _answers(new)
    return CallImpact(
        call_id=recording.call_id,
        started_at=recording.started_at,
        agent_id=recording.agent_id,
        team=recording.team,
        queue=recording.queue,
        old_share=old.share,
        new_share=new.share,
        old_passed=old.passed,
        new_passed=new.passed,
        answers=tuple(
            Answered(
                criterion_id=criterion_id,
                title=title,
                old=before.get(criterion_id, ("", None))[1],
                new=now.get(criterion_id, ("", None))[1],
            )
            for criterion_id, (title, _) in (before | now).items()
        ),
    )


def sum_up(calls: Sequence[CallImpact], old: Rubric, new: Rubric) -> Impact:
    """Return what the change does to all calls together."""
    with_totals = [call for call in calls if call.change is not None]
    flips = [call for call in calls if call.flips]
    return Impact(
        calls=len(calls),
        without_total=len(calls) - len(with_totals),
        now_fail=sum(call.new_passed is False for call in flips),
        now_pass=sum(call.new_passed is True for call in flips),
        old_mean=_mean(call.old_share for call in with_totals),
        new_mean=_mean(call.new_share for call in with_totals),
        old_totals=_totals(call.old_share for call in with_totals),
        new_totals=_totals(call.new_share for call in with_totals),
        criteria=_criteria(calls, [criterion.id for criterion in (*new.criteria(), *old.criteria())]),
        agents=_agents(with_totals, old.pass_share, new.pass_share),
        changed=tuple(sorted((call for call in calls if call.differs), key=_worst_first)),
    )


def _answers(score: CallScore) -> dict[str, tuple[str, str]]:
    told = {}
    for result in score.results:
        status = result.status.value
        if status == "partial" and result.share is not None:
            status = f"partial {100 * result.share:.0f} %"
        told[result.criterion_id] = (result.title, status)
    return told


def _worst_first(call: CallImpact) -> tuple[bool, bool, float, str]:
    falls = call.flips and call.new_passed is False
    return not falls, not call.flips, call.change or 0.0, call.call_id


def _criteria(calls: Sequence[CallImpact], order: Sequence[str]) -> tuple[CriterionImpact, ...]:
    changes: dict[str, Counter[tuple[str | None, str | None]]] = {}
    titles: dict[str, str] = {}
    for call in calls:
        for answer in call.answers:
            changes.setdefault(answer.criterion_id, Counter())[answer.old, answer.new] += 1
            titles[answer.criterion_id] = answer.title
    return tuple(
        CriterionImpact(
            criterion_id=criterion_id,
            title=titles[criterion_id],
            calls=changes[criterion_id].total(),
            changed=sum(count for (was, now), count in changes[criterion_id].items() if was != now),
            changes=dict(changes[criterion_id].most_common()),
        )
        for criterion_id in dict.fromkeys(order)
        if criterion_id in changes
    )


def _agents(calls: Sequence[CallImpact], old_mark: float, new_mark: float) -> tuple[AgentImpact, ...]:
    of_agent: dict[str, list[CallImpact]] = {}
    for call in calls:
        if call.agent_id is not None:
            of_agent.setdefault(call.agent_id, []).append(call)
    impacts = []
    for agent_id, own in of_agent.items():
        old_mean, new_mean = _mean(call.old_share for call in own), _mean(call.new_share for call in own)
        assert old_mean is not None
        assert new_mean is not None
        was, now = old_mean >= old_mark, new_mean >= new_mark
        impacts.append(
            AgentImpact(
                agent_id=agent_id,
                calls=len(own),
                old_mean=old_mean,
                new_mean=new_mean,
                flips=sum(call.flips for call in own),
                crosses=None if was == now else "up" if now else "down",
            )
        )
    return tuple(sorted(impacts, key=lambda agent: (agent.new_mean - agent.old_mean, agent.agent_id)))


def _mean(shares: Iterable[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return round(math.fsum(known) / len(known), 12) if known else None


def _totals(shares: Iterable[float | None]) -> tuple[int, ...]:
    counts = Counter(min(BINS - 1, int(share * BINS)) for share in shares if share is not None)
    return tuple(counts[part] for part in range(BINS))
