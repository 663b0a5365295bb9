"""A recorded call and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """Something wrong with a recording or its metadata, in plain words.

    Attributes:
        code: Stable code, such as ``time_zone_unknown``.
        reason: What is wrong and what to do about it.
        fatal: True where the call cannot be scored before it is mended.
    """

    code: str
    reason: str
    fatal: bool


NO_SOUND = ""
"""``media_uri`` of a call whose sound was deleted and whose results stay."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """One recorded call. ``call_id`` is derived from ``sha256``, the hash of the decoded audio.

    ``started_at`` is None where neither metadata nor file name tell it; such a call is scored, but it is in no period.
    """

    call_id: str
    sha256: str
    media_uri: str
    duration_ms: int
    sample_rate_hz: int
    channels: int
    started_at: datetime | None = None
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    customer_ref: str | None = None
    direction: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()
