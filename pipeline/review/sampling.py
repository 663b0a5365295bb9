"""Which calls a person should review: sampling policies, each a pure function of the calls and a seed.

Every call has a permanent random number: a hash of seed, policy, period and its id (permanent random numbers, Ohlsson
1995, "Coordination of samples using permanent random numbers"). Policies take the calls with the smallest. So the order
of the calls does not matter, the same question chooses the same calls, and a sample that is built again, after calls
have come, is only filled up.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pipeline.errors import ReviewError, UnknownNameError
from pipeline.records import Candidate, SampledCall

Policy = Literal["per-agent", "per-reviewer", "random", "stratified", "disagreement"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
STRATA = ("queue", "team", "agent", "band")
BANDS = (0.6, 0.8)
_RESOLUTION = 2**53  # of a double: every number below is exact


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingRequest:
    """What is asked of a policy.

    Attributes:
        period: Name of the period that the calls are of.
        count: Calls for each agent (``per-agent``), for each reviewer (``per-reviewer``), or in all (``stratified``,
            ``disagreement``).
        share: Part of the calls, 0..1 (``random``).
        by: What makes a stratum, of `STRATA`.
        reviewers: Who is to review, in turns; empty leaves that open.
    """

    policy: Policy
    period: str
    seed: int
    count: int = 0
    share: float = 0.0
    by: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A call that a policy chose, why, and for whom."""

    candidate: Candidate
    reason: str
    reviewer: str | None = None


def choose(
    candidates: Sequence[Candidate], request: SamplingRequest, before: Sequence[SampledCall] = ()
) -> list[Chosen]:
    """Return the calls that a policy chooses, by their random numbers; none that it chose for this period before.

    Args:
        candidates: Every scored call of the period. Reviewed ones are counted and never chosen.
        request: What is asked.
        before: What this policy chose for this period before; that counts as part of what is asked.

    Raises:
        UnknownNameError: There is no such policy, or nothing that makes such a stratum.
        ReviewError: The policy needs a count, a share or reviewers and has none.
    """
    _check(request)
    ordered = sorted(candidates, key=lambda call: (random_number(request, call.call_id), call.call_id))
    taken = {sampled.call_id for sampled in before}
    chosen = _POLICIES[request.policy](ordered, request, taken)
    return _assigned(chosen, request, before)


def random_number(request: SamplingRequest, call_id: str) -> float:
    """Return a call's random number, 0 < number < 1, evenly spread over seeds and over calls."""
    text = f"{request.seed}\n{request.policy}\n{request.period}\n{call_id}"
    drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11
    return (drawn + 0.5) / _RESOLUTION


def allocate(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Return how many of each stratum: proportional by largest remainders, at least one, at most all of it.

    At least one comes first: with more strata than ``total`` it is one of each.
    """
    strata = {name: size for name, size in sorted(sizes.items()) if size}
    everything = sum(strata.values())
    if not strata or total <= 0:
        return {}
    quota = {name: total * size / everything for name, size in strata.items()}
    given = {name: min(size, max(1, math.floor(quota[name]))) for name, size in strata.items()}
    wanted = min(max(total, len(strata)), everything)
    while sum(given.values()) < wanted:
        name = max((n for n in given if given[n] < strata[n]), key=lambda n: quota[n] - given[n])
        given[name] += 1
    while sum(given.values()) > wanted:
        name = max((n for n in given if given[n] > 1), key=lambda n: given[n] - quota[n])
        given[name] -= 1
    return given


def stratum_of(call: Candidate, by: Sequence[str]) -> str:
    """Return the stratum of a call, such as ``queue billing, band under 60 %``."""
    values = {"queue": call.queue, "team": call.team, "agent": call.agent_id, "band": band(call.share)}
    return ", ".join(f"{name} {values[name] or 'unknown'}" for name in by)


def band(share: float | None) -> str:
    """Return in words where a total lies."""
    if share is None:
        return "no score"
    low, high = (f"{edge:.0%}".replace("%", " %") for edge in BANDS)
    return f"under {low}" if share < BANDS[0] else f"{low} to {high}" if share < BANDS[1] else f"{high} and more"


def _check(request: SamplingRequest) -> None:
    if request.policy not in POLICIES:
        raise UnknownNameError("sampling policy", request.policy, POLICIES)
    for name in request.by:
        if name not in STRATA:
            raise UnknownNameError("stratum", name, STRATA)
    if request.policy == "random":
        if not 0 < request.share <= 1:
            raise ReviewError("policy random needs a share above 0 and at most 1, such as --share 0.05")
    elif request.count < 1:
        raise ReviewError(f"policy {request.policy} needs a number of calls, such as --count 5")
    if request.policy == "per-reviewer" and not request.reviewers:
        raise ReviewError("policy per-reviewer needs names, such as --reviewers ann,bob")
    if len(set(request.reviewers)) != len(request.reviewers):
        raise ReviewError("a reviewer is named twice; name everybody once")
    if request.policy == "stratified" and not request.by:
        raise ReviewError(f"policy stratified needs what makes a stratum: --by {', '.join(STRATA)}")


def _per_agent(ordered: Sequence[Candidate], request: SamplingRequest, taken: set[str]) -> list[Chosen]:
    agents = Counter(call.agent_id for call in ordered if call.call_id in taken)
    chosen = []
    for call in _free(ordered, taken):
        if call.agent_id is not None and agents[call.agent_id] < request.count:
            agents[call.agent_id] += 1
            chosen.append(Chosen(candidate=call, reason=f"{request.count} of each agent"))
    return chosen


def _per_reviewer(ordered: Sequence[Candidate], request: SamplingRequest, taken: set[str]) -> list[Chosen]:
    reason = f"{request.count} for each reviewer"
    return [Chosen(candidate=call, reason=reason) for call in _free(ordered, taken)]  # `_assigned` ends it


def _random(ordered: Sequence[Candidate], request: SamplingRequest, taken: set[str]) -> list[Chosen]:
    reason = f"drawn at random, {100 * request.share:g} % of all"
    lucky = (call for call in _free(ordered, taken) if random_number(request, call.call_id) < request.share)
    return [Chosen(candidate=call, reason=reason) for call in lucky]


def _stratified(ordered: Sequence[Candidate], request: SamplingRequest, taken: set[str]) -> list[Chosen]:
    strata: dict[str, list[Candidate]] = defaultdict(list)
    for call in ordered:
        strata[stratum_of(call, request.by)].append(call)
    wanted = allocate({name: len(calls) for name, calls in strata.items()}, request.count)
    chosen: list[Chosen] = []
    for name, number in wanted.items():
        missing = number - sum(call.call_id in taken for call in strata[name])
        chosen += [Chosen(candidate=call, reason=name) for call in _free(strata[name], taken)[: max(0, missing)]]
    return chosen


def _disagreement(ordered: Sequence[Candidate], request: SamplingRequest, taken: set[str]) -> list[Chosen]:
    """Draw without replacement by weight: the smallest -ln(u)/weight (Efraimidis and Spirakis 2006)."""

    def key(call: Candidate) -> tuple[float, str]:
        return -math.log(random_number(request, call.call_id)) / call.weight, call.call_id

    missing = request.count - sum(call.call_id in taken for call in ordered)  # others may be of another team
    drawn = sorted(_free(ordered, taken), key=key)[: max(0, missing)]
    return [Chosen(candidate=call, reason=f"a review of it teaches much: weight {call.weight:.2f}") for call in drawn]


def _free(ordered: Sequence[Candidate], taken: set[str]) -> list[Candidate]:
    return [call for call in ordered if not call.reviewed and call.call_id not in taken]


def _assigned(chosen: Sequence[Chosen], request: SamplingRequest, before: Sequence[SampledCall]) -> list[Chosen]:
    """Give each call to the reviewer who has the fewest; of equals, to who was named first."""
    if not request.reviewers:
        return list(chosen)
    load = {name: sum(sampled.reviewer == name for sampled in before) for name in request.reviewers}
    assigned = []
    for each in chosen:
        reviewer = min(load, key=lambda name: load[name])
        if request.policy == "per-reviewer" and load[reviewer] >= request.count:
            break
        load[reviewer] += 1
        assigned.append(Chosen(candidate=each.candidate, reason=each.reason, reviewer=reviewer))
    return assigned


_POLICIES: Mapping[str, Callable[[Sequence[Candidate], SamplingRequest, set[str]], list[Chosen]]] = {
    "per-agent": _per_agent,
    "per-reviewer": _per_reviewer,
    "random": _random,
    "stratified": _stratified,
    "disagreement": _disagreement,
}
