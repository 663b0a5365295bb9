"""What of a row somebody may be told: their own, and not what is about other people in it (GDPR Art. 15(4))."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

SOMEBODY = "(somebody else)"
MAY_NAME_OTHERS = "(left out: it may name others)"

_PEOPLE = frozenset({"reviewer", "reviewers", "assigned_to", "expert"})
_PATHS = frozenset({"media_uri", "path"})
_QUOTE_PATHS = frozenset({("uploads", "name"), ("uploads", "reason"), ("failures", "reason")})
_ABOUT_STAFF = ("agent", "user", "operator", "employee", "staff")

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Of whom a copy is made: one of the two is given."""

    customer: str | None = None
    agent: str | None = None

    @property
    def words(self) -> str:
        """As the page calls them."""
        return f"customer {self.customer}" if self.customer is not None else f"agent {self.agent}"


def told_value(table: str, name: str, value: Any, subject: Subject, own: frozenset[str]) -> Any:
    """Return a value as somebody may be told it; of stored JSON, every value inside.

    Args:
        table: The table's name.
        name: The column's, or inside of JSON the key.
        value: What is stored.
        subject: Who is told.
        own: Under which names they act.
    """
    value = plain_value(value)
    if value is None:
        return None
    if name in ("agent_id", "customer_ref"):
        mine = subject.agent if name == "agent_id" else subject.customer
        return value if value == mine else SOMEBODY
    if name in _PEOPLE or (name.endswith("_by") and name not in ("told_by", "made_by")):
        return value if isinstance(value, str) and value in own else SOMEBODY
    if name in _PATHS or (table, name) in _QUOTE_PATHS:
        return MAY_NAME_OTHERS
    if name == "metadata":
        return _told_metadata(value, subject)
    return _told_json(table, value, subject, own)


def plain_value(value: Any) -> Any:
    """Return a stored value as JSON data: times as text, and stored JSON as what it says."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _told_metadata(value: Any, subject: Subject) -> Any:
    """Return what the telephone system told: to the customer, but for who the agent was."""
    if subject.agent is not None or not isinstance(value, dict):
        return MAY_NAME_OTHERS
    about_staff = {key for key in value if any(word in key.lower() for word in _ABOUT_STAFF)}
    return {key: SOMEBODY if key in about_staff else inner for key, inner in value.items()}


def _told_json(table: str, value: Any, subject: Subject, own: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: told_value(table, key, inner, subject, own) for key, inner in value.items()}
    if isinstance(value, list):
        return [told_value(table, "", inner, subject, own) for inner in value]
    return value
