"""What a deletion would delete now, counted by policy and table. Nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.retention.deleting import Deleting
from pipeline.retention.deletion import due_now
from pipeline.retention.files import may_be_removed
from pipeline.retention.policies import policies_of
from pipeline.store.deletions import CALL, list_records
from pipeline.store.erase import count_rows
from pipeline.store.holds import calls_on_hold
from pipeline.store.old_calls import recordings_of
from pipeline.store.wanted_calls import in_batches


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyPlan:
    """What goes under one policy.

    Attributes:
        policy: Its name.
        due: Calls whose time is over.
        held: How many of them stay because of a legal hold.
        rows: That go, by table; of the telephone system's figures and surveys none are counted.
        recordings: Files that hold these calls.
        recordings_left: How many of them lie where nothing may be deleted.
    """

    policy: str
    due: int
    held: int
    rows: Mapping[str, int]
    recordings: int
    recordings_left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What the next deletion does.

    Attributes:
        unfinished: Earlier deletions that it finishes first.
    """

    policies: tuple[PolicyPlan, ...]
    unfinished: int


def make_plan(deleting: Deleting) -> Plan:
    """Return what would be deleted now under the policies of the settings."""
    with deleting.store.read() as connection:
        due: dict[str, list[str]] = {policy.name: [] for policy in policies_of(deleting.settings.retention)}
        whole = {policy.name: policy.what == CALL for policy in policies_of(deleting.settings.retention)}
        for call, policy in due_now(connection, deleting):
            due[policy.name].append(call.call_id)
        plans = []
        for name, call_ids in due.items():
            held = calls_on_hold(connection, call_ids)
            going = [call_id for call_id in call_ids if call_id not in held]
            rows: Counter[str] = Counter()
            for some in in_batches(going) if whole[name] else ():
                rows.update(count_rows(connection, some))
            files = [file for call_id in going for file in recordings_of(connection, call_id)]
            left = sum(not may_be_removed(Path(file.media_uri), deleting.settings) for file in files)
            plans.append(
                PolicyPlan(
                    policy=name,
                    due=len(call_ids),
                    held=len(held),
                    rows=dict(sorted(rows.items())),
                    recordings=len(files),
                    recordings_left=left,
                )
            )
        return Plan(policies=tuple(plans), unfinished=len(list_records(connection, unfinished=True)))
