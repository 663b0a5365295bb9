"""`earmark coaching`: who misses what again and again, plans for talks, sessions, and what came of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.acts import Act, editing
from app.cli import coaching_page, show
from app.cli.coaching_effect import effect
from app.cli.coaching_store import log, opened, session_named
from app.cli.known_names import require_known
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.people import ByOption, whoever
from pipeline.audit.log import Detail
from pipeline.canonical import to_data
from pipeline.coaching.answers import answers_of_agent, missed_by_agent
from pipeline.coaching.plan import make_plan
from pipeline.coaching.sessions import hold_session, take_back
from pipeline.coaching.sheet import FORMS, Sheet, write_sheet
from pipeline.errors import ReviewError, did_you_mean
from pipeline.records import EVERYTHING, AgentAnswer, CoachedQuestion, Scope
from pipeline.review.coaching import acknowledged_by
from pipeline.review.wording import folded, same_name
from pipeline.reviewing.evaluations import questions_at_hand
from pipeline.store.coaching import acknowledge, last_sessions, list_items, list_sessions, open_item_counts
from pipeline.store.coaching_answers import AgentInScope, agents_in_scope
from pipeline.store.people import get_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.config import Settings

app = typer.Typer(help="Topics, plans for talks, sessions, and what came of them.", no_args_is_help=True)

AgentArgument = Annotated[str, typer.Argument(metavar="AGENT", help="Id in recordings.", show_default=False)]
SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="Id of the session; its first characters do.", show_default=False)
]


# A name without blanks that has an ending, or anything that begins as a path or ends as a document.
_FILE_NAME = re.compile(
    r"\A(?:(?:~|\.{1,2})?/\S|[a-z]:\\|\\\\).*\Z|\A\S+\.[a-z][a-z0-9]{1,4}\Z|\A.+\.(?:txt|text|md|rtf|docx?|odt|pdf)\Z",
    re.IGNORECASE,
)


@app.command("topics")
def topics(
    agent: AgentOption = None,
    team: TeamOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List who misses the same question again and again, critical ones first. The audit log remembers who looked."""
    settings = read_settings(workspace, config)
    store = opened(settings)
    scope = EVERYTHING if team is None else Scope(teams=(team,))
    with store.read() as connection:
        require_known(connection, settings, agent=agent, team=team)
        agents = {each.agent_id: each for each in agents_in_scope(connection, scope, agent=agent)}
        missed = missed_by_agent(connection, scope, settings.coaching, agent=agent)
        items, last = open_item_counts(connection, scope), last_sessions(connection, scope)
    lines = coaching_page.topic_lines(agents, missed, items, last)
    log(store, settings, Act(action="view", subject=("coaching", agent or ""), details={"agents": len(lines)}))
    if as_json:
        show.print_json([coaching_page.topics_data(line) for line in lines])
    elif lines:
        coaching_page.print_topics(lines, settings.coaching)
    else:
        rule = f"{settings.coaching.misses} of the last {settings.coaching.last_calls} calls"
        show.remark(f"nothing repeats and nothing was sent: a topic is a question missed in {rule} that it came up in")


@app.command("plan")
def plan(
    agent: AgentArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write a sheet for the talk, .html or .pdf, instead.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what to talk about: advice, moments to hear, and a good example of somebody else, without a name."""
    if out is not None and out.suffix.lower() not in FORMS:
        raise typer.BadParameter(f"{out.name} has to end in {' or '.join(FORMS)}", param_hint="--out")
    settings = read_settings(workspace, config)
    store = opened(settings)
    questions = questions_at_hand(settings.score)
    with store.read() as connection:
        about, answers = _agent(connection, settings, agent)
        made = make_plan(
            connection,
            agent,
            answers,
            examples_among=EVERYTHING if about.team is None else Scope(teams=(about.team,)),
            questions=questions,
            settings=settings.coaching,
        )
        items = list_items(connection, agent=agent, only_open=True)
        held = list_sessions(connection, agent=agent, limit=1)
    calls = sorted(made.call_ids | ({row.item.call_id for row in items} if out is None else set()))
    sheet = Sheet(
        plan=made,
        team=about.team,
        last=held[0].session if held else None,
        generated_at=datetime.now(UTC),
        timezone=settings.scorecards.timezone,
        console_url=settings.console.public_url.rstrip("/") if settings.console.public_url else None,
    )
    if out is not None:
        exported: dict[str, Detail] = {"as": "coaching sheet", "name": out.name, "calls": calls}
        log(store, settings, Act(action="export", subject=("coaching", agent), details=exported))
        show.say(str(write_sheet(sheet, out)))
        return
    log(store, settings, Act(action="view", subject=("coaching", agent), details={"calls": calls}))
    if as_json:
        show.print_json(coaching_page.plan_data(sheet, items))
    else:
        coaching_page.print_plan(sheet, items)


@app.command("hold")
def hold(
    agent: AgentArgument,
    action: Annotated[str, typer.Option("--action", help="What was agreed on, in one sentence.", show_default=False)],
    about: Annotated[
        list[str] | None,
        typer.Option("--about", metavar="RUBRIC/CRITERION", help="What it was about. Repeatable.", show_default=False),
    ] = None,
    item: Annotated[
        list[str] | None,
        typer.Option("--item", metavar="ITEM", help="Sent item that it took up. Repeatable.", show_default=False),
    ] = None,
    notes: Annotated[str, typer.Option("--notes", metavar="FILE|TEXT", help="What was said.", show_default=False)] = "",
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a session. The agent reads all of it, and it is never changed."""
    settings = read_settings(workspace, config)
    store = opened(settings)
    with editing(store, settings) as (connection, acts):
        _, answers = _agent(connection, settings, agent)
        session = hold_session(
            connection,
            agent,
            notes=_text_of(notes),
            action=action,
            questions=[_question(each, answers, agent) for each in about or ()],
            item_ids=tuple(item or ()),
            scope=EVERYTHING,
            by=whoever(by),
            now=datetime.now(UTC),
        )
        counts = {"questions": len(session.questions), "items": len(session.item_ids)}
        details: dict[str, Detail] = {"agent": agent, "by": session.held_by, **counts}
        acts.append(Act(action="coaching", subject=("coaching", session.session_id), details=details))
    store.close()
    if as_json:
        show.print_json(to_data(session))
    else:
        show.say(f"session {session.session_id} with {agent} is kept; the agent acknowledges it")


@app.command("sessions")
def sessions(
    agent: AgentOption = None,
    team: TeamOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List sessions, the latest first, and who has read them. The audit log remembers who looked."""
    settings = read_settings(workspace, config)
    store = opened(settings)
    with store.read() as connection:
        require_known(connection, settings, agent=agent, team=team)
        rows = list_sessions(connection, agent=agent, scope=EVERYTHING if team is None else Scope(teams=(team,)))
    log(store, settings, Act(action="view", subject=("coaching", agent or ""), details={"sessions": len(rows)}))
    if as_json:
        show.print_json([to_data(row) for row in rows])
    elif rows:
        coaching_page.print_sessions(rows)
    else:
        show.remark("no such sessions; earmark coaching hold keeps one")


@app.command("acknowledge")
def acknowledge_(
    session_id: SessionArgument,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that you have read a session about you. It does not mean that you agree."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    name = whoever(by)
    with editing(store, settings) as (connection, acts):
        row = session_named(connection, session_id)
        user = get_user(connection, folded(name))
        own_name = row.session.agent_id if same_name(name, row.session.agent_id) else None
        agent_id = user.agent_id if user is not None and user.agent_id else own_name
        made = acknowledged_by(row.session, agent_id=agent_id, name=name, now=datetime.now(UTC))
        is_new = acknowledge(connection, made)
        if is_new:
            acts.append(Act(action="acknowledgement", subject=("coaching", made.session_id), details={"by": name}))
    store.close()
    counts = made if is_new or row.acknowledgement is None else row.acknowledgement
    if as_json:
        show.print_json(to_data(counts) | {"new": is_new})
    else:
        show.say(f"session {counts.session_id}: read by {counts.acknowledged_by}{'' if is_new else ' already'}")


app.command("effect")(effect)


@app.command("items")
def items(
    agent: AgentOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the moments that were sent to coaching and not talked about yet. The audit log remembers who looked."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        require_known(connection, settings, agent=agent)
        rows = list_items(connection, agent=agent, only_open=True)
    log(store, settings, Act(action="view", subject=("coaching", agent or ""), details={"items": len(rows)}))
    if as_json:
        show.print_json([to_data(row.item) for row in rows])
    elif rows:
        coaching_page.print_items(rows)
    else:
        show.remark("nothing was sent that is still open; the console's page of a call has a button for it")


@app.command("withdraw")
def withdraw(
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="Whole id of the item.", show_default=False)],
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an item back that you sent by mistake. The log keeps that it was sent."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        taken = take_back(connection, item_id, scope=EVERYTHING, by=whoever(by), now=datetime.now(UTC))
        details = {"item": taken.item_id, "by": whoever(by)}
        acts.append(Act(action="withdrawal", subject=("call", taken.call_id), details=details))
    store.close()
    if as_json:
        show.print_json(to_data(taken))
    else:
        show.say(f"item {taken.item_id} is taken back")


def _agent(connection: Connection, settings: Settings, agent: str) -> tuple[AgentInScope, list[AgentAnswer]]:
    require_known(connection, settings, agent=agent)
    [about] = agents_in_scope(connection, EVERYTHING, agent=agent)
    return about, answers_of_agent(connection, EVERYTHING, agent)


def _question(given: str, answers: list[AgentAnswer], agent: str) -> CoachedQuestion:
    """Return the question that is meant by ``RUBRIC/CRITERION``.

    Raises:
        ReviewError: It does not come up in the agent's latest calls; with the nearest that does.
    """
    known = {f"{answer.rubric_id}/{answer.criterion_id}" for answer in answers}
    if given not in known:
        raise ReviewError(
            f"question {given!r} does not come up in {agent}'s latest calls{did_you_mean(given, known)}; "
            f"write it as RUBRIC/CRITERION (earmark coaching topics --agent {agent} has them)"
        )
    rubric_id, _, criterion_id = given.partition("/")
    return CoachedQuestion(rubric_id=rubric_id, criterion_id=criterion_id)


def _text_of(notes: str) -> str:
    """Return notes, or what stands in the file of that name.

    Raises:
        ReviewError: It is meant as a file, and there is none of that name that can be read as text.
    """
    try:
        is_file = Path(notes).is_file() if notes else False
        is_missing = not is_file and _is_meant_as_file(notes)
    except OSError:  # too long for a name: it is a text
        return notes
    if is_missing:
        raise ReviewError(f"{notes}: no such file to read notes from; what is kept is never changed, so check the name")
    if not is_file:
        return notes
    try:
        return Path(notes).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ReviewError(f"{notes}: is no text in UTF-8; save it as plain text") from None
    except OSError as error:
        raise ReviewError(f"{notes}: cannot be read ({error.strerror})") from None


def _is_meant_as_file(notes: str) -> bool:
    """Tell a name that was mistyped from a sentence: it begins or ends as names of files do, or a folder holds it."""
    if _FILE_NAME.search(notes):
        return True
    return "/" in notes and not any(map(str.isspace, notes)) and Path(notes).parent.is_dir()
