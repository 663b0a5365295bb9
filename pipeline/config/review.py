"""Settings of people's work: reviews, samples."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.group import Group


class ReviewSettings(Group):
    """What agents may dispute, and how far apart reviewers may be."""

    dispute_window_days: int = Field(
        default=45, ge=1, description="An answer may be disputed for so many days from when it was given."
    )
    dispute_limit: int = Field(default=5, ge=0, description="At most so many disputes of one evaluation.")
    points_apart: float = Field(
        default=10.0,
        ge=0,
        le=100,
        description="In a calibration session, an answer or total further from the expert's than this is marked.",
    )


class SamplingSettings(Group):
    """Which calls `earmark queue build` takes where its options do not say."""

    policy: Literal["per-agent", "per-reviewer", "random", "stratified", "disagreement"] = Field(
        default="per-agent", description="How calls are chosen (docs/reviews.md)."
    )
    count: int = Field(
        default=5, ge=1, description="Calls for each agent, for each reviewer, or in all, as the policy says."
    )
    share: float = Field(default=0.05, gt=0, le=1, description="Part of all calls that policy `random` takes.")
    by: tuple[Literal["queue", "team", "agent", "band"], ...] = Field(
        default=("queue", "band"), description="What makes a stratum of policy `stratified`."
    )
    period: str = Field(
        default="month", description="week or month (the present one), all, or one such as 2026-10 or 2026-W42."
    )
    seed: int = Field(default=1, ge=0, le=999_999, description="Another seed draws other calls.")
    reviewers: tuple[str, ...] = Field(default=(), description="Who reviews, in turns; none leaves it open.")
