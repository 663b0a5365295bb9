"""`earmark calibration`: several people answer the same questions blind, then see where they differ."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.acts import Act, editing, log_acts, review_act
from app.cli import calibration_page, show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.people import (
    AnswerArgument,
    ByOption,
    CallArgument,
    CriterionArgument,
    ReasonOption,
    ReviewersOption,
    listed,
    whoever,
)
from app.cli.review_page import in_words
from pipeline.reviewing import sessions as calibrating
from pipeline.reviewing.evaluations import questions_at_hand
from pipeline.store.calibration_sessions import SessionRow, list_sessions

app = typer.Typer(help="Blind calibration sessions with an expert's answers.", no_args_is_help=True)

SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="Id of the session; its first characters do.", show_default=False)
]


@app.command("start")
def start(
    reviewers: ReviewersOption,
    expert: Annotated[str, typer.Option("--expert", help="Whose answers are taken as right.", show_default=False)],
    calls: Annotated[str | None, typer.Option("--calls", help="Ids of calls with commas between.")] = None,
    sample: Annotated[int, typer.Option("--sample", min=0, help="Draw so many calls instead.")] = 0,
    rubric: Annotated[
        str | None, typer.Option("--rubric", "-r", help="Whose questions.", show_default="that of the calls' scores")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed draws other calls.")] = 1,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start a session about named calls, or some drawn from those that nobody has reviewed."""
    if bool(calls) == bool(sample):
        raise typer.BadParameter("give --calls c-1,c-2 or --sample N, one of them")
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        session = calibrating.start(
            connection,
            call_ids=listed(calls),
            sample=sample,
            seed=seed,
            rubric_id=rubric,
            reviewers=listed(reviewers),
            expert=expert,
            by=whoever(by),
            now=datetime.now(UTC),
        )
        details = {"calls": [call.call_id for call in session.calls], "by": session.started_by}
        acts.append(Act(action="session", subject=("session", session.session_id), details=details))
    store.close()
    if as_json:
        show.print_json(calibration_page.session_data(SessionRow(session=session, closing=None)))
        return
    show.say(session.session_id)
    for call in session.calls:
        show.say(f"  {call.call_id}")
    show.remark("everybody hears these calls before looking at their scores, and answers with:")
    show.remark(f"  earmark calibration answer {session.session_id} CALL CRITERION ANSWER --reason ... --by NAME")


@app.command("answer")
def answer(
    session_id: SessionArgument,
    call_id: CallArgument,
    criterion_id: CriterionArgument,
    given: AnswerArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question of an open session, or answer it anew. It changes no score, and nobody sees it yet."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    questions = questions_at_hand(settings.score)
    with editing(store, settings) as (connection, acts):
        made = calibrating.answer_blind(
            connection,
            session_id,
            call_id,
            criterion_id,
            given,
            by=whoever(by),
            reason=reason,
            questions=questions,
            now=datetime.now(UTC),
        )
        acts.append(review_act(made))
    store.close()
    said = in_words(made.status, made.share, made.answer)
    if as_json:
        told = {"call_id": made.call_id, "criterion_id": made.criterion_id, "reviewer": made.reviewer}
        show.print_json({**told, "review_id": made.review_id, "status": made.status.value, "share": made.share})
    else:
        show.say(f"{made.call_id} {made.criterion_id}: {said}, by {made.reviewer}")


@app.command("show")
def show_(
    session_id: SessionArgument,
    by: Annotated[
        str | None, typer.Option("--by", help="Who looks: while it is open, one sees one's own answers.")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show your own answers of an open session, or how everybody's compare in a closed one."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        shown = calibrating.view(connection, session_id, by=by, points_apart=settings.review.points_apart)
    seen = Act(action="view", subject=("session", shown.session.session_id), details={"by": by})
    log_acts(store, settings, [seen])
    store.close()
    if as_json:
        show.print_json(calibration_page.view_data(shown))
    else:
        calibration_page.print_view(shown, by)


@app.command("close")
def close(
    session_id: SessionArgument,
    by: ByOption = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where answers are missing.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a session: nobody answers any more, and everybody sees all answers. For who started it, and the expert."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        row = calibrating.close(connection, session_id, by=whoever(by), now=datetime.now(UTC), anyway=anyway)
        details = {"closed": True, "by": row.closing.closed_by if row.closing else None}
        acts.append(Act(action="session", subject=("session", row.session.session_id), details=details))
    store.close()
    if as_json:
        show.print_json(calibration_page.session_data(row))
    else:
        show.say(f"{row.session.session_id}: closed; earmark calibration show {row.session.session_id}")


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the sessions, oldest first."""
    store = open_existing(read_settings(workspace, config))
    with store.read() as connection:
        found = list_sessions(connection)
    store.close()
    if as_json:
        show.print_json([calibration_page.session_data(row) for row in found])
    elif found:
        calibration_page.print_sessions(found)
    else:
        show.remark("no sessions yet; earmark calibration start")
