"""Settings of retention: how long what is kept, from where files may be deleted, what deletions are signed with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, field_validator

from pipeline.config.group import Group

ANY_QUEUE = "*"
SIGNING_KEY_VARIABLE = "EARMARK_SIGNING_KEY"
"""Holds the key that deletions are signed with; it is no setting, so that no file and no page ever shows it."""


class RetentionSettings(Group):
    """How long calls are kept (docs/retention.md). Nothing is deleted unless a policy stands here."""

    keep_call_days: dict[str, int] = Field(
        default={},
        description="Days by queue after which a call is deleted with all that was made of it; `*`: every other queue.",
    )
    keep_media_days: dict[str, int] = Field(
        default={},
        description="Days by queue after which a call's sound is deleted; transcript and scores stay. `*` likewise.",
    )
    keep_prefect_days: int | None = Field(
        default=None,
        ge=1,
        description="Finished runs of Earmark on a Prefect server of yours are deleted after so many days; none keeps "
        "them.",
    )
    delete_media_below: tuple[Path, ...] = Field(
        default=(),
        description="Folders in which recordings may be deleted, with their metadata files. Elsewhere they stay, "
        "and the record says so; uploaded ones are always deleted.",
    )
    signing_key_file: Path | None = Field(
        default=None,
        description=f"Key that records of deletion are signed with, made by `earmark retention key`; or its text in "
        f"the environment: `{SIGNING_KEY_VARIABLE}`.",
    )
    require_signature: bool = Field(
        default=False, description="Delete nothing where there is no key to sign the record with."
    )

    @field_validator("keep_call_days", "keep_media_days")
    @classmethod
    def _a_day_at_least(cls, days: Mapping[str, int]) -> Mapping[str, int]:
        for queue, kept in days.items():
            if not 1 <= kept <= 36_525:
                raise ValueError(f"{queue}: keep for 1 to 36525 days; leave the queue out to keep its calls")
        return days
