"""`earmark reports`: digests of a day, a week or a month, sent or shown, and bonus inputs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from app.acts import Act, current_user, log_acts
from app.cli import show
from app.cli.known_names import require_known
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from flows.runtime import utc_now
from pipeline.config.reports import EVERYBODY
from pipeline.errors import ConfigError, EarmarkError
from pipeline.records import Scope

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.config import Settings
    from pipeline.digests.delivery import Delivered, Office, Order
    from pipeline.digests.periods import DigestPeriod

app = typer.Typer(help="Send and show digests of a day, a week or a month; bonus inputs.", no_args_is_help=True)

PeriodOption = Annotated[
    Literal["day", "week", "month"] | None,
    typer.Option("--period", "-p", help="Of a day, a week or a month.", show_default="reports.periods"),
]
TeamOption = Annotated[
    str | None, typer.Option("--team", "-t", help="Only this team's; * for all calls.", show_default=False)
]
ForOption = Annotated[
    datetime | None,
    typer.Option(
        "--for", formats=["%Y-%m-%d"], help="Of the periods with this day.", show_default="the last ones that ended"
    ),
]


@app.command("send")
def send(
    period: PeriodOption = None,
    team: TeamOption = None,
    day: ForOption = None,
    to_folder: Annotated[
        Path | None, typer.Option("--to-folder", help="Write into this folder; send nothing.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent to whom.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also to those who have it; write files anew.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Send the digests that are due, to those who do not have them; the audit log remembers.

    Without --for also those of the last 7 days, 4 weeks and 3 months that did not go out. Exit code 1 where one could
    not be delivered; the next run tries that again. --dry-run tells what stands against it, but for what only the
    mail server knows, and ends with the same exit code.
    """
    from flows.digests import Wanted, orders_of, send_digests  # noqa: PLC0415 - imports pandas
    from pipeline.digests.delivery import Office  # noqa: PLC0415

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    now = utc_now()
    kinds = (period,) if period else ()
    wanted = Wanted(kinds=kinds, team=team, day=day.date() if day else None, folder=to_folder)
    try:
        orders = orders_of(wanted, settings, store, now=now)
        with store.read() as connection:
            _say_unknown_targets(connection, settings, [order.period for order in orders])
        if dry_run:
            office = Office(store=store, settings=settings, now=lambda: now, actor=current_user(), again=again)
            deliverable = [_say_planned(order, office) for order in orders]
            show.say("Nothing was sent: --dry-run")
            if not all(deliverable):
                raise typer.Exit(1)
            return
        whole = True
        for done in send_digests(orders, settings, store, now=now, actor=current_user(), again=again):
            _say_done(done)
            whole = whole and done.whole
    finally:
        store.close()
    if not whole:
        raise typer.Exit(1)


@app.command("show")
def show_(
    period: PeriodOption = None,
    team: TeamOption = None,
    agent: Annotated[
        str | None,
        typer.Option("--agent", "-a", help="As this agent may see it: nobody else's name.", show_default=False),
    ] = None,
    day: ForOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a digest in the terminal: of all calls, of a team, or as one agent may see it.

    The audit log remembers it where words of calls stand in it (reports.quotes).
    """
    from pipeline.canonical import to_data  # noqa: PLC0415
    from pipeline.digests.agent_page import agent_page_of  # noqa: PLC0415 - imports pandas

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    whose = None if team in (None, EVERYBODY) else team
    with store.read() as connection:
        require_known(connection, settings, team=whose, agent=agent)
        if whose is not None and agent is not None:
            _require_of_team(connection, agent, whose)
    from pipeline.digests.make import make_digest, places_of  # noqa: PLC0415
    from pipeline.digests.page import page_of  # noqa: PLC0415
    from pipeline.digests.periods import last_ended, period_asked  # noqa: PLC0415
    from pipeline.digests.text import text_of  # noqa: PLC0415

    kind, now = period or settings.reports.periods[0], utc_now()
    zone = ZoneInfo(settings.scorecards.timezone)
    asked = period_asked(kind, day.date()) if day else last_ended(kind, now, zone)
    with store.read() as connection:
        _say_unknown_targets(connection, settings, [asked])
    digest = make_digest(store, whose, asked, settings, now=now)
    if digest.quotes and agent is None:
        heard = {"period": asked.label, "calls": [call.call_id for call in digest.to_hear]}
        log_acts(store, settings, [Act(action="view", subject=("digest", whose or EVERYBODY), details=heard)])
    store.close()
    places = places_of(settings)
    page = page_of(digest, places) if agent is None else agent_page_of(digest, agent, places)
    if as_json:
        show.print_json(to_data(digest if agent is None else page))
        return
    for line in text_of(page).splitlines():
        show.say(line)


@app.command("bonus")
def bonus(
    month: Annotated[str, typer.Option("--month", help="Which month, such as 2026-10.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="A .csv or .xlsx file to write.", show_default=False)],
    team: Annotated[str | None, typer.Option("--team", "-t", help="Only this team's agents.")] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Write what payroll needs of each agent's month; the audit log remembers. No bonus is worked out."""
    from pipeline.digests.bonus_files import require_form, write_bonus  # noqa: PLC0415 - imports pandas
    from pipeline.digests.make import make_bonus_lines  # noqa: PLC0415
    from pipeline.digests.periods import month_named  # noqa: PLC0415

    asked = month_named(month)
    require_form(out)
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        require_known(connection, settings, team=team)
    now = utc_now()
    lines = make_bonus_lines(store, asked, settings, team=team, now=now)
    details = {"month": asked.label, "team": team, "agents": len(lines), "name": out.name}
    log_acts(store, settings, [Act(action="export", subject=("bonus inputs", ""), details=details)])
    store.close()
    if not lines:
        show.remark(f"no call of an agent in {asked.words}")
    show.say(str(write_bonus(lines, out, made_at=now)[0]))
    not_final = sum(not line.final for line in lines)
    if not_final:
        why = "a call is in dispute or not scored yet, or the month has not ended"
        show.remark(f"not final: {not_final} of {len(lines)} agents ({why})")


def _require_of_team(connection: Connection, agent: str, team: str) -> None:
    """Refuse a team that an agent never took a call of: their page would read as if they had no calls.

    Raises:
        ConfigError: With the teams that their calls are of.
    """
    from pipeline.store.subjects import subjects_in_scope  # noqa: PLC0415

    own = subjects_in_scope(connection, "team", Scope(agent_id=agent))
    if team not in own:
        told = f"they are of {', '.join(own)}" if own else "they name no team"
        raise ConfigError(f"no call of agent {agent!r} is of team {team!r}; {told}")


def _named(order: Order) -> str:
    team = "all calls" if order.asked_team is None else f"team {order.team}"
    return f"{team}, {order.period.words}"


def _say_planned(order: Order, office: Office) -> bool:
    """Say what would be sent to whom, or why it would not; tells whether it would."""
    from pipeline.digests.delivery import left_to_send, require_deliverable  # noqa: PLC0415

    try:
        require_deliverable(order, office)
    except EarmarkError as error:
        show.remark(f"{_named(order)}: {error}")
        return False
    _say_order(order, left_to_send(order, office))
    return True


def _say_unknown_targets(connection: Connection, settings: Settings, periods: Sequence[DigestPeriod]) -> None:
    """Tell of names in the table of targets that no call bears, where a digest of a month would show it."""
    from pipeline.digests.target_names import unknown_in_table  # noqa: PLC0415

    if any(period.kind == "month" for period in periods):
        for told in unknown_in_table(connection, settings):
            show.remark(told)


def _say_order(order: Order, left: tuple[str, ...]) -> None:
    to = [f"to {', '.join(left)}"] if left else []
    had = [f"{len(order.receivers) - len(left)} have it"] if len(left) < len(order.receivers) else []
    into = [f"into {order.folder}"] if order.folder else []
    show.say(f"{_named(order)}: {'; '.join((*to, *had, *into))}")


def _say_done(done: Delivered) -> None:
    told = [f"sent to {', '.join(done.sent)}"] if done.sent else []
    if done.had_it:
        told.append(f"not again to {', '.join(done.had_it)}")
    told += [f"wrote {path}" for path in done.files]
    if not told and done.whole:
        told = ["nothing to do; --again does it once more"]
    if told:
        show.say(f"{_named(done.order)}: {'; '.join(told)}")
    for receiver, why in done.refused.items():
        show.remark(f"{_named(done.order)}: not sent to {receiver}: {why}")
    for error in done.errors:
        show.remark(f"{_named(done.order)}: {error}")
