"""Settings of what calls are about."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from pipeline.config.group import PACKAGE_ROOT, Group


class ReasonSettings(Group):
    """How contact reasons are told: by rules first, then by groups of similar calls."""

    rules_dir: Path = Field(
        default=PACKAGE_ROOT / "rubrics" / "reasons",
        description="Folder of rule packs (YAML) that tell reasons; an empty one leaves all to groups.",
    )
    group_calls: int = Field(default=10, ge=3, description="A group is a reason from so many calls on.")
    min_similarity: float = Field(
        default=0.4, ge=0, le=1, description="A call less near than this to every group has another reason (0..1)."
    )
