"""How a coached question went before a session and since, beside agents whom nobody coached on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.coaching.compared import Compared, compared_answers
from pipeline.coaching.statistics import Part, pooled_change
from pipeline.config import CoachingSettings
from pipeline.records import CoachedQuestion, CoachingSession, Interval, Scope
from pipeline.scorecards.statistics import difference
from pipeline.store.coaching import SessionRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Others:
    """How the same question went in the same weeks with agents whom nobody coached on it.

    Attributes:
        agents: How many agents have calls on both sides.
        one_sided: How many have calls on one side only, and are left out.
        before: The calls before of those who count, all together; who took how many of them is not the same since.
        after: Their calls since.
        share_before: Share passed before, each agent with the same weight as since; None where nobody counts.
        share_after: Share passed since, by the same weights.
        change: By how much it grew with the mix of agents held fixed, -1..+1 (`pooled_change`); None where a part has
            too few calls.
        effect: The coached agent's change less theirs, -2..+2; None where either is not told.
    """

    agents: int
    one_sided: int
    before: Part
    after: Part
    share_before: float | None
    share_after: float | None
    change: Interval | None
    effect: Interval | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BeforeAfter:
    """How a coached question went in the weeks before a session and since.

    Attributes:
        change: By how much the share passed grew, -1..+1; None where a part has too few calls.
        others: The team's other agents whom nobody coached on the question in these weeks; None where nobody is
            compared.
        alike: Those of them who missed it as often as makes a topic when the session was held: what comes of a bad
            run without coaching.
        earlier_sessions: Other sessions with the agent on the question within these weeks: their effect is mixed in.
    """

    before: Part
    after: Part
    change: Interval | None
    others: Others | None = None
    alike: Others | None = None
    earlier_sessions: int = 0


def before_and_after(
    connection: Connection,
    session: CoachingSession,
    question: CoachedQuestion,
    asked: str,
    *,
    scope: Scope,
    team: str | None,
    sessions: Iterable[SessionRow],
    settings: CoachingSettings,
    min_calls: int,
    now: datetime,
) -> BeforeAfter:
    """Return how a question went before a session and since.

    Args:
        connection: Where to read.
        session: The session.
        question: What it was about.
        asked: Fingerprint of the question, as it is asked now.
        scope: Whose calls may be seen.
        team: Whose other agents are compared; None compares nobody.
        sessions: Everybody's: who was coached on the question within these weeks is not compared.
        settings: How many weeks are compared, and what makes a topic.
        min_calls: The fewest assessed calls of a part for a change to be told.
        now: Until when.
    """
    compared = compared_answers(
        connection, session, question, asked, scope=scope, team=team, sessions=sessions, settings=settings, now=now
    )
    return figures_of(compared, min_calls=min_calls)


def figures_of(compared: Compared, *, min_calls: int) -> BeforeAfter:
    """Return the figures of answers; under ``min_calls`` assessed calls of a part no change is told."""
    before, after = compared.parts(compared.own)
    earlier, later = before.rate, after.rate
    enough = min(before.assessed, after.assessed) >= min_calls
    change = difference(later, earlier) if enough and earlier is not None and later is not None else None
    others = alike = None
    if compared.others is not None:
        others = _others(compared, compared.others.keys(), own=change, min_calls=min_calls)
        alike = _others(compared, compared.alike, own=change, min_calls=min_calls)
    return BeforeAfter(
        before=before,
        after=after,
        change=change,
        others=others,
        alike=alike,
        earlier_sessions=compared.earlier_sessions,
    )


def _others(compared: Compared, agents: Collection[str], *, own: Interval | None, min_calls: int) -> Others:
    """Return how it went with some of the others; who has calls on one side only would make a change of nobody's."""
    counting = [(each.before, each.after) for each in compared.counting() if each.agent_id in agents]
    before, after = _sum(before for before, _ in counting), _sum(after for _, after in counting)
    pooled = pooled_change(counting)
    enough = min(before.assessed, after.assessed) >= min_calls
    change = pooled.change if pooled is not None and enough else None
    return Others(
        agents=len(counting),
        one_sided=len(agents) - len(counting),
        before=before,
        after=after,
        share_before=pooled.before if pooled is not None else None,
        share_after=pooled.after if pooled is not None else None,
        change=change,
        effect=difference(own, change, most=2.0) if own is not None and change is not None else None,
    )


def _sum(parts: Iterable[Part]) -> Part:
    every = list(parts)
    return Part(passed=sum(part.passed for part in every), assessed=sum(part.assessed for part in every))
