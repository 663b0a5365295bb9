"""What of a situation needs somebody's attention, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from pipeline.config import AlertSettings
from pipeline.watching.situation import Situation
from pipeline.watching.span import span

AttentionCode = Literal["queue_old", "standing_still", "many_failed", "disk_low"]
CODES: tuple[AttentionCode, ...] = get_args(AttentionCode)
GB = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Attention:
    """Something that somebody has to look at, with what to do. ``told`` holds figures only."""

    code: AttentionCode
    told: str


def needs_attention(situation: Situation, alerts: AlertSettings) -> tuple[Attention, ...]:
    """Return what needs attention; nothing where all is well."""
    found: list[Attention] = []

    def add(code: AttentionCode, told: str) -> None:
        found.append(Attention(code=code, told=told))

    backlog, patience = situation.backlog, timedelta(minutes=alerts.queue_age_minutes)
    if situation.queue_age_s > patience.total_seconds():
        add("queue_old", f"a fresh call has waited for {span(situation.queue_age_s)}: start workers, or add some")
    since = min(filter(None, (backlog.fresh_since, backlog.backfill_since)), default=None)
    if since is not None and situation.at - since > patience and not (situation.hour.scored or situation.hour.failed):
        number = backlog.waiting + backlog.in_work
        add("standing_still", f"{number} calls wait, and none was finished in the last hour: see what the workers say")
    share, finished = situation.failed_share, situation.day.failed + situation.day.scored
    if share is not None and finished >= alerts.failed_from and share > alerts.failed_share:
        told = f"{situation.day.failed} of {finished} calls failed in 24 hours: earmark calls list --status failed"
        add("many_failed", told)
    if situation.free_bytes is not None and situation.free_bytes < alerts.free_disk_gb * GB:
        add("disk_low", f"{situation.free_bytes / GB:.1f} GB are free on the workspace's disk: make room")
    return tuple(found)
