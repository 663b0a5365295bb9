"""`earmark users`: who may sign in to the console."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from app.accounts import Account, LastAdminError, add_account, change_account, give_password, known_user
from app.acts import Act, editing
from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.people import listed
from pipeline.canonical import to_data
from pipeline.errors import ConfigError, NotFoundError
from pipeline.records import EVERYTHING, UserRole
from pipeline.review.wording import checked_name
from pipeline.store.api_tokens import ApiToken, all_tokens, revoke_token
from pipeline.store.database import open_store
from pipeline.store.people import list_users, password_hash_of
from pipeline.store.subjects import subjects_in_scope

T = TypeVar("T")

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
    settings = read_settings(workspace, config)
    account = Account(
        role=role,
        display_name=display_name or checked_name(name),
        teams=_teams(teams),
        agent_id=agent_id,
        hears_unredacted=bool(hears_unredacted),
    )
    _require_agent_id(account)
    password_hash = None if elsewhere else _hash(_ask_password(), name, account.display_name)
    settings.workspace.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url)
    with closing(store), editing(store, settings) as (connection, acts):
        user = add_account(
            connection, acts, name=name, account=account, password_hash=password_hash, now=datetime.now(UTC)
        )
        _remark_unknown_teams(connection, account)
    how = "at sign_in.issuer" if elsewhere else "with this password"
    show.say(f"{user.name} may sign in as {role.value}, {how}")
    if elsewhere and settings.sign_in.issuer is None:
        show.remark("sign_in.issuer is not set yet: until then they cannot sign in (docs/console.md)")


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List accounts."""
    found = _read(workspace, config, list_users)
    if as_json:
        show.print_json([to_data(user) for user in found])
        return
    rows = [
        (u.name, u.role.value, ", ".join(u.teams) or "all", show.known(u.agent_id), "yes" if u.active else "no")
        for u in found
    ]
    _print_table(("Name", "Role", "Teams", "Agent", "Signs in"), rows)


@app.command("change")
def change(
    name: NameArgument,
    role: Annotated[UserRole | None, typer.Option("--role", help="What they may do.")] = None,
    display_name: Annotated[str | None, typer.Option("--display-name", help="How pages call them.")] = None,
    teams: TeamsOption = None,
    agent_id: AgentIdOption = None,
    hears_unredacted: UnredactedOption = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Whether they may sign in.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Even the last admin.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Change an account; what is not named stays. Their present stays end."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store), editing(store, settings) as (connection, acts):
        user = known_user(connection, name=name)
        account = Account(
            role=role or user.role,
            display_name=display_name or user.display_name,
            teams=user.teams if teams is None else _teams(teams),
            agent_id=agent_id or user.agent_id,
            hears_unredacted=user.hears_unredacted if hears_unredacted is None else hears_unredacted,
            active=user.active if active is None else active,
        )
        _require_agent_id(account)
        try:
            change_account(connection, acts, user, account, force=force)
        except LastAdminError as error:
            raise LastAdminError(user.name, todo=f"{error.todo} (--force does it all the same)") from None
        _remark_unknown_teams(connection, account)
    show.say(f"{user.name}: changed")


@app.command("password")
def password(
    name: NameArgument,
    temporary: Annotated[bool, typer.Option("--temporary", help="They choose their own at the next sign-in.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Set another password. Their present stays end, and their tokens for the API are revoked."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store):
        with store.read() as connection:
            user = known_user(connection, name=name)
            if password_hash_of(connection, user.user_id) is None:
                raise ConfigError(f"{user.name} signs in elsewhere (--single-sign-on) and has no password here")
        made = _hash(_ask_password(), user.name, user.display_name)
        with editing(store, settings) as (connection, acts):
            give_password(connection, acts, user, made, temporary=temporary, reset_at=datetime.now(UTC))
    show.say(f"{user.name}: password set{'; they choose their own at the next sign-in' if temporary else ''}")


@app.command("tokens")
def tokens(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the tokens for the API: whose they are, what they may, until when, and when they were used last."""
    found = _read(workspace, config, all_tokens)
    if as_json:
        show.print_json([{**to_data(token), "user": token.user.name} for token in found])
        return
    _print_table(("Token", "Of", "Name", "May", "Until", "Used"), [_line(token) for token in found])


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id: tk-…", show_default=False)],
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Revoke somebody's token for the API: from the next request on it lets nobody in."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with closing(store), editing(store, settings) as (connection, acts):
        token = next((each for each in all_tokens(connection) if each.token_id == token_id), None)
        if token is None:
            raise NotFoundError(f"there is no token {token_id!r}; `earmark users tokens` lists them")
        revoke_token(connection, token_id, user_id=token.user.user_id, now=datetime.now(UTC))
        acts.append(Act(action="token", subject=("token", token_id), details={"did": "revoked", "of": token.user.name}))
    show.say(f"{token_id}: revoked")


def _read(workspace: Path | None, config: Path | None, read: Callable[[Connection], list[T]]) -> list[T]:
    store = open_existing(read_settings(workspace, config))
    with closing(store), store.read() as connection:
        return read(connection)


def _print_table(titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    show.table([(title, "left") for title in titles], rows)


def _line(token: ApiToken) -> tuple[str, ...]:
    until = "revoked" if token.revoked_at else f"{token.expires_at:%Y-%m-%d}" if token.expires_at else "no end"
    used = f"{token.used_at:%Y-%m-%d}" if token.used_at else "never"
    return token.token_id, token.user.name, token.name, ", ".join(token.permissions), until, used


def _ask_password() -> str:
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise ConfigError("no password came: type one in a terminal, or send one line to stdin")
        return given
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _hash(password: str, *names: str) -> str:
    from app.web.access.passwords import hash_password, require_strong  # noqa: PLC0415 - only where one is set

    made = hash_password(password)
    require_strong(password, *names)
    return made


def _require_agent_id(account: Account) -> None:
    if account.role is UserRole.AGENT and not account.agent_id:
        raise ConfigError("an agent sees their own calls: say which with --agent-id ID-IN-THE-RECORDINGS")


def _remark_unknown_teams(connection: Connection, account: Account) -> None:
    known = subjects_in_scope(connection, "team", EVERYTHING)
    for team in account.teams:
        if team not in known:
            there = f"there are {', '.join(known)}" if known else "there are no calls yet"
            show.remark(f"no call is of team {team!r} so far: they see nothing of it ({there})")


def _teams(given: str | None) -> tuple[str, ...]:
    if given is None or given == "all":
        return ()
    if not listed(given):
        raise ConfigError("--teams names no team; say all for every team")
    return listed(given)
