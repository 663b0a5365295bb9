"""Whether the console can be used: its scripts are built, somebody may manage people, single sign-on is whole."""

from __future__ import annotations

from dataclasses import dataclass

from app.cli.options import has_database
from pipeline.config import Settings
from pipeline.errors import EarmarkError
from pipeline.records import User, UserRole


@dataclass(frozen=True, kw_only=True)
class ConsoleCheck:
    """One thing looked at: what was found, and what to do about it where it is not as it should be."""

    name: str
    ok: bool
    found: str
    todo: str = ""


def check_console(settings: Settings) -> list[ConsoleCheck]:
    """Return what is to be known before `earmark serve`; nothing is made or changed."""
    checks = [_scripts(), _admin(settings)]
    if settings.sign_in.issuer is not None:
        checks.append(_single_sign_on(settings))
    return checks


def _scripts() -> ConsoleCheck:
    from app.web.rendering import has_scripts  # noqa: PLC0415 - brings the templates' library

    built = has_scripts()
    found = "built" if built else "not built (make web): pages work without them, but sound has no waveform"
    return ConsoleCheck(name="console scripts", ok=True, found=found)


def _admin(settings: Settings) -> ConsoleCheck:
    """Say who manages people; where nobody uses the console, none is needed. To look must not change the database."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - a second of imports

    from pipeline.store.engine import make_engine, parse_url, reading  # noqa: PLC0415
    from pipeline.store.people import list_users  # noqa: PLC0415

    name, todo = "console accounts", "earmark users add NAME --role admin"
    users: list[User] = []
    if has_database(settings):
        try:
            engine = make_engine(parse_url(settings.store_url))
            try:
                with reading(engine) as connection:
                    users = list_users(connection)
            finally:
                engine.dispose()
        except (SQLAlchemyError, EarmarkError):  # an older database, or one of which the line above tells what is wrong
            return ConsoleCheck(name=name, ok=True, found="not known before this Earmark has opened the database")
    if not users:
        return ConsoleCheck(name=name, ok=True, found=f"none yet; before the console is used: {todo}")
    admins = [user.name for user in users if user.role is UserRole.ADMIN and user.active]
    found = f"{len(users)}, admins: {', '.join(admins) or 'none'}"
    return ConsoleCheck(name=name, ok=bool(admins), found=found, todo="" if admins else todo)


def _single_sign_on(settings: Settings) -> ConsoleCheck:
    """Say whether single sign-on is told all that it needs; the provider is not asked."""
    name, issuer = "console single sign-on", str(settings.sign_in.issuer)
    if settings.sign_in.client_secret is None:
        found = f"{issuer}, without a secret: as a public client, by PKCE alone"
        return ConsoleCheck(name=name, ok=True, found=found)
    return ConsoleCheck(name=name, ok=True, found=f"{issuer}, with a secret")
