"""Settings of coaching: when a miss is a topic, and what is compared before and after a session."""

from __future__ import annotations

from pydantic import Field, model_validator

from pipeline.config.group import Group


class CoachingSettings(Group):
    """When a miss becomes a topic, and how sessions are looked back on."""

    last_calls: int = Field(
        default=5,
        ge=1,
        le=30,
        description="A question is looked at in so many of the latest calls that it came up in.",
    )
    misses: int = Field(default=4, ge=1, le=30, description="Failed in so many of them, it is a topic.")
    max_topics: int = Field(default=2, ge=1, description="At most so many topics at a time; more do not help.")
    weeks_compared: int = Field(
        default=8, ge=1, le=52, description="Before and after a session, so many weeks of calls are compared."
    )
    name_examples: bool = Field(
        default=False, description="Say whose call a good example is of; else it bears no name and no call id."
    )

    @model_validator(mode="after")
    def _can_repeat(self) -> CoachingSettings:
        if self.misses > self.last_calls:
            raise ValueError(
                f"misses is {self.misses}, more than last_calls, {self.last_calls}: nothing could become a topic"
            )
        return self
