"""`earmark coaching effect`: what came of sessions, and the calls that the figures are of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.acts import Act
from app.cli import show
from app.cli.coaching_calls_page import calls_data, print_calls
from app.cli.coaching_effect_page import effect_data, print_effect, print_effect_of_session
from app.cli.coaching_store import log, opened, session_named
from app.cli.known_names import require_known
from app.cli.options import AgentOption, ConfigOption, JsonOption, TeamOption, WorkspaceOption, read_settings
from pipeline.coaching.compared import Compared, compared_answers
from pipeline.coaching.looking_back import LookingBack, look_back
from pipeline.records import EVERYTHING, Scope
from pipeline.store.coaching import SessionRow, list_sessions
from pipeline.store.coaching_answers import QuestionNow, questions_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.config import Settings


def effect(
    session_id: Annotated[
        str | None,
        typer.Argument(metavar="[SESSION]", help="Id of a session; its first characters do.", show_default="all"),
    ] = None,
    calls: Annotated[
        bool, typer.Option("--calls", help="List the calls that the figures of one session are of.")
    ] = False,
    agent: AgentOption = None,
    team: TeamOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare calls before and after sessions, beside agents whom nobody coached on the same question."""
    if calls and session_id is None:
        raise typer.BadParameter("name the session whose calls are to be listed", param_hint="--calls")
    settings = read_settings(workspace, config)
    store = opened(settings)
    with store.read() as connection:
        require_known(connection, settings, agent=agent, team=team)
        scope = EVERYTHING if team is None else Scope(teams=(team,))
        rows = list_sessions(connection, agent=agent, scope=scope)
        if session_id is not None:
            rows = [session_named(connection, session_id)]
        found = _look_back(connection, settings, rows)
        behind = _calls_behind(connection, settings, rows) if calls else {}
    subject = ("coaching", rows[0].session.session_id if session_id and rows else agent or "")
    log(store, settings, Act(action="view", subject=subject, details={"as": "effect", "sessions": len(rows)}))
    if as_json:
        data = effect_data(found, min_calls=settings.scorecards.min_calls)
        show.print_json(data | {"calls": calls_data(behind)} if calls else data)
    elif session_id is not None:
        print_effect_of_session(found, settings)
        print_calls(behind)
    elif found.each:
        print_effect(found, settings)
    else:
        show.remark("no session was held yet; earmark coaching hold keeps one")


def _look_back(connection: Connection, settings: Settings, rows: list[SessionRow]) -> LookingBack:
    return look_back(
        connection,
        rows,
        everybodys=list_sessions(connection),
        questions=questions_now(connection, (each for row in rows for each in row.session.questions)),
        scope=EVERYTHING,
        settings=settings.coaching,
        min_calls=settings.scorecards.min_calls,
        now=datetime.now(UTC),
    )


def _calls_behind(connection: Connection, settings: Settings, rows: list[SessionRow]) -> dict[QuestionNow, Compared]:
    """Return the answers behind the figures of sessions, by question."""
    now_asked = questions_now(connection, (each for row in rows for each in row.session.questions))
    return {
        now_asked[question]: compared_answers(
            connection,
            row.session,
            question,
            now_asked[question].asked,
            scope=EVERYTHING,
            team=row.session.team,
            sessions=list_sessions(connection),
            settings=settings.coaching,
            now=datetime.now(UTC),
        )
        for row in rows
        for question in row.session.questions
        if question in now_asked
    }
