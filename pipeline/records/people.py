"""Who uses the console, and whose calls they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UserRole(StrEnum):
    """What somebody's work is; `app.web.access.rights` says what each may do."""

    AGENT = "agent"
    REVIEWER = "reviewer"
    COMPLIANCE = "compliance"
    MANAGER = "manager"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Somebody who may sign in.

    Attributes:
        name: What they sign in with, and what stands beside what they say; unique, whatever its capitals.
        display_name: How they are called on pages.
        teams: Whose calls they may see; empty means all teams. An agent sees their own calls only.
        agent_id: Who they are in recordings; an agent has one, others may.
        hears_unredacted: Whether they may hear recordings with personal data; card data never.
        active: Whether they may sign in.
        subject: ``issuer subject`` of their OpenID Connect account; None for local accounts.
        temporary_password: Whether they have to choose a password of their own before anything else.
    """

    user_id: str
    name: str
    display_name: str
    role: UserRole
    created_at: datetime
    teams: tuple[str, ...] = ()
    agent_id: str | None = None
    hears_unredacted: bool = False
    active: bool = True
    subject: str | None = None
    temporary_password: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Whose calls may be seen.

    Attributes:
        agent_id: Only this agent's; None for no such bound.
        teams: Only these teams'; None for all. A call without a team is in no team.
    """

    agent_id: str | None = None
    teams: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether all calls may be seen."""
        return self.agent_id is None and self.teams is None

    def includes(self, *, agent_id: str | None, team: str | None) -> bool:
        """Tell whether a call of this agent and team may be seen."""
        if self.agent_id is not None and agent_id != self.agent_id:
            return False
        return self.teams is None or team in self.teams


EVERYTHING = Scope()
