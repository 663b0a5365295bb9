"""Sessions that were held, with how what they were about went before and since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.coaching.moments import ItemView, item_view
from app.web.coaching.sight import CoachedAgent
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.records import AgentAnswer, CoachedQuestion, Scope
from pipeline.reviewing.coaching import COMPARED, BeforeAfter, before_and_after, coached_on
from pipeline.store.coaching import SessionRow, list_items, list_sessions

MOST_SESSIONS = 20
_Key = tuple[str, CoachedQuestion]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionProgress:
    """A coached question; ``found`` is None while it is being counted, or where it does not come up any more."""

    title: str
    found: BeforeAfter | None


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
    answers: Sequence[AgentAnswer],
    titles: dict[str, str],
) -> Held:
    """Return an agent's sessions.

    Args:
        site: Where figures are kept.
        connection: Where to read.
        agent: Whose; the agent themselves is not told how the others of the team did.
        scope: Whose calls the visitor may see.
        readable: Which sessions they may read.
        answers: To the agent's latest calls: what the questions ask now.
        titles: Of questions, by their ids.
    """
    rows = list_sessions(connection, scope=readable, agent=agent.agent_id, limit=MOST_SESSIONS)
    team = None if agent.is_own else agent.team
    asked = {(answer.rubric_id, answer.criterion_id): answer.asked for answer in reversed(answers) if answer.asked}

    def compute() -> Mapping[_Key, BeforeAfter]:
        return _progress(site, rows, asked, scope=scope, team=team)

    ids = tuple(row.session.session_id for row in rows)
    shot = snapshot(site, ("before and after", agent.agent_id, scope, team, ids), compute)
    return Held(
        sessions=tuple(_view(connection, row, shot.value or {}, titles, scope) for row in rows),
        shot=shot,
        weeks=COMPARED.days // 7,
        min_calls=site.settings.scorecards.min_calls,
    )


def _progress(
    site: Site,
    rows: Sequence[SessionRow],
    asked: Mapping[tuple[str, str], str],
    *,
    scope: Scope,
    team: str | None,
) -> Mapping[_Key, BeforeAfter]:
    found = {}
    with site.store.read() as connection:
        everybodys = list_sessions(connection) if team is not None else []
        for row in rows:
            for question in row.session.questions:
                fingerprint = asked.get((question.rubric_id, question.criterion_id))
                if fingerprint is None:
                    continue
                found[row.session.session_id, question] = before_and_after(
                    connection,
                    row.session,
                    fingerprint,
                    scope=scope,
                    team=team,
                    coached=coached_on(everybodys, question),
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
) -> SessionView:
    session = row.session
    items = list_items(connection, scope=scope, session_id=session.session_id) if session.item_ids else []
    return SessionView(
        row=row,
        questions=tuple(
            QuestionProgress(
                title=titles.get(question.criterion_id, question.criterion_id),
                found=found.get((session.session_id, question)),
            )
            for question in session.questions
        ),
        items=tuple(item_view(each.item, titles) for each in items),
    )
