"""Whether digests can be sent: the settings are whole, the mail server answers and lets us in. Nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass

from app.cli.options import has_database
from pipeline.config import Settings
from pipeline.errors import EarmarkError


@dataclass(frozen=True, kw_only=True)
class MailCheck:
    """One thing looked at: what was found, and what to do about it where it is not as it should be."""

    name: str
    ok: bool
    found: str
    todo: str = ""


def check_mail(settings: Settings) -> list[MailCheck]:
    """Return what is to be known before `earmark reports send`; empty where no report is set up."""
    reports = settings.reports
    checks = []
    if reports.budget is not None:
        checks.append(_targets(settings))
    if reports.smtp_host is None:
        if reports.receivers and reports.out_dir is None:
            found = f"{len(reports.receivers)} with receivers, but no mail server"
            todo = "set reports.smtp_host and reports.sender, or reports.out_dir"
            checks.append(MailCheck(name="reports", ok=False, found=found, todo=todo))
        return checks
    checks.append(_server(settings))
    if not reports.receivers:
        todo = 'set reports.receivers, such as { north = ["lead@example.org"] }'
        checks.append(MailCheck(name="reports", ok=False, found="nobody is named who gets digests", todo=todo))
    return checks


def _server(settings: Settings) -> MailCheck:
    from pipeline.digests.smtp import Post  # noqa: PLC0415 - few commands need it

    reports = settings.reports
    try:
        with Post(reports) as post:
            post.check()
    except EarmarkError as error:
        return MailCheck(name="mail server", ok=False, found=str(error), todo="mend what is named")
    signed_in = f", signed in as {reports.smtp_user}" if reports.smtp_user else ", without sign-in"
    found = f"{reports.smtp_host}:{reports.smtp_port} answers ({reports.smtp_security}{signed_in}); nothing was sent"
    return MailCheck(name="mail server", ok=True, found=found)


def _targets(settings: Settings) -> MailCheck:
    from pipeline.digests.budget import read_targets  # noqa: PLC0415 - imports pandas

    file = settings.reports.budget
    assert file is not None
    try:
        found = f"{len(read_targets(file))} in {file}"
    except EarmarkError as error:
        return MailCheck(name="targets", ok=False, found=str(error), todo="mend the table named")
    return MailCheck(name="targets", ok=True, found="; ".join((found, *_unknown_names(settings))))


def _unknown_names(settings: Settings) -> tuple[str, ...]:
    """Return what is to be said of names in the table that no call bears; no problem, since a team may begin later."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - a second of imports

    from pipeline.digests.target_names import unknown_in_table  # noqa: PLC0415
    from pipeline.store.engine import make_engine, parse_url, reading  # noqa: PLC0415
    from pipeline.store.migrate import known_version  # noqa: PLC0415

    if not has_database(settings):
        return ()
    engine = None
    try:
        engine = make_engine(parse_url(settings.store_url))
        with reading(engine) as connection:  # to look changes nothing: open_store would bring it to this version
            return () if known_version(connection) is None else unknown_in_table(connection, settings)
    except (EarmarkError, SQLAlchemyError):
        return ()  # the check of the database tells what is wrong with it
    finally:
        if engine is not None:
            engine.dispose()
