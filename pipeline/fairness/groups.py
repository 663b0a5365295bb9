"""Calls by group: what is shown, and how a group's pass rate stands beside the highest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from pipeline.config import FairnessSettings
from pipeline.fairness.differences import SIGNIFICANT, Tally, chance_of_means, chance_of_rates, holm, tally
from pipeline.fairness.figures import GroupFigures, Verdict
from pipeline.fairness.ratio import below_four_fifths, rate_ratio
from pipeline.intervals import bootstrap_mean, wilson
from pipeline.records import Interval, Status
from pipeline.records.fairness import ScoredCall

Groups = Mapping[str, Sequence[ScoredCall]]
JOINED = " + "


def by_group(calls: Sequence[ScoredCall], fields: Sequence[str]) -> tuple[dict[str, list[ScoredCall]], int]:
    """Return the calls by the values of some fields together, and how many calls lack one of them."""
    groups: dict[str, list[ScoredCall]] = {}
    unknown = 0
    for call in calls:
        values = [call.fields.get(field) for field in fields]
        known = [value for value in values if value]
        if len(known) < len(values):
            unknown += 1
        else:
            groups.setdefault(JOINED.join(known), []).append(call)
    return groups, unknown


def group_figures(groups: Groups, settings: FairnessSettings, *, whole_agents: bool) -> tuple[GroupFigures, ...]:
    """Return the figures of each group; those of enough calls first, by pass rate."""
    plain = {name: _figures(name, calls, whole_agents=whole_agents) for name, calls in groups.items()}
    enough = {name for name, figures in plain.items() if figures.calls >= settings.min_calls}
    judged = _judged({name: plain[name] for name in enough}, groups, whole_agents=whole_agents)
    heard = _heard({name: groups[name] for name in enough}, groups, whole_agents=whole_agents)
    made = [replace(figures, **judged.get(name, {}), **heard.get(name, {})) for name, figures in plain.items()]
    return tuple(sorted(made, key=lambda g: (g.group not in enough, -_rate(g.passed, g.calls), g.group)))


def _figures(name: str, calls: Sequence[ScoredCall], *, whole_agents: bool) -> GroupFigures:
    totals = [call for call in calls if call.passed is not None]
    n, passed = len(totals), sum(call.passed is True for call in totals)
    auto_failed = sum(call.auto_failed for call in totals)
    abstained = [share for call in calls if (share := _cannot_assess(call)) is not None]
    return GroupFigures(
        group=name,
        calls=n,
        without_total=len(calls) - n,
        agents=len({call.agent_id for call in calls} - {None}),
        passed=passed,
        auto_failed=auto_failed,
        pass_rate=_rate_interval([(call.agent_id, call.passed is True) for call in totals], whole_agents=whole_agents),
        fail_rate=_rate_interval([(call.agent_id, not call.passed) for call in totals], whole_agents=whole_agents),
        auto_fail_rate=_rate_interval(
            [(call.agent_id, call.auto_failed) for call in totals], whole_agents=whole_agents
        ),
        score=_mean([call.share for call in totals]),
        cannot_assess=_mean(abstained),
        confidence=_plain_mean([call.confidence for call in calls if call.confidence is not None]),
    )


def _judged(figures: Mapping[str, GroupFigures], groups: Groups, *, whole_agents: bool) -> dict[str, dict[str, Any]]:
    """Return ratio, chance and verdict of each group.

    Which group is the highest is itself a matter of chance. So every pair of groups is tested and all are corrected for
    together, not only those with the highest.
    """
    if len(figures) < 2:
        return {}
    tallies = {name: _passes(groups[name]) for name in figures}
    pairs = {
        (a, b): chance_of_rates(tallies[a], tallies[b], whole_agents=whole_agents)
        for a, b in combinations(sorted(figures), 2)
    }
    chances = holm(pairs)
    best = max(figures.values(), key=lambda g: (_rate(g.passed, g.calls), g.calls, g.group))
    made: dict[str, dict[str, Any]] = {best.group: {"verdict": Verdict.HIGHEST}}
    for name, group in figures.items():
        if name != best.group:
            chance = chances[(min(name, best.group), max(name, best.group))]
            counts = (group.passed, group.calls, best.passed, best.calls)
            below = below_four_fifths(*counts)
            worth = [_worth(tallies[which], whole_agents=whole_agents) for which in (name, best.group)]
            ratio = rate_ratio(*worth[0], *worth[1])
            made[name] = {"ratio": ratio, "chance": chance, "verdict": _verdict(chance, below=below)}
    return made


def _verdict(chance: float, *, below: bool) -> Verdict:
    if chance <= SIGNIFICANT:
        return Verdict.UNLIKELY_CHANCE if below else Verdict.SMALL_UNLIKELY_CHANCE
    return Verdict.COULD_BE_CHANCE if below else Verdict.NO_SIGN


def _heard(judged: Groups, groups: Groups, *, whole_agents: bool) -> dict[str, dict[str, Any]]:
    """Return of each group whether it was recognised worse than all other calls."""
    known = {
        name: [(call.agent_id, call.confidence) for call in calls if call.confidence is not None]
        for name, calls in groups.items()
    }
    others = {name: [pair for other in groups if other != name for pair in known[other]] for name in judged}
    raw = {
        name: chance_of_means(known[name], others[name], whole_agents=whole_agents)
        for name in judged
        if known[name] and others[name]
    }
    chances = holm(raw)
    return {
        name: {
            "confidence_chance": chances[name],
            "heard_worse": chances[name] <= SIGNIFICANT and _middle(known[name]) < _middle(others[name]),
        }
        for name in raw
    }


def _passes(calls: Sequence[ScoredCall]) -> Tally:
    return tally((call.agent_id, float(call.passed)) for call in calls if call.passed is not None)


def _worth(passes: Tally, *, whole_agents: bool) -> tuple[float, float]:
    """Return passes and calls, for as many as they tell."""
    for_one = passes.calls_for_one if whole_agents else 1.0
    return passes.total / for_one, passes.n / for_one


def _rate_interval(calls: Sequence[tuple[str | None, bool]], *, whole_agents: bool) -> Interval | None:
    return wilson(*_worth(tally(calls), whole_agents=whole_agents)) if calls else None


def _cannot_assess(call: ScoredCall) -> float | None:
    applicable = [status for _, status in call.answers if status is not Status.NOT_APPLICABLE]
    return applicable.count(Status.CANNOT_ASSESS) / len(applicable) if applicable else None


def _mean(values: Sequence[float | None]) -> Interval | None:
    return bootstrap_mean([value for value in values if value is not None])


def _plain_mean(values: Sequence[float]) -> Interval | None:
    """Return a mean with Student's interval: recognition has no rare worst case as scores have."""
    from scipy.stats import ttest_1samp  # noqa: PLC0415 - half a second

    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    if max(values) == min(values):
        return Interval(estimate=mean, low=mean, high=mean)
    low, high = ttest_1samp(np.array(values), 0.0).confidence_interval()
    return Interval(estimate=mean, low=max(0.0, float(low)), high=min(1.0, float(high)))


def _middle(pairs: Sequence[tuple[str | None, float]]) -> float:
    return sum(value for _, value in pairs) / len(pairs)


def _rate(count: int, n: int) -> float:
    return count / n if n else 0.0
