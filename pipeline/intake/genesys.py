"""Metadata that Genesys Cloud exports beside each recording, in ``NAME_metadata.json``.

Source: "Working with exported recordings in AWS S3 bucket" in the Genesys Cloud Resource Center, which gives the file's
name, ``mediaType`` and ``userIds``; conversations name their participants as its analytics API does. A name that an
export lacks is passed over, so an older or newer export loses nothing but that field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SUFFIX = "_metadata.json"

_FIELDS: Mapping[str, Sequence[str]] = {
    "external_id": ("conversationId",),
    "started_at": ("startTime", "conversationStartTime", "conversationStart"),
    "queue": ("queue", "queueName", "queueId"),
    "direction": ("direction", "initialDirection", "originatingDirection"),
    "agent_id": ("agentId", "userId"),
}
_LISTS: Mapping[str, Sequence[str]] = {"agent_id": ("agentIds", "userIds"), "queue": ("queueNames", "queueIds")}


def genesys_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Return Earmark's fields of what an export tells of one recording.

    Of several agents or queues none is taken: nothing tells who spoke when, and a score must not land on a wrong card.
    """
    agents = [each for each in _objects(data.get("participants")) if each.get("purpose") == "agent"]
    found: dict[str, str] = {}
    for field, names in _FIELDS.items():
        known = [str(data[name]) for name in names if isinstance(data.get(name), str) and data[name]]
        among = [data.get(name) for name in _LISTS.get(field, ())] + [
            [agent.get(name) for name in names if agent.get(name)][:1] for agent in agents if field in _LISTS
        ]
        listed = {str(each) for some in among if isinstance(some, list) for each in some if isinstance(each, str)}
        if known:
            found[field] = known[0]
        elif len(listed) == 1:
            found[field] = listed.pop()
    return found


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
