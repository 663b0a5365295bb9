"""Settings of what is masked."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from pipeline.config.group import Group
from pipeline.errors import did_you_mean
from pipeline.records.transcript import REDACTION_KINDS

ALWAYS_MASKED = REDACTION_KINDS[:2]


class PrivacySettings(Group):
    """Which personal data are masked, and what is kept of them."""

    kinds: tuple[str, ...] = Field(
        default=REDACTION_KINDS,
        description=f"Kinds that are masked: {', '.join(REDACTION_KINDS)}. The first two cannot be left out.",
    )
    phone_region: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country whose phone numbers are known as such without being asked for, by its ISO code.",
    )
    mute_margin_ms: int = Field(
        default=150, ge=0, description="Recordings are written silent for so long before and behind what was masked."
    )
    keep_unredacted: bool = Field(
        default=False,
        description="Keep each transcript with personal data too, in a folder of its own; card data never.",
    )
    unredacted_dir: Path | None = Field(
        default=None, description="That folder; none means `unredacted` inside the workspace."
    )

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in REDACTION_KINDS:
                raise ValueError(f"unknown kind {kind!r}{did_you_mean(kind, REDACTION_KINDS)}")
        if missing := [kind for kind in ALWAYS_MASKED if kind not in kinds]:
            raise ValueError(f"{' and '.join(missing)} cannot be left out")
        return tuple(kind for kind in REDACTION_KINDS if kind in kinds)
