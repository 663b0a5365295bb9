"""`earmark holds`: legal holds, under which nothing is deleted."""

from __future__ import annotations

import secrets
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.acts import Act, current_user, editing
from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.periods import FromOption, ToOption, period
from pipeline.canonical import to_data
from pipeline.errors import ConfigError
from pipeline.store.calls import get_recording
from pipeline.store.holds import SUBJECTS, LegalHold, held_count, lift_hold, list_holds, put_hold

app = typer.Typer(help="Place, lift and list legal holds: what is held is not deleted.", no_args_is_help=True)

ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why: who asked for it, the matter's number.", show_default=False)
]
ByOption = Annotated[
    str | None, typer.Option("--by", help="On whose behalf.", show_default="the operating system's user")
]


@app.command("place")
def place(
    reason: ReasonOption,
    call: Annotated[
        str | None, typer.Option("--call", help="One call; its first characters do.", show_default=False)
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="All calls of this customer reference.", show_default=False)
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="All calls of this agent.", show_default=False)] = None,
    queue: Annotated[str | None, typer.Option("--queue", help="All calls of this queue.", show_default=False)] = None,
    first: FromOption = None,
    last: ToOption = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold calls that fit everything given, those that are taken in later among them, until the hold is lifted."""
    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    if not any(value is not None for value in (call, customer, agent, queue)):
        raise typer.BadParameter("say what is held: --call, --customer, --agent or --queue")
    _require_words(reason)
    store = open_existing(settings)
    with closing(store), editing(store, settings) as (connection, acts):
        hold = LegalHold(
            hold_id=f"lh-{secrets.token_hex(6)}",
            reason=reason,
            placed_by=by or current_user(),
            placed_at=datetime.now(UTC),
            call_id=get_recording(connection, call).call_id if call is not None else None,
            customer_ref=customer,
            agent_id=agent,
            queue=queue,
            since=since,
            before=before,
        )
        put_hold(connection, hold)
        count = held_count(connection, hold.hold_id)
        acts.append(_act(hold, "placed", hold.placed_by))
    if as_json:
        show.print_json({**to_data(hold), "calls": count})
        return
    show.say(hold.hold_id)
    show.remark(f"{count} calls are held by it now" + ("" if count else ": is that spelled as the calls have it?"))


@app.command("lift")
def lift(
    hold_id: Annotated[str, typer.Argument(help="Id of the hold; its first characters do.", show_default=False)],
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Lift a hold. What was due meanwhile is deleted by the next deletion."""
    settings = read_settings(workspace, config)
    _require_words(reason)
    store = open_existing(settings)
    with closing(store), editing(store, settings) as (connection, acts):
        lifted_by = by or current_user()
        hold, done = lift_hold(connection, hold_id, by=lifted_by, reason=reason, now=datetime.now(UTC))
        if done:
            acts.append(_act(hold, "lifted", lifted_by))
    if done:
        show.say(f"{hold.hold_id} is lifted")
    else:
        show.remark(f"{hold.hold_id} was lifted before, by {hold.lifted_by}; nothing is changed")


@app.command("list")
def list_(
    lifted: Annotated[bool, typer.Option("--all", help="With those that were lifted.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List holds that stand: what they cover, how many calls that is now, by whom and why."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store), store.read() as connection:
        holds = list_holds(connection, lifted=lifted)
        counts = {hold.hold_id: held_count(connection, hold.hold_id) for hold in holds}
    if as_json:
        show.print_json([{**to_data(hold), "calls": counts[hold.hold_id]} for hold in holds])
    elif not holds:
        show.remark("no hold stands")
    else:
        for hold in holds:
            state = f"lifted {hold.lifted_at:%Y-%m-%d} by {hold.lifted_by}" if hold.lifted_at else "stands"
            show.say(f"{hold.hold_id}  {state}  {counts[hold.hold_id]} calls  {_subject(hold)}")
            show.say(f"    {hold.placed_at:%Y-%m-%d} by {hold.placed_by}: {hold.reason}")


def _subject(hold: LegalHold) -> str:
    told = [
        f"{name.removesuffix('_id').removesuffix('_ref')} {getattr(hold, name)}"
        for name in SUBJECTS
        if getattr(hold, name)
    ]
    told += [f"from {hold.since:%Y-%m-%d}"] if hold.since else []
    told += [f"before {hold.before:%Y-%m-%d}"] if hold.before else []
    return ", ".join(told)


def _act(hold: LegalHold, what: str, by: str) -> Act:
    """Return what the audit log keeps: never the customer's reference, which nobody could take out again."""
    covers = [name for name in (*SUBJECTS, "since", "before") if getattr(hold, name) is not None]
    return Act(action="hold", subject=("hold", hold.hold_id), details={"what": what, "by": by, "covers": covers})


def _require_words(reason: str) -> None:
    if not reason.strip():
        raise ConfigError("a hold needs a reason: who asked for it, the matter's number")
