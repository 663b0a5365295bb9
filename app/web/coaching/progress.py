"""Sessions that were held, with how what they were about went before and since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.coaching.moments import ItemView, item_view
from app.web.coaching.sight import CoachedAgent
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.coaching.effect import BeforeAfter, before_and_after
from pipeline.coaching.words import told
from pipeline.records import CoachedQuestion, Scope
from pipeline.store.coaching import SessionRow, list_items, list_sessions
from pipeline.store.coaching_answers import questions_now

MOST_SESSIONS = 20
_Key = tuple[str, CoachedQuestion]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionProgress:
    """A coached question; ``found`` is None while it is being counted, or where it does not come up any more.

    Attributes:
        told: What the figures show and what they do not.
    """

    question: CoachedQuestion
    title: str
    found: BeforeAfter | None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionView:
    """A session that was held."""

    row: SessionRow
    questions: tuple[QuestionProgress, ...]
    items: tuple[ItemView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """An agent's sessions, the latest first; ``weeks`` is how long before and after a session is looked at."""

    sessions: tuple[SessionView, ...]
    shot: Snapshot[Mapping[_Key, BeforeAfter]]
    weeks: int
    min_calls: int


def held_sessions(
    site: Site,
    connection: Connection,
    agent: CoachedAgent,
    *,
    scope: Scope,
    readable: Scope,
    titles: dict[str, str],
) -> Held:
    """Return an agent's sessions.

    Args:
        site: Where figures are kept.
        connection: Where to read.
        agent: Whose; the agent themselves is not told how the others of the team did.
        scope: Whose calls the visitor may see.
        readable: Which sessions they may read.
        titles: Of questions, by their ids.
    """
    rows = list_sessions(connection, scope=readable, agent=agent.agent_id, limit=MOST_SESSIONS)
    min_calls = site.settings.scorecards.min_calls

    def compute() -> Mapping[_Key, BeforeAfter]:
        return _progress(site, rows, scope=scope, alone=agent.is_own)

    ids = tuple(row.session.session_id for row in rows)
    shot = snapshot(site, ("before and after", agent.agent_id, scope, agent.is_own, ids), compute)
    return Held(
        sessions=tuple(_view(connection, row, shot.value or {}, titles, scope, min_calls=min_calls) for row in rows),
        shot=shot,
        weeks=site.settings.coaching.weeks_compared,
        min_calls=min_calls,
    )


def _progress(
    site: Site,
    rows: Sequence[SessionRow],
    *,
    scope: Scope,
    alone: bool,
) -> Mapping[_Key, BeforeAfter]:
    """Return the figures of each question of sessions; ``alone`` without those of others."""
    found = {}
    with site.store.read() as connection:
        everybodys = list_sessions(connection)
        now_asked = questions_now(connection, (each for row in rows for each in row.session.questions))
        for row in rows:
            for question in row.session.questions:
                if question not in now_asked:
                    continue
                found[row.session.session_id, question] = before_and_after(
                    connection,
                    row.session,
                    question,
                    now_asked[question].asked,
                    scope=scope,
                    team=None if alone else row.session.team,
                    sessions=everybodys,
                    settings=site.settings.coaching,
                    min_calls=site.settings.scorecards.min_calls,
                    now=site.now(),
                )
    return found


def _view(
    connection: Connection,
    row: SessionRow,
    found: Mapping[_Key, BeforeAfter],
    titles: dict[str, str],
    scope: Scope,
    *,
    min_calls: int,
) -> SessionView:
    session = row.session
    items = list_items(connection, scope=scope, session_id=session.session_id) if session.item_ids else []
    return SessionView(
        row=row,
        questions=tuple(
            _progress_of(question, titles, found.get((session.session_id, question)), min_calls)
            for question in session.questions
        ),
        items=tuple(item_view(each.item, titles) for each in items),
    )


def _progress_of(
    question: CoachedQuestion, titles: dict[str, str], found: BeforeAfter | None, min_calls: int
) -> QuestionProgress:
    return QuestionProgress(
        question=question,
        title=titles.get(question.criterion_id, question.criterion_id),
        found=found,
        told=told(found, min_calls=min_calls) if found else (),
    )
