"""`earmark reviews`: correct an answer, agree with it, see both, acknowledge a score."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.acts import Act, editing, log_acts, review_act
from app.cli import review_page, show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.people import (
    AnswerArgument,
    ByOption,
    CallArgument,
    CriterionArgument,
    ReasonOption,
    ReviewerOption,
    whoever,
)
from app.cli.periods import FromOption, ToOption, period
from pipeline.canonical import to_data
from pipeline.review.answers import AGREES
from pipeline.reviewing.evaluations import (
    acknowledge_score,
    answer_question,
    questions_at_hand,
    read_evaluation,
)
from pipeline.reviewing.evaluations import (
    agree as agree_with,
)
from pipeline.store.calls import get_recording
from pipeline.store.reviews import all_reviews, require_criterion

app = typer.Typer(help="Correct answers, agree with them, see who corrected what.", no_args_is_help=True)


@app.command("answer")
def answer(
    call_id: CallArgument,
    criterion_id: CriterionArgument,
    given: AnswerArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question of a call's score yourself. The machine's answer stays beside yours, and yours counts."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    questions = questions_at_hand(settings.score)
    with editing(store, settings) as (connection, acts):
        before = read_evaluation(connection, call_id)
        made = answer_question(
            connection,
            before,
            criterion_id,
            given,
            questions=questions,
            reviewer=whoever(by),
            reason=reason,
            now=datetime.now(UTC),
        )
        acts.append(review_act(made))
        after = read_evaluation(connection, before.recording.call_id)
    store.close()
    if as_json:
        show.print_json({"review": to_data(made), "effective": review_page.totals_data(after.effective)})
    else:
        review_page.print_answered(after, [made], before.effective)


@app.command("agree")
def agree(
    call_id: CallArgument,
    criterion_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="CRITERION", help="Ids of questions.", show_default="all that were answered"),
    ] = None,
    by: ByOption = None,
    reason: Annotated[str, typer.Option("--reason", help="A remark.")] = AGREES,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the machine's answers are right: that is what its figures of agreement are made from.

    Without questions named: all that it answered and nobody else has; what it withheld is listed for you to answer.
    """
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        evaluation = read_evaluation(connection, call_id)
        now = datetime.now(UTC)
        made, left = agree_with(
            connection, evaluation, criterion_ids or (), reviewer=whoever(by), now=now, reason=reason
        )
        acts.extend(review_act(review) for review in made)
    store.close()
    if as_json:
        show.print_json({"reviews": [to_data(review) for review in made], "to_answer": left})
        return
    if made:
        show.say(f"{evaluation.recording.call_id}: agreed with {len(made)} answer{'' if len(made) == 1 else 's'}")
    else:
        show.say(f"{evaluation.recording.call_id}: nothing left to agree with: every answer was reviewed before")
    if left:
        show.remark(f"the machine left to you: {', '.join(left)}; earmark reviews answer {call_id} CRITERION ANSWER")


@app.command("list")
def list_(
    call_id: Annotated[str | None, typer.Option("--call", help="Only of this call.")] = None,
    reviewer: ReviewerOption = None,
    criterion_id: Annotated[str | None, typer.Option("--criterion", help="Only of this question.")] = None,
    first: FromOption = None,
    last: ToOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List reviews, oldest first. Those of blind sessions are in `earmark calibration show`. The audit log notes it."""
    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    store = open_existing(settings)
    with store.read() as connection:
        if criterion_id is not None:
            require_criterion(connection, criterion_id)
        found = all_reviews(
            connection,
            call_id=get_recording(connection, call_id).call_id if call_id else None,
            reviewer=reviewer,
            criterion_id=criterion_id,
            since=since,
            before=before,
        )
    log_acts(store, settings, [Act(action="view", subject=("reviews", ""), details={"reviews": len(found)})])
    store.close()
    if as_json:
        show.print_json([to_data(review) for review in found])
    elif found:
        review_page.print_reviews(found)
    else:
        show.remark("no such reviews")


@app.command("show")
def show_(
    call_id: CallArgument,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a call's answers, the machine's beside those that count, and both totals. The audit log remembers it."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        evaluation = read_evaluation(connection, call_id)
    seen = {"reviews": len(evaluation.reviews)}
    log_acts(store, settings, [Act(action="view", subject=("call", evaluation.recording.call_id), details=seen)])
    store.close()
    if as_json:
        show.print_json(review_page.evaluation_data(evaluation))
    else:
        review_page.print_evaluation(evaluation)


@app.command("acknowledge")
def acknowledge(
    call_id: CallArgument,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that you have seen a call's score as it stands; after a later correction it is to be seen again."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        evaluation = read_evaluation(connection, call_id)
        made, is_new = acknowledge_score(connection, evaluation, by=whoever(by), now=datetime.now(UTC))
        if is_new:
            details = {"score": made.score_id, "by": made.acknowledged_by}
            acts.append(Act(action="acknowledgement", subject=("call", made.call_id), details=details))
    store.close()
    if as_json:
        show.print_json(to_data(made) | {"new": is_new})
        return
    when = "" if is_new else f" on {show.moment(made.made_at)} already; nothing has changed since"
    show.say(f"{made.call_id}: {review_page.total(evaluation.effective)} acknowledged by {made.acknowledged_by}{when}")
