"""``python -m benchmarks.capacity work|growth|console|sheet``; what each does is told by ``--help``."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.asr.report import machine
from benchmarks.capacity import growth, work
from benchmarks.capacity.figures import keep, line, read_figures
from benchmarks.capacity.material import SHORT, USUAL, Material, write_calls
from benchmarks.capacity.million import CALLS
from benchmarks.capacity.pages import SERVER_OPTIONS, measured_pages, page_section
from benchmarks.capacity.sheet import BEGINNING, CALLS_A_DAY, DOCS, END, Site, sheet
from tests.postgres import PostgresServer, running_server

SHORT_CALLS, USUAL_CALLS, MADE_CALLS = 60, 20, 1000
WORK, GROWTH, PAGES = "Calls per hour and core", "Growth of the database", "The console with a million calls"


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    working = parts.add_parser("work", help="calls per hour and core, and the growth of the database by these calls")
    working.add_argument("--short", type=int, default=SHORT_CALLS, help="calls of a minute")
    working.add_argument("--usual", type=int, default=USUAL_CALLS, help="calls of six minutes")
    working.add_argument("--made", type=int, default=MADE_CALLS, help="made calls, for growth")
    working.set_defaults(do=measure_work, full={"short": SHORT_CALLS, "usual": USUAL_CALLS, "made": MADE_CALLS})
    paging = parts.add_parser("console", help="the console's pages with a million calls in PostgreSQL")
    paging.add_argument("--calls", type=int, default=CALLS)
    paging.add_argument("--only", default="", help="only addresses that hold this")
    paging.set_defaults(do=measure_pages, full={"calls": CALLS, "only": ""})
    for each in (working, paging):
        each.add_argument("--out", type=Path, help="write CAPACITY.md and figures.json there, whatever the numbers are")
    sheeting = parts.add_parser("sheet", help="machines and cost, from the figures that were measured last")
    for field in dataclasses.fields(Site):
        wanted = {"type": float if field.type == "float" else int}
        if field.name == "calls_per_day":
            sheeting.add_argument("--calls-per-day", nargs="+", type=int, default=list(CALLS_A_DAY))
        else:
            sheeting.add_argument(f"--{field.name.replace('_', '-')}", **wanted, default=field.default)
    sheeting.add_argument("--write", action="store_true", help="put it into docs/capacity.md")
    sheeting.set_defaults(do=show_sheet)
    given = parser.parse_args()
    given.do(given)


def show_sheet(given: argparse.Namespace) -> None:
    """Print machines and cost."""
    rest = {field.name: getattr(given, field.name) for field in dataclasses.fields(Site)[1:]}
    try:
        sites = [Site(calls_per_day=calls, **rest) for calls in given.calls_per_day]
    except ValueError as error:
        raise SystemExit(f"python -m benchmarks.capacity sheet: {error}") from None
    shown = sheet(sites, read_figures())
    print(shown)
    if given.write:
        before, _, rest_of_page = DOCS.read_text(encoding="utf-8").partition(BEGINNING)
        DOCS.write_text(f"{before}{BEGINNING}\n\n{shown}\n\n{END}{rest_of_page.partition(END)[2]}", encoding="utf-8")


def measure_work(given: argparse.Namespace) -> None:
    """Score calls by one worker and two, then tell what a call takes, and how much it adds to a database."""
    stamp = f"{datetime.now(UTC):%Y-%m-%d} on {machine()}"
    rows: list[str] = []
    grown: list[str] = []
    sizes: dict[str, growth.Grown] = {}
    alone: dict[str, work.Worked] = {}
    rest: dict[str, work.Worked] = {}
    with tempfile.TemporaryDirectory(prefix="earmark-capacity-") as folder, running_server() as server:
        scratch = Path(folder)
        new = partial(new_database, server)
        warm_up = write_calls(scratch / "warm-up", SHORT, work.WARM_UP_CALLS, first=max(given.short, given.usual))
        for kind, calls in ((SHORT, given.short), (USUAL, given.usual)):
            material = write_calls(scratch / kind, kind, calls)
            done = partial(work.work, warm_up, material)
            alone[kind] = done(url := new(), scratch / f"{kind}-1", workers=1)
            rows.append(tell(alone[kind].row(kind)))
            rows.append(tell(done(new(), scratch / f"{kind}-2", workers=2).row(kind)))
            work.write_scripts(url, warm_up, material)
            rest[kind] = done(new(), scratch / f"{kind}-rest", workers=1, engine="scripted")
            rows.append(tell(rest[kind].row(f"{kind}, without recognition")))
            both = [f"sqlite:///{scratch / f'{kind}.db'}", new()]
            stored = Material(folder=scratch, minutes=warm_up.minutes | material.minutes)
            sizes[kind] = growth.grown(url, both, minutes=stored.mean_minutes)
            grown.append(tell(sizes[kind].row(f"recognised, {kind}")))
        made_url, minutes = growth.made_calls(scratch / "made", given.made)
        both = [f"sqlite:///{scratch / 'made.db'}", new_database(server)]
        grown.append(tell(growth.grown(made_url, both, minutes=minutes, least=given.made).row("made, 900 words")))
    figures = {
        **line("core_s", *((done.mean_minutes, done.cpu_s_per_call) for done in alone.values())),
        **line("rest_s", *((done.mean_minutes, done.cpu_s_per_call) for done in rest.values())),
        **line("bytes", *((size.minutes, size.postgresql_per_call) for size in sizes.values())),
        "made": stamp,
    }
    write(given, figures, WORK, section(stamp, work.__doc__, work.HEAD, rows))
    write(given, {}, GROWTH, section(stamp, growth.__doc__, growth.HEAD, grown))


def section(stamp: str, told: str | None, head: str, rows: list[str]) -> str:
    """Return a part of the page."""
    return "\n".join([f"Made {stamp}.", "", (told or "").strip(), "", head, *rows])


def measure_pages(given: argparse.Namespace) -> None:
    """Load a million calls and ask for every page."""
    stamp = machine()
    with tempfile.TemporaryDirectory() as folder, running_server(*SERVER_OPTIONS) as server:
        loaded, measured = measured_pages(new_database(server), given.calls, Path(folder), only=given.only)
    write(given, {}, PAGES, page_section(loaded, measured, stamp))


def new_database(server: PostgresServer) -> str:
    """Return the URL of a new database of its own, so that its size is that of its calls."""
    name = f"capacity_{next(server.numbers)}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return server.url(name)


def write(given: argparse.Namespace, figures: dict[str, float | str], title: str, body: str) -> None:
    """Print a part, and keep it where it was measured in full or was asked for."""
    print(f"## {title}\n\n{body}\n")
    whole: Callable[[str], bool] = lambda name: getattr(given, name) == given.full[name]  # noqa: E731
    if given.out is not None or all(map(whole, given.full)):
        keep(figures, title, body, folder=given.out)


def tell(row: str) -> str:
    """Say on stderr how far it is, and return the same."""
    print(row, file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    main()
