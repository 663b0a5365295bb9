"""Settings of what is read out of a transcript: sentiment, conversation, compliance."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from pipeline.config.group import PACKAGE_ROOT, Group


class SentimentSettings(Group):
    """How turns are read for sentiment."""

    engine: str = Field(
        default="minilm", description="minilm, vader (a fallback), or transformers:NAME for a model of your own."
    )
    model: str | None = Field(
        default=None, description="The same NAME by itself: name or folder of a sequence-classification model."
    )
    min_characters: int = Field(default=8, ge=0, description="Shorter passages are not read.")


class ConversationSettings(Group):
    """From when a silence, an overlap, a hold or a loud voice counts."""

    dead_air_ms: int = Field(default=3000, ge=0, description="Nobody speaking for longer than this is dead air.")
    overtalk_ms: int = Field(default=1000, ge=0, description="Both speaking for longer than this is overtalk.")
    hold_ms: int = Field(
        default=10000, ge=0, description="An announced gap, or one with music, longer than this is a hold."
    )
    raised_voice_db: float = Field(
        default=6.0, gt=0, description="A voice this much louder than its speaker's usual level is raised."
    )


class ComplianceSettings(Group):
    """Which rules are looked for, and how closely words must match."""

    rules_dir: Path = Field(default=PACKAGE_ROOT / "rubrics" / "rules", description="Folder of rule packs (YAML).")
    said_similarity: float = Field(
        default=0.83, ge=0, le=1, description="Words at least this similar to a phrase count as said (0..1)."
    )
    near_miss_similarity: float = Field(
        default=0.6, ge=0, le=1, description="An absence names its nearest miss from this similarity on."
    )
    assessable_confidence: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Where the words of a window were recognised with less confidence than this, what was not found "
        "there cannot be assessed.",
    )
