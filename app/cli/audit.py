"""`earmark audit`: how rules were kept, evidence to hand on, and the log of who looked at what."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.acts import Act, log_acts
from app.cli import audit_page, show
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, ToOption, period, require_order
from pipeline.audit.kept_head import kept_head
from pipeline.audit.log import Head, check_log, current_head, read_head, written
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.errors import NotFoundError, ReportError, StoreError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from pipeline.store.audit import AuditEntry

ACTIONS = (
    "acknowledgement",
    "assignment",
    "calibration",
    "coaching",
    "comment",
    "deletion",
    "dispute",
    "edit",
    "export",
    "flag",
    "hear",
    "hear-unredacted",
    "import",
    "queue",
    "rescore",
    "retry",
    "review",
    "ruling",
    "sample",
    "seal",
    "search",
    "session",
    "sign-in",
    "sign-in-failed",
    "sign-out",
    "token",
    "unseal",
    "upload",
    "user",
    "view",
    "webhook",
    "withdrawal",
)
"""What is logged. That learnt confidences are switched off is listed with ``calibration``."""

app = typer.Typer(help="Report on rules, export evidence, check it, and read the audit log.", no_args_is_help=True)


@app.command("report")
def report(
    first: FromOption = None,
    last: ToOption = None,
    by: Annotated[Literal["rule", "team", "agent"], typer.Option("--by", help="One line per what.")] = "rule",
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule.")] = None,
    agent: AgentOption = None,
    team: TeamOption = None,
    calls: Annotated[
        bool, typer.Option("--calls", help="List the calls that broke a rule or could not be assessed, instead.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page instead, into a new file.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
) -> None:
    """Tell per rule, team or agent how many calls were assessed, kept the rule, broke it, or could not be told."""
    from pipeline.audit.report import asked_calls, build_audit_report  # noqa: PLC0415 - imports pandas
    from pipeline.audit.report_csv import to_csv  # noqa: PLC0415
    from pipeline.store.findings import list_outcomes  # noqa: PLC0415

    require_order(first, last)
    if sum((as_json, as_csv, html is not None)) > 1:
        raise typer.BadParameter("choose one of --json, --csv and --html")
    if html is not None and html.exists():
        raise ReportError(f"{html}: is there already; choose another name, or remove it first")
    if calls and (as_csv or html):
        raise typer.BadParameter("--calls goes with a table or --json")
    settings = read_settings(workspace, config)
    first_day, last_day = first.date() if first else None, last.date() if last else None
    store = open_existing(settings)
    with store.read() as connection:
        _require_known(connection, agent=agent, team=team, rule=rule)
        if calls:
            asked = asked_calls(settings.scorecards, agent=agent, team=team, first_day=first_day, last_day=last_day)
            outcomes = list_outcomes(connection, asked, rule_id=rule)
        else:
            made = build_audit_report(
                connection,
                settings.scorecards,
                by=by,
                agent=agent,
                team=team,
                rule_id=rule,
                generated_at=datetime.now(UTC),
                first_day=first_day,
                last_day=last_day,
            )
    days = {"first_day": first_day, "last_day": last_day}
    told = {name: day.isoformat() if day else None for name, day in days.items()}
    narrowed = {"by": by, "rule": rule, "agent": agent, "team": team, "calls": calls}
    log_acts(store, settings, [Act(action="export", subject=("audit report", ""), details={**told, **narrowed})])
    store.close()
    if calls:
        if as_json:
            show.print_json([to_data(outcome) for outcome in outcomes])
        else:
            audit_page.print_outcomes(outcomes)
    elif as_json:
        show.print_json(to_data(made))
    elif as_csv:
        sys.stdout.write(to_csv(made))
    elif html is not None:
        from pipeline.audit.page import report_page  # noqa: PLC0415
        from pipeline.scorecards.render.files import write_files  # noqa: PLC0415

        write_files({html: report_page(made)})
        show.say(str(html))
    else:
        audit_page.print_report(made)


@app.command("pack")
def pack(
    calls: Annotated[list[str], typer.Argument(help="Ids of calls; their first characters do.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder, or file ending in .zip.", show_default=False)],
    clips: Annotated[bool, typer.Option("--clips/--no-clips", help="With the sound of each quote.")] = True,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the evidence of calls into a folder or zip that anybody can open, and check with `audit verify`."""
    from pipeline.audit.pack import prepare_pack  # noqa: PLC0415 - imports the decoder

    settings = read_settings(workspace, config)
    store = open_existing(settings)
    now = datetime.now(UTC)
    with prepare_pack(calls, out, store=store, settings=settings, now=now, clips=clips, tell=show.remark) as made:
        exported = {"pack": made.hash, "name": out.name}
        acts = [Act(action="export", subject=("pack", made.hash), details={"calls": made.call_ids, "name": out.name})]
        acts += [Act(action="export", subject=("call", call_id), details=exported) for call_id in made.call_ids]
        head = log_acts(store, settings, acts)  # first: no pack is outside that the log does not know
        made.publish()
    store.close()
    for note in made.notes:
        show.remark(f"note: {note}")
    if as_json:
        told = {"out": str(out), "hash": made.hash, "files": made.files, "bytes": made.size_bytes}
        show.print_json({**told, "calls": list(made.call_ids), "notes": list(made.notes), "log_head": str(head)})
        return
    show.say(str(out))
    show.say(f"hash {made.hash}")
    show.remark(f"{made.files} files. Give the hash on another way than the pack; whoever gets it checks both by:")
    show.remark(f"  earmark audit verify {out} --expect {made.hash}")


@app.command("verify")
def verify(
    path: Annotated[
        Path | None, typer.Argument(help="A pack: its folder or zip.", show_default=False, exists=False)
    ] = None,
    expect: Annotated[
        str | None, typer.Option("--expect", help="The hash that was told when the pack was made.", show_default=False)
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Check the workspace's audit log.")] = False,
    head: Annotated[
        str | None, typer.Option("--head", help="A head of the log that was written down.", show_default=False)
    ] = None,
    exported: Annotated[
        bool, typer.Option("--exported", help="Ask the workspace's audit log, too, whether it exported this pack.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a pack without any database, or the audit log. Exit code 1 where anything was changed."""
    if (path is None) == (not log):
        raise typer.BadParameter("give a pack, or --log")
    if (expect or exported) and log:
        raise typer.BadParameter("--expect and --exported are about a pack, --log is about the log")
    if head and not log:
        raise typer.BadParameter("--head goes with --log")
    if path is None:
        problems = _verify_log(read_settings(workspace, config), read_head(head) if head else None, as_json=as_json)
    else:
        problems = _verify_pack(path, expect, read_settings(workspace, config) if exported else None, as_json=as_json)
    if problems:
        raise typer.Exit(1)


def _verify_pack(path: Path, expect: str | None, settings: Settings | None, *, as_json: bool) -> bool:
    from pipeline.audit.verify import verify_pack  # noqa: PLC0415

    found = verify_pack(path, expect=expect)
    problems = list(found.problems)
    if settings is not None:
        problems += _not_exported(settings, found.hash)
    if as_json:
        told = {"path": str(path), "ok": not problems, "hash": found.hash, "made_at": found.made_at}
        rows = [to_data(problem) for problem in problems]
        show.print_json({**told, "calls": list(found.calls), "files": found.files, "problems": rows})
    else:
        audit_page.print_pack_check(path, found, problems, expected=expect is not None)
    return bool(problems)


def _not_exported(settings: Settings, pack_hash: str | None) -> list[Any]:
    from pipeline.audit.verify import PackProblem  # noqa: PLC0415
    from pipeline.store.audit import AskedEntries, entries  # noqa: PLC0415

    store = open_existing(settings)
    with store.read() as connection:
        asked = AskedEntries(action="export", subject_id=pack_hash or "")
        known = any(entry.subject_kind == "pack" for entry in entries(connection, asked))
    store.close()
    message = "the audit log of this workspace knows of no pack with this hash"
    return [] if known else [PackProblem(code="not_exported", path="", message=message)]


def _verify_log(settings: Settings, given: Head | None, *, as_json: bool) -> bool:
    store = open_existing(settings)
    damaged: list[str] = []
    kept = None
    try:
        kept = kept_head(settings.workspace)
    except StoreError as error:  # told with what else is wrong: the chain is checked all the same
        damaged.append(str(error))
    heads = {"the head kept in the workspace": kept, "the head that you gave": given}
    with store.read() as connection:
        found = check_log(connection, {name: each for name, each in heads.items() if each is not None})
    store.close()
    problems = [*found.problems, *damaged]
    notes: list[str] = []
    if kept is None and not damaged and found.head.count:
        missing = f"no head is kept in {settings.workspace}: a cut tail would not be noticed"
        # in a database of its own the log may be older than this workspace; beside it, somebody took the file away
        (notes if settings.database_url or given else problems).append(missing)
    if as_json:
        show.print_json({"ok": not problems, "head": str(found.head), "problems": problems, "notes": notes})
    else:
        audit_page.print_log_check(found.head, problems, notes)
    return bool(problems)


@app.command("log")
def log_(
    first: FromOption = None,
    last: ToOption = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only this user's acts.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this, such as view, export or review.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Only about this call or pack; the first characters of its id do.")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who looked at and handed out what, and the head to write down.

    Views and exports are logged, and whatever people say about scores. The commands that will delete are to be, too.
    """
    from pipeline.store.audit import AskedEntries, entries  # noqa: PLC0415

    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    asked = AskedEntries(
        since=written(since) if since else None,
        before=written(before) if before else None,
        actor=actor,
    )
    if action is not None and action not in ACTIONS:
        raise UnknownNameError("action", action, ACTIONS)
    store = open_existing(settings)
    with store.read() as connection:
        found = [each for each in entries(connection, asked) if action is None or each.action.split(" ")[0] == action]
        found = found if subject is None else _about(found, subject)
        head = current_head(connection)
    store.close()
    if as_json:
        show.print_json({"head": str(head), "entries": [audit_page.entry_data(entry) for entry in found]})
    else:
        audit_page.print_log(found, head)


def _about(found: list[AuditEntry], subject: str) -> list[AuditEntry]:
    """Return what is about one subject, by its id or the beginning of its id.

    Raises:
        NotFoundError: Several begin so.
    """
    ids = {entry.subject_id for entry in found if subject and entry.subject_id.startswith(subject)}
    if subject not in ids and len(ids) > 1:
        raise NotFoundError(f"{len(ids)} subjects in the log have an id that begins with {subject!r}; give more of it")
    chosen = subject if subject in ids else next(iter(ids), subject)
    return [entry for entry in found if entry.subject_id == chosen]


def _require_known(connection: Any, *, agent: str | None, team: str | None, rule: str | None) -> None:
    """Refuse a name that nothing bears: an empty report would look as if all was well.

    Raises:
        NotFoundError: With the nearest name.
    """
    from pipeline.store.findings import known_rules, known_subjects  # noqa: PLC0415

    for what, name in (("agent", agent), ("team", team)):
        if name is not None and name not in (known := known_subjects(connection, what)):
            raise NotFoundError(f"no call of {what} {name!r} in this workspace{did_you_mean(name, known)}")
    if rule is not None and rule not in (known := known_rules(connection)):
        raise NotFoundError(f"no call was judged by a rule {rule!r}{did_you_mean(rule, known)}")
