"""Sampling policies: what they choose, that they choose it again, and how likely each call is to be chosen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from pipeline.errors import ReviewError, UnknownNameError
from pipeline.records import Candidate, SampledCall
from pipeline.review.sampling import (
    POLICIES,
    Chosen,
    Policy,
    SamplingRequest,
    allocate,
    band,
    choose,
    random_number,
    stratum_of,
)
from tests.review.made import NOW

LEAST_P = 0.001
"""Seeds are fixed: a test that passes once passes always, and a biased draw of this size is far below."""


def candidate(number: int, **changes: Any) -> Candidate:
    return Candidate(**{"call_id": f"c-{number:04}", "score_id": f"s-{number:04}", "agent_id": "maria", **changes})


def calls(number: int = 40) -> list[Candidate]:
    """Calls of three agents on two queues: of four calls one is tom's, and of five one is billing."""
    agents, queues = ("maria", "maria", "ann", "tom"), ("support", "support", "support", "support", "billing")
    return [
        candidate(n, agent_id=agents[n % 4], queue=queues[n % 5], share=(n % 10) / 10, weight=0.1 + (n % 3) * 0.4)
        for n in range(number)
    ]


def asks(policy: Policy = "random", **changes: Any) -> SamplingRequest:
    given: dict[str, Any] = {"period": "2026-11", "seed": 1, "count": 3, "share": 0.2, "by": ("queue",)}
    return SamplingRequest(policy=policy, **{**given, "reviewers": ("bob", "eve"), **changes})


def kept(chosen: list[Chosen], request: SamplingRequest) -> list[SampledCall]:
    """What the store would know afterwards."""
    return [
        SampledCall(
            policy=request.policy,
            period=request.period,
            call_id=each.candidate.call_id,
            score_id=each.candidate.score_id,
            reason=each.reason,
            seed=request.seed,
            sampled_by="ann",
            sampled_at=NOW,
            reviewer=each.reviewer,
        )
        for each in chosen
    ]


def ids(chosen: list[Chosen]) -> list[str]:
    return [each.candidate.call_id for each in chosen]


@pytest.mark.parametrize("policy", POLICIES)
@given(random=st.randoms(use_true_random=False), seed=st.integers(0, 999))
def test_sample_does_not_hang_on_the_order_of_calls(policy: Policy, random: Any, seed: int) -> None:
    shuffled = calls()
    random.shuffle(shuffled)
    assert choose(shuffled, asks(policy, seed=seed)) == choose(calls(), asks(policy, seed=seed))


@pytest.mark.parametrize("policy", POLICIES)
def test_sample_that_is_drawn_again_is_empty_and_another_seed_draws_others(policy: Policy) -> None:
    request = asks(policy)
    first = choose(calls(), request)
    assert first
    assert choose(calls(), request, kept(first, request)) == []
    drawn = {tuple(sorted(ids(choose(calls(), asks(policy, seed=seed))))) for seed in range(5)}
    assert len(drawn) > 1


@pytest.mark.parametrize("policy", POLICIES)
@given(size=st.integers(0, 30), more=st.integers(0, 30), reviewed=st.sets(st.integers(0, 60)))
def test_sample_is_filled_up_without_repeats_and_without_reviewed_calls(
    policy: Policy, size: int, more: int, reviewed: set[int]
) -> None:
    request = asks(policy)
    early = choose(calls(size), request)
    now = [candidate(n, agent_id="maria", reviewed=n in reviewed) for n in range(size + more)]
    late = choose(now, request, kept(early, request))
    assert not set(ids(early)) & set(ids(late))
    assert not {each.candidate.call_id for each in late if each.candidate.reviewed}
    assert len(set(ids(late))) == len(late)


def test_per_agent_takes_the_same_number_of_each_and_none_without_an_agent() -> None:
    candidates = [*calls(), *(candidate(100 + n, agent_id=None) for n in range(9)), candidate(200, agent_id="rare")]
    chosen = choose(candidates, asks("per-agent", count=4))
    assert Counter(each.candidate.agent_id for each in chosen) == {"maria": 4, "ann": 4, "tom": 4, "rare": 1}


def test_per_agent_counts_what_was_drawn_before_even_where_it_was_reviewed_since() -> None:
    before = kept(choose([candidate(n) for n in range(9)], asks("per-agent", count=2)), asks("per-agent"))
    taken = {sampled.call_id for sampled in before}
    since = [candidate(n, reviewed=f"c-{n:04}" in taken) for n in range(9)]
    assert len(choose(since, asks("per-agent", count=3), before)) == 1


def test_per_reviewer_gives_everybody_the_same_number() -> None:
    request = asks("per-reviewer", count=7, reviewers=("bob", "eve", "kim"))
    chosen = choose(calls(), request)
    assert Counter(each.reviewer for each in chosen) == {"bob": 7, "eve": 7, "kim": 7}
    few = choose(calls(10), request)
    assert Counter(each.reviewer for each in few) == {"bob": 4, "eve": 3, "kim": 3}
    late = choose(calls(), request, kept(few, request))
    assert Counter(each.reviewer for each in late) == {"bob": 3, "eve": 4, "kim": 4}


def test_calls_go_to_reviewers_in_turns_or_to_nobody() -> None:
    assert {each.reviewer for each in choose(calls(), asks(reviewers=()))} == {None}
    load = Counter(each.reviewer for each in choose(calls(), asks(share=0.5)))
    assert max(load.values()) - min(load.values()) <= 1


def test_stratified_is_proportional_with_at_least_one_of_each() -> None:
    candidates = [*calls(), candidate(99, queue=None)]
    chosen = choose(candidates, asks("stratified", count=10))
    assert Counter(each.candidate.queue for each in chosen) == {"support": 7, "billing": 2, None: 1}
    assert {each.reason for each in chosen} == {"queue support", "queue billing", "queue unknown"}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), max_size=8), st.integers(0, 120))
def test_allocation_keeps_to_its_bounds(sizes: dict[str, int], total: int) -> None:
    given = allocate(sizes, total)
    strata = {name: size for name, size in sizes.items() if size}
    if not total or not strata:
        assert given == {}
        return
    assert given.keys() == strata.keys()
    assert all(1 <= given[name] <= strata[name] for name in given)
    assert sum(given.values()) == min(max(total, len(strata)), sum(strata.values()))
    assert given == allocate(dict(reversed(list(sizes.items()))), total)
    quota = {name: total * size / sum(strata.values()) for name, size in strata.items()}
    if all(1 <= quota[name] <= strata[name] for name in quota):  # nothing in the way of proportion
        assert all(abs(given[name] - quota[name]) < 1 for name in quota)


def test_allocation_by_largest_remainders() -> None:
    assert allocate({"a": 47, "b": 16, "c": 37}, 10) == {"a": 5, "b": 1, "c": 4}  # 4.7, 1.6, 3.7


def test_stratum_in_words() -> None:
    assert (
        stratum_of(candidate(1, queue="billing", share=0.79), ("queue", "band")) == "queue billing, band 60 % to 80 %"
    )
    assert [band(share) for share in (None, 0.0, 0.6, 0.8)] == [
        "no score",
        "under 60 %",
        "60 % to 80 %",
        "80 % and more",
    ]


def test_random_share_draws_every_call_equally_often() -> None:
    often = Counter(call_id for seed in range(2000) for call_id in ids(choose(calls(), asks(seed=seed))))
    assert chisquare([often[call.call_id] for call in calls()]).pvalue > LEAST_P
    assert abs(sum(often.values()) / (2000 * 40) - 0.2) < 0.005


def test_random_numbers_are_even() -> None:
    numbers = [random_number(asks(seed=seed), f"c-{call}") for seed in range(40) for call in range(100)]
    assert kstest(numbers, "uniform").pvalue > LEAST_P
    assert 0 < min(numbers) < max(numbers) < 1


@pytest.mark.parametrize("policy", ["per-agent", "per-reviewer", "stratified"])
def test_every_call_of_a_group_is_drawn_equally_often(policy: Policy) -> None:
    often: Counter[str] = Counter()
    for seed in range(1500):
        often.update(ids(choose(calls(), asks(policy, seed=seed, count=5))))
    groups: dict[Any, list[int]] = {}
    for call in calls():
        of = {"per-agent": call.agent_id, "per-reviewer": None, "stratified": call.queue}[policy]
        groups.setdefault(of, []).append(often[call.call_id])
    for counts in groups.values():
        assert chisquare(counts).pvalue > LEAST_P


@pytest.mark.parametrize("policy", ["disagreement", "stratified", "per-agent"])
def test_what_was_drawn_of_other_calls_takes_nothing_away(policy: Policy) -> None:
    first, second = calls(24)[:12], calls(24)[12:]
    asked = asks(policy, count=5)
    before = kept(choose(first, asked), asked)
    assert len(before) >= 5
    assert sorted(ids(choose(second, asked, before))) == sorted(ids(choose(second, asked)))
    assert choose(first, asked, before) == []


def test_disagreement_draws_by_weight() -> None:
    often: Counter[float] = Counter()
    for seed in range(6000):  # the first of a draw is taken with a probability of its weight over the sum of all
        (first,) = choose(calls(12), asks("disagreement", seed=seed, count=1))
        often[first.candidate.weight] += 1
    weights = sorted(often)
    total = sum(call.weight for call in calls(12))
    expected = [6000 * sum(c.weight for c in calls(12) if c.weight == weight) / total for weight in weights]
    assert chisquare([often[weight] for weight in weights], expected).pvalue > LEAST_P


@pytest.mark.parametrize(
    ("policy", "changes", "said"),
    [
        ("random", {"share": 0.0}, "--share"),
        ("random", {"share": 1.5}, "--share"),
        ("random", {"share": float("nan")}, "--share"),
        ("per-agent", {"count": 0}, "--count"),
        ("per-reviewer", {"reviewers": ()}, "--reviewers"),
        ("per-agent", {"reviewers": ("bob", "bob")}, "named twice"),
        ("stratified", {"by": ()}, "queue, team, agent, band"),
    ],
)
def test_policy_says_what_it_needs(policy: Policy, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        choose(calls(), asks(policy, **changes))


def test_unknown_policy_and_stratum_are_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'per-agent'"):
        choose(calls(), asks("per-agents"))  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean 'queue'"):
        choose(calls(), asks("stratified", by=("queues",)))
