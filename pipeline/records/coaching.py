"""Coaching: what somebody should be shown, and the talks that were held about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.records.score import Status


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachingItem:
    """A moment of a call that somebody sent to coaching. It is open until a session takes it up.

    Attributes:
        agent_id: Whose call it is.
        criterion_id: The question that it is about; None for the call as a whole.
        start_ms: Where the moment begins; None together with ``end_ms``: the whole call.
        note: Why, for who coaches. The agent reads it only once it is part of a session.
        sent_by: Name of who sent it.
    """

    item_id: str
    agent_id: str
    call_id: str
    note: str
    sent_by: str
    sent_at: datetime
    criterion_id: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachingWithdrawal:
    """An item was taken back by who sent it: it is in no list any more, and stays in the database."""

    item_id: str
    withdrawn_by: str
    withdrawn_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachedQuestion:
    """A question that a coaching session was about: by its rubric and id, for the version may change."""

    rubric_id: str
    criterion_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachingSession:
    """A talk with an agent. Written once and never changed; the agent reads all of it.

    Attributes:
        questions: What it was about.
        item_ids: The items that it took up; an item is in one session at most.
        notes: What was said.
        action: What was agreed on.
        held_by: Name of who coached.
        team: The agent's, in the calls that the coach saw: who sees no calls of this team does not read the session.
    """

    session_id: str
    agent_id: str
    notes: str
    action: str
    held_by: str
    held_at: datetime
    questions: tuple[CoachedQuestion, ...] = ()
    item_ids: tuple[str, ...] = ()
    team: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachingAcknowledgement:
    """The agent has read a session: not that they agree."""

    session_id: str
    acknowledged_by: str
    acknowledged_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentAnswer:
    """The answer that counts to one question of one of an agent's calls.

    Attributes:
        asked: Fingerprint of the question: equal ones are one question, whatever the rubric. Empty in old scores.
    """

    agent_id: str
    call_id: str
    score_id: str
    started_at: datetime | None
    rubric_id: str
    criterion_id: str
    asked: str
    title: str
    critical: bool
    status: Status

    @property
    def question(self) -> str:
        """What equal questions have in common."""
        return self.asked or f"{self.rubric_id} {self.criterion_id}"
