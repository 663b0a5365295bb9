"""Settings of recognition."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.config.group import Group


class TranscribeSettings(Group):
    """How speech becomes words."""

    engine: str = Field(default="faster-whisper", description="faster-whisper, openai-whisper or scripted.")
    model: str = Field(
        default="base", description="`base` comes with the installation; any other Whisper size, or a path to a model."
    )
    language: str | None = Field(
        default=None, description="Language code of every call; none finds out each call's own."
    )
    expected_language: str = Field(
        default="en", description="What most calls are in: it stands where a call's own language is not sure."
    )
    beam_size: int = Field(
        default=5, ge=1, le=10, description="Candidates that are followed; 1 decodes greedily and is a little faster."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto takes a GPU where there is one.")
    threads: int = Field(default=0, ge=0, description="CPU threads for recognition; 0 takes all cores.")
    vocabulary: Path | None = Field(
        default=None,
        description="File (YAML) of names that the recogniser should know (docs/vocabulary.md); a relative path in a "
        "settings file counts from that file.",
    )
    tell_vocabulary: bool = Field(
        default=False,
        description="Tell the recogniser the names beforehand, too. Larger models gain by it; `base` skips speech "
        "(docs/vocabulary.md).",
    )
    channel_roles: Literal["auto", "agent-first", "customer-first"] = Field(
        default="auto", description="Who is on channel 0 of a stereo file; auto decides from what is said."
    )
    min_role_confidence: float = Field(
        default=0.6, ge=0.5, le=1, description="Below this, auto leaves the roles unknown and the call is flagged."
    )
    max_pause_in_turn_ms: int = Field(
        default=1500, ge=0, description="A longer pause of one speaker starts a new turn."
    )
