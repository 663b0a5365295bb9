"""`earmark reasons`: what calls are about, and what has become more or less."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.acts import Act, current_user, editing, log_acts
from app.cli import reasons_page, show
from app.cli.options import (
    ConfigOption,
    JsonOption,
    QueueOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, ToOption, period
from pipeline.canonical import to_data

if TYPE_CHECKING:
    from pipeline.contact_reasons.stored import Example, StoredReasons

app = typer.Typer(help="What calls are about: by rules, and by groups of similar calls.", no_args_is_help=True)

ReasonArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id of a reason, as `earmark reasons show` lists it.")
]


@app.command("find")
def find(
    anew: Annotated[
        bool, typer.Option("--anew", help="Look for groups again; those that are found again keep id and name.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give each scored call its reason: by a rule, else by the nearest group. Looks for groups where none are known."""
    from pipeline.contact_reasons.find import find_reasons  # noqa: PLC0415 - imports numpy and the rule engine

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    found = find_reasons(store, settings, now=datetime.now(UTC), anew=anew, tell=reasons_page.tell_progress)
    store.close()
    if as_json:
        show.print_json(to_data(found))
    else:
        reasons_page.print_found(found, settings.reasons)


@app.command("show")
def show_reasons(
    by: Annotated[
        Literal["week", "queue", "team"] | None, typer.Option("--by", help="A column for each.", show_default=False)
    ] = None,
    queue: QueueOption = None,
    team: TeamOption = None,
    first: FromOption = None,
    last: ToOption = None,
    examples: Annotated[
        bool,
        typer.Option("--examples", help="How the call begins that is most like its group. It is logged as a view."),
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how often each reason is why people call, and what is rising or falling."""
    from pipeline.contact_reasons.stored import example_of, stored_reasons  # noqa: PLC0415 - imports numpy

    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    store = open_existing(settings)
    told: dict[str, Example] = {}
    with store.read() as connection:
        made = stored_reasons(
            connection,
            timezone=settings.scorecards.timezone,
            min_calls=settings.scorecards.min_calls,
            by=by if by != "week" else None,
            since=since,
            before=before,
            queue=queue,
            team=team,
        )
        for each in made.report.reasons if examples else ():
            example = example_of(connection, each.reason_id)
            if example is not None:
                told[each.reason_id] = example
    if told:
        acts = [Act(action="view", subject=("call", each.call_id), details={"of": "reasons"}) for each in told.values()]
        log_acts(store, settings, acts)
    store.close()
    if as_json:
        show.print_json(_document(made, told))
    else:
        reasons_page.print_reasons(made, by=by, examples=told, min_calls=settings.scorecards.min_calls)


@app.command("calls")
def calls(
    reason: ReasonArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    nearest: Annotated[bool, typer.Option("--nearest", help="Those most like the group first.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the calls of a reason, the newest first. `other` lists those near no group."""
    from pipeline.contact_reasons.by_rules import OTHER  # noqa: PLC0415 - imports the rule engine
    from pipeline.store.contact_reasons import calls_of_reason, get_reason  # noqa: PLC0415 - imports the database

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        reason_id = None if reason == OTHER else get_reason(connection, reason).reason_id
        found = calls_of_reason(connection, reason_id, nearest=nearest, limit=limit)
    store.close()
    if as_json:
        show.print_json(to_data(found))
    else:
        reasons_page.print_calls(found, of_other=reason_id is None)


@app.command("rename")
def rename(
    reason: ReasonArgument,
    name: Annotated[str, typer.Argument(help='What to call it; "" gives back the label that was found.')],
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Give a reason a name. It stays, also when groups are looked for again."""
    from pipeline.contact_reasons.names import give_name  # noqa: PLC0415 - for speed of the others
    from pipeline.store.contact_reasons import get_reason  # noqa: PLC0415 - imports the database

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        before = give_name(connection, reason, name, by=current_user(), now=datetime.now(UTC))
        now = get_reason(connection, reason)
        acts.append(Act(action="edit", subject=("contact reason", reason), details={"name": now.name or ""}))
    store.close()
    show.say(f"{before.reason_id}: {before.title} is now {now.title}.")


def _document(made: StoredReasons, told: dict[str, Example]) -> dict[str, object]:
    data = to_data(made.report)
    for each in data["reasons"]:
        reason = made.reasons[each["reason_id"]]
        example = told.get(each["reason_id"])
        each |= {"title": reason.title, "kind": reason.kind, "phrases": list(reason.phrases)}
        each["example"] = None if example is None else to_data(example)
    return {**data, "untold": made.untold}
