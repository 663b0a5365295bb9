"""Settings of what is told of many calls: scorecards, fairness."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.group import Group, Zone


class ScorecardSettings(Group):
    """How scorecards aggregate."""

    period: Literal["week", "month", "all"] = Field(
        default="all", description="One scorecard per week, month, or in all."
    )
    min_calls: int = Field(default=5, ge=1, description="Below this many scored calls: no rank, no colour.")
    timezone: Zone = Field(
        default="UTC",
        description="IANA zone in which days begin; `intake.site_timezone` where that is set and this is not.",
    )
    calls_to_hear: int = Field(default=5, ge=0, description="At most this many calls to coach on.")
    min_random_reviews: int = Field(
        default=10,
        ge=2,
        description="People's answers correct the machine's mean only where so many calls, drawn at random, were "
        "reviewed.",
    )
    min_agents: int = Field(
        default=5,
        ge=2,
        description="Agents see their team's mean score only where so many of its agents have scored calls.",
    )


class FairnessSettings(Group):
    """Which groups of calls a fairness report shows and judges."""

    min_calls: int = Field(default=30, ge=2, description="Groups of fewer calls have no ratio and no verdict.")
    shown_from: int = Field(
        default=5, ge=2, description="Groups of fewer calls are not shown: their figures would be those of persons."
    )
