"""What figures of before and after show, and what they do not, in words."""

from __future__ import annotations

from pipeline.coaching.effect import BeforeAfter, Others
from pipeline.records import Interval
from pipeline.scorecards.words import count

LUCK = (
    "Coaching follows bad calls, and a run of bad calls is partly bad luck: without any coaching the next calls would "
    "mostly go better too (regression to the mean)."
)
HOW_SURE = (
    "Ranges are 95 % intervals that take an agent's calls for independent of one another. Other agents are each "
    "compared with themselves and averaged, so that it does not matter who took how many of the calls; their ranges "
    "allow for agents who change differently, which two or three agents hardly show."
)


def points(change: Interval) -> str:
    """Return ``+40 points (+9 to +64)``: of 100, with the 95 % interval."""
    return f"{_signed(change.estimate)} points ({_signed(change.low)} to {_signed(change.high)})"


def told(found: BeforeAfter, *, min_calls: int) -> tuple[str, ...]:
    """Return what the figures of one coached question show and what they do not, a sentence or two each."""
    said = [_own(found, min_calls)]
    if found.earlier_sessions:
        said.append(
            f"There {_were(found.earlier_sessions, 'other session')} with the agent on this question in the same "
            "weeks; what came of it is mixed in."
        )
    if found.change is None:
        return tuple(said)
    if found.others is not None:
        said.append(_beside(found.others, "nobody coached on it", min_calls))
    said.append(LUCK)
    if found.alike is not None:
        said.append(_alike(found.alike, min_calls))
    return tuple(said)


def _own(found: BeforeAfter, min_calls: int) -> str:
    if found.change is None:
        sides = f"{found.before.assessed} before and {found.after.assessed} since"
        return f"Too few calls to tell a change: {sides}; it takes {min_calls} on each side."
    if found.change.low > 0:
        return f"The question goes better than before: {points(found.change)}."
    if found.change.high < 0:
        return f"The question goes worse than before: {points(found.change)}."
    return f"No clear change: {points(found.change)} fits both better and worse."


def _beside(others: Others, whom: str, min_calls: int) -> str:
    named = f"{count(others.agents, 'other agent')} of the team whom {whom}"
    if not others.agents:
        return f"No other agent of the team whom {whom} has calls on both sides: nothing stands beside the change."
    if others.change is None or others.effect is None:
        return f"The {named} have fewer than {min_calls} calls on a side: nothing stands beside the change."
    beside = f"With the {named}, the share changed by {points(others.change)}.{_left_out(others)}"
    if others.agents == 1:
        beside += " It is one agent, who does not show how much agents differ."
    if others.effect.low > 0:
        return f"{beside} The coached agent gained more than these: {points(others.effect)}."
    if others.effect.high < 0:
        return f"{beside} The coached agent gained less than these: {points(others.effect)}."
    return f"{beside} The two cannot be told apart: the difference is {points(others.effect)}."


def _left_out(others: Others) -> str:
    if not others.one_sided:
        return ""
    has, is_ = ("has", "is") if others.one_sided == 1 else ("have", "are")
    return f" {others.one_sided} more {has} calls on one side only and {is_} left out."


def _alike(alike: Others, min_calls: int) -> str:
    if not alike.agents:
        return "Nobody else of the team missed it as often uncoached, so luck and coaching cannot be told apart here."
    return _beside(alike, "nobody coached on it either, though they had missed it as often", min_calls)


def _were(n: int, one: str) -> str:
    return f"{'was' if n == 1 else 'were'} {count(n, one)}"


def _signed(share: float) -> str:
    whole = f"{100 * share:+.0f}"
    return "0" if whole in ("+0", "-0") else whole.replace("-", "−")
