"""`earmark disputes`: object to an answer, and rule on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.acts import Act, editing, log_acts, review_act, ruling_act
from app.cli import review_page, show
from app.cli.options import AgentOption, ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.people import AnswerArgument, ByOption, CallArgument, CriterionArgument, ReasonOption, whoever
from pipeline.records import DisputeState
from pipeline.reviewing.disputes import dispute_answer, end_without_correction
from pipeline.reviewing.disputes import uphold as uphold_with
from pipeline.reviewing.evaluations import questions_at_hand, read_evaluation
from pipeline.store.calls import get_recording
from pipeline.store.disputes import DisputeRow, get_dispute, list_disputes

app = typer.Typer(help="Object to an answer; uphold, reject or withdraw that.", no_args_is_help=True)

DisputeArgument = Annotated[
    str, typer.Argument(metavar="DISPUTE", help="Id of the dispute; its first characters do.", show_default=False)
]


@app.command("open")
def open_(
    call_id: CallArgument,
    criterion_id: CriterionArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Object to one answer of a call's score, within the window and the number that the settings allow."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        made = dispute_answer(
            connection,
            call_id,
            criterion_id,
            by=whoever(by),
            reason=reason,
            settings=settings.review,
            now=datetime.now(UTC),
        )
        row = get_dispute(connection, made.dispute_id)
        details = {"dispute": made.dispute_id, "criterion": made.criterion_id, "by": made.opened_by}
        acts.append(Act(action="dispute", subject=("call", made.call_id), details=details))
    store.close()
    _tell(row, as_json=as_json)


@app.command("list")
def list_(
    state: Annotated[DisputeState | None, typer.Option("--state", help="Only those that stand so.")] = None,
    call_id: Annotated[str | None, typer.Option("--call", help="Only of this call.")] = None,
    agent: AgentOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List disputes, oldest first, with how they ended. The audit log remembers who looked."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        whole_id = get_recording(connection, call_id).call_id if call_id else None
        found = list_disputes(connection, call_id=whole_id, agent=agent, state=state)
    log_acts(store, settings, [Act(action="view", subject=("disputes", ""), details={"disputes": len(found)})])
    store.close()
    if as_json:
        show.print_json([review_page.dispute_data(row) for row in found])
    elif found:
        review_page.print_disputes(found)
    else:
        show.remark("no such disputes")


@app.command("uphold")
def uphold(
    dispute_id: DisputeArgument,
    given: AnswerArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grant a dispute: give the right answer, which then counts."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    questions = questions_at_hand(settings.score)
    with editing(store, settings) as (connection, acts):
        before = read_evaluation(connection, get_dispute(connection, dispute_id).dispute.call_id)
        row, review = uphold_with(
            connection,
            dispute_id,
            given,
            by=whoever(by),
            reason=reason,
            questions=questions,
            now=datetime.now(UTC),
        )
        acts += [ruling_act(row), review_act(review)]
        after = read_evaluation(connection, row.dispute.call_id)
    store.close()
    _tell(row, as_json=as_json)
    if not as_json:
        review_page.print_answered(after, [review], before.effective)


@app.command("reject")
def reject(
    dispute_id: DisputeArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave the answer as it is, and say why."""
    _end(dispute_id, DisputeState.REJECTED, reason, by, workspace, config, as_json=as_json)


@app.command("withdraw")
def withdraw(
    dispute_id: DisputeArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take your own dispute back."""
    _end(dispute_id, DisputeState.WITHDRAWN, reason, by, workspace, config, as_json=as_json)


def _end(
    dispute_id: str,
    outcome: DisputeState,
    reason: str,
    by: str | None,
    workspace: WorkspaceOption,
    config: ConfigOption,
    *,
    as_json: bool,
) -> None:
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        row = end_without_correction(
            connection, dispute_id, outcome, by=whoever(by), reason=reason, now=datetime.now(UTC)
        )
        acts.append(ruling_act(row))
    store.close()
    _tell(row, as_json=as_json)


def _tell(row: DisputeRow, *, as_json: bool) -> None:
    if as_json:
        show.print_json(review_page.dispute_data(row))
    else:
        about = f"{row.dispute.call_id} {row.dispute.criterion_id}"
        show.say(f"dispute {row.dispute.dispute_id} of {about}: {row.state.value}")
