"""`earmark users`: who may sign in to the console."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.acts import Act, editing
from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from app.cli.people import listed
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.errors import ConfigError, NotFoundError
from pipeline.records import User, UserRole
from pipeline.review.wording import checked_name, folded
from pipeline.store.database import Store, open_store
from pipeline.store.people import (
    change_user,
    end_sessions,
    get_user,
    list_users,
    put_user,
    set_password_hash,
)

app = typer.Typer(help="Make and change accounts of the console.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.", show_default=False)]
TeamsOption = Annotated[
    str | None, typer.Option("--teams", help="Only these teams' calls, with commas between; all for every team.")
]
AgentIdOption = Annotated[str | None, typer.Option("--agent-id", help="Who they are in recordings.")]
UnredactedOption = Annotated[
    bool | None,
    typer.Option("--hears-unredacted/--hears-redacted", help="May hear recordings with personal data."),
]


@app.command("add")
def add(
    name: NameArgument,
    role: Annotated[UserRole, typer.Option("--role", help="What they may do.", show_default=False)],
    display_name: Annotated[str | None, typer.Option("--display-name", help="How pages call them.")] = None,
    teams: TeamsOption = None,
    agent_id: AgentIdOption = None,
    hears_unredacted: UnredactedOption = None,
    elsewhere: Annotated[
        bool, typer.Option("--single-sign-on", help="No password here: they sign in at sign_in.issuer.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Make an account. The password is asked for, or read from stdin where that is no terminal."""
    from app.web.access.passwords import hash_password  # noqa: PLC0415

    settings = read_settings(workspace, config)
    if role is UserRole.AGENT and agent_id is None:
        raise ConfigError("an agent sees their own calls: say which with --agent-id ID-IN-THE-RECORDINGS")
    user = User(
        user_id="u-" + secrets.token_hex(8),
        name=checked_name(name),
        display_name=display_name or checked_name(name),
        role=role,
        created_at=datetime.now(UTC),
        teams=_teams(teams),
        agent_id=agent_id,
        hears_unredacted=bool(hears_unredacted),
    )
    password_hash = None if elsewhere else hash_password(_ask_password())
    settings.workspace.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url)
    with editing(store, settings) as (connection, acts):
        put_user(connection, user, folded_name=folded(user.name), password_hash=password_hash)
        acts.append(Act(action="user", subject=("user", user.user_id), details={"did": "added", "role": role.value}))
    store.close()
    show.say(f"{user.name} may sign in as {role.value}")


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List accounts."""
    store = _open(read_settings(workspace, config))
    with store.read() as connection:
        found = list_users(connection)
    store.close()
    if as_json:
        show.print_json([to_data(user) for user in found])
        return
    columns = [("Name", "left"), ("Role", "left"), ("Teams", "left"), ("Agent", "left"), ("Signs in", "left")]
    rows = [
        (u.name, u.role.value, ", ".join(u.teams) or "all", show.known(u.agent_id), "yes" if u.active else "no")
        for u in found
    ]
    show.table(columns, rows)


@app.command("change")
def change(
    name: NameArgument,
    role: Annotated[UserRole | None, typer.Option("--role", help="What they may do.")] = None,
    display_name: Annotated[str | None, typer.Option("--display-name", help="How pages call them.")] = None,
    teams: TeamsOption = None,
    agent_id: AgentIdOption = None,
    hears_unredacted: UnredactedOption = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Whether they may sign in.")] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Change an account; what is not named stays. Their present stays end."""
    settings = read_settings(workspace, config)
    store = _open(settings)
    with editing(store, settings) as (connection, acts):
        user = get_user(connection, folded(name))
        if user is None:
            raise NotFoundError(f"no user {name!r}; `earmark users list` shows who there is")
        new = replace(
            user,
            role=role or user.role,
            display_name=display_name or user.display_name,
            teams=user.teams if teams is None else _teams(teams),
            agent_id=agent_id or user.agent_id,
            hears_unredacted=user.hears_unredacted if hears_unredacted is None else hears_unredacted,
            active=user.active if active is None else active,
        )
        if new.role is UserRole.AGENT and new.agent_id is None:
            raise ConfigError("an agent sees their own calls: say which with --agent-id ID-IN-THE-RECORDINGS")
        change_user(connection, new)
        end_sessions(connection, user_id=user.user_id)
        told = {"did": "changed", "role": new.role.value, "active": new.active}
        acts.append(Act(action="user", subject=("user", user.user_id), details=told))
    store.close()
    show.say(f"{user.name}: changed")


@app.command("password")
def password(name: NameArgument, workspace: WorkspaceOption = None, config: ConfigOption = None) -> None:
    """Set another password. Their present stays end."""
    from app.web.access.passwords import hash_password  # noqa: PLC0415

    settings = read_settings(workspace, config)
    store = _open(settings)
    made = hash_password(_ask_password())
    with editing(store, settings) as (connection, acts):
        user = get_user(connection, folded(name))
        if user is None:
            raise NotFoundError(f"no user {name!r}; `earmark users list` shows who there is")
        set_password_hash(connection, user.user_id, made)
        end_sessions(connection, user_id=user.user_id)
        acts.append(Act(action="user", subject=("user", user.user_id), details={"did": "password set"}))
    store.close()
    show.say(f"{user.name}: password set")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return given


def _teams(given: str | None) -> tuple[str, ...]:
    return () if given is None or given == "all" else listed(given)


def _open(settings: Settings) -> Store:
    return open_store(settings.store_url)
