"""Every page of the console on 100,000 calls: ``python -m benchmarks.console``, into benchmarks/CONSOLE.md.

A workspace of made calls is filled first (`benchmarks.console_calls`). Then `earmark serve` is started on it as a user
starts it, people of every role sign in, and each page is asked for over HTTP on this machine: what is measured is from
the request to the last byte of the answer.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.asr.report import machine
from benchmarks.console_calls import AGENT, CALL, FILLED, PASSWORD, PEOPLE, RULE, TEAM, Filled, fill
from pipeline.canonical import from_json

REPORT = Path(__file__).resolve().parent / "CONSOLE.md"
CALLS = 100_000
PORT = 8899
REQUESTS = 20
LIMIT_MS = 300
SETTLE_S = 600.0
COUNTING = b"figures are being counted"
"""What a page says whose figures are not there yet, or are being made anew (`app/web/templates/snapshots.html`)."""
_LOOK_EVERY_S = 2.0
_IDLE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Address:
    """A page that is measured: as whom it is asked for, and where it is."""

    who: str
    path: str


ADDRESSES = (
    Address("ann", "/queue"),
    Address("ann", "/queue?page=40"),
    Address("ann", "/queue?why=flagged&severity=major&team=" + TEAM),
    Address("ann", "/queue?whose=mine"),
    Address("max", "/queue?agent=" + AGENT),
    Address("ann", "/queue?flag=low_score&score_to=40&mood_to=0&since=2026-01-01"),
    Address("ann", "/queue/next"),
    Address("ann", "/queue/next?after=" + CALL),
    Address("ann", "/calls"),
    Address("ann", "/calls?page=1000"),
    Address("ann", "/calls?order=worst"),
    Address("max", "/calls?agent=" + AGENT),
    Address("ann", "/calls?flag=critical_error&order=oldest"),
    Address("nora", "/calls"),
    Address("nora", "/calls?order=best&queue=sales"),
    Address("maria", "/calls"),
    Address("ann", "/calls/" + CALL),
    Address("maria", "/calls/" + CALL),
    Address("ann", "/search?q=account"),
    Address("ann", '/search?q="your+account"'),
    Address("ann", "/search?q=account+fee&team=" + TEAM),
    Address("olive", "/compliance"),
    Address("olive", "/compliance?by=team"),
    Address("olive", "/compliance/rules/" + RULE),
    Address("olive", "/audit"),
    Address("olive", "/compliance/packs"),
    Address("max", "/scorecards"),
    Address("max", "/scorecards/agents/" + AGENT),
    Address("max", "/scorecards/teams/" + TEAM),
    Address("max", "/scorecards/queues/sales"),
    Address("maria", "/scorecards"),
    Address("max", "/kpis"),
    Address("max", "/kpis/calls?agent=" + AGENT),
    Address("maria", "/kpis"),
    Address("olive", "/reasons"),
    Address("max", "/coaching"),
    Address("max", "/coaching/" + AGENT),
    Address("ann", "/disputes"),
    Address("max", "/calibration"),
    Address("max", "/rubrics"),
    Address("max", "/rubrics/general"),
    Address("max", "/rules"),
    Address("max", "/rules/" + RULE),
    Address("max", "/calibration/agreement"),
    Address("max", "/rubrics/changes/new"),
    Address("maria", "/disputes/mine"),
    Address("maria", "/coaching"),
    Address("max", "/intake"),
    Address("admin", "/people"),
    Address("admin", "/webhooks"),
    Address("ann", "/account"),
    Address("ann", "/account/tokens"),
)
"""Who adds a page adds it here."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How long a page took."""

    address: Address
    status: int
    size_kb: float
    first_ms: float
    again_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Half of the requests were quicker."""
        return statistics.median(self.again_ms)

    @property
    def slowest_ms(self) -> float:
        """No request but the first was slower; the 95th percentile is at most this."""
        return max(self.again_ms)

    def cpu(self) -> str:
        """Return the server's processor time of a request, where the system tells."""
        return f"{statistics.mean(self.cpu_ms):.0f}" if self.cpu_ms else ""

    def row(self) -> str:
        """Return a line of the table."""
        told = f"| `{self.address.path}` | {ROLES[self.address.who]} |"
        if self.status not in (200, 303):
            return f"{told} answered {self.status} | | | | |"
        again = f"{self.median_ms:.0f} | {_marked(self.slowest_ms)}"
        return f"{told} {_marked(self.first_ms)} | {again} | {self.cpu()} | {self.size_kb:.0f} |"


def _marked(taken_ms: float) -> str:
    return f"{taken_ms:.0f} **over**" if taken_ms > LIMIT_MS else f"{taken_ms:.0f}"


def page_table(measured: Sequence[Measured]) -> list[str]:
    """Return the table of what was measured, and how much of it is within the limit."""
    answered = [each for each in measured if each.status in (200, 303)]
    within = sum(each.slowest_ms <= LIMIT_MS for each in answered)
    at_once = sum(each.first_ms <= LIMIT_MS for each in answered)
    return [
        "| page | as | first | median | slowest | processor | kB |",
        "|---|---|---|---|---|---|---|",
        *(each.row() for each in measured),
        "",
        f"At most {LIMIT_MS} ms: {within} of {len(measured)} pages each of {REQUESTS} times, {at_once} the first time.",
    ]


ROLES = {name: role for name, role, _ in PEOPLE}


def main() -> None:
    """Fill a workspace, ask for every page and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--workspace", type=Path, help="keep the made workspace here, and use it again")
    parser.add_argument("--searchable", type=int, help="make only so many calls ready for search: that takes longest")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--settle", type=float, default=SETTLE_S, help="longest wait for what is counted beside requests"
    )
    parser.add_argument("--only", default="", help="only addresses that hold this")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        workspace = given.workspace or Path(scratch) / "workspace"
        stamp = machine()
        if not (workspace / FILLED).exists():
            fill(workspace, given.calls, given.calls if given.searchable is None else given.searchable)
        filled = from_json(Filled, (workspace / FILLED).read_text(encoding="utf-8"))
        chosen = [address for address in ADDRESSES if given.only in address.path]
        with served(workspace, given.port) as server:
            measured = measure(chosen, given.port, given.settle, server)
        size_mb = (workspace / "earmark.db").stat().st_size / 1e6
        page = report(measured, filled, size_mb=size_mb, stamp=stamp)
    if filled.calls == CALLS and not given.only:
        REPORT.write_text(page, encoding="utf-8")
    print(page)


@contextmanager
def served(workspace: Path, port: int) -> Iterator[int]:
    """Serve a workspace in a process of its own until the end; gives the number of the process."""
    command = [sys.executable, "-m", "app.cli.main", "serve", "--workspace", str(workspace), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield server.pid
        finally:
            server.terminate()


def measure(addresses: Sequence[Address], port: int, settle_s: float, server: int) -> list[Measured]:
    """Ask for each page once, let what is counted beside requests come to rest, and ask for each again.

    Args:
        addresses: The pages.
        port: Where the console is.
        settle_s: It has so long to come to rest.
        server: The number of its process.
    """
    cookies = {who: sign_in(port, who) for who in sorted({address.who for address in addresses})}
    measured = []
    for address in addresses:
        status, body, taken_ms = ask(port, address.path, cookies[address.who])
        print(f"{address.path}: {status}, {taken_ms:.0f} ms", file=sys.stderr)
        measured.append(Measured(address=address, status=status, size_kb=len(body) / 1024, first_ms=taken_ms))
    _come_to_rest([(page.address.path, cookies[page.address.who]) for page in measured], port, settle_s, server)
    for page in measured:
        ask(port, page.address.path, cookies[page.address.who])
        before = cpu_ms_of(server)
        for _ in range(REQUESTS):
            page.again_ms.append(ask(port, page.address.path, cookies[page.address.who])[2])
        after = cpu_ms_of(server)
        if before is not None and after is not None:
            page.cpu_ms.append((after - before) / REQUESTS)
    return measured


def _come_to_rest(pages: Sequence[tuple[str, str]], port: int, within_s: float, server: int) -> None:
    """Wait until no page says that its figures are being counted, and the console does nothing."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        before = cpu_ms_of(server)
        time.sleep(_LOOK_EVERY_S)
        after = cpu_ms_of(server)
        idle = before is None or after is None or after - before < _IDLE_SHARE * 1000 * _LOOK_EVERY_S
        if idle and not any(COUNTING in ask(port, path, cookie)[1] for path, cookie in pages):
            return
    print(f"not everything was counted within {within_s:.0f} s", file=sys.stderr)


def cpu_ms_of(process: int) -> float | None:
    """Return the processor time that a process has taken so far; None where the system does not tell."""
    file = Path(f"/proc/{process}/stat")
    if not file.exists():
        return None
    told = file.read_text(encoding="ascii").rpartition(")")[2].split()
    return 1000 * (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def sign_in(port: int, who: str) -> str:
    """Return the cookies of somebody who has signed in by the form, as a browser does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/sign-in")
    shown = connection.getresponse()
    page, before = shown.read().decode(), _cookies(shown)
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": before, "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", "/sign-in", urlencode({**form, "name": who, "password": PASSWORD}), headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != http.client.SEE_OTHER:
        raise SystemExit(f"{who} could not sign in: {answer.status}")
    return _cookies(answer)


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(each.partition(";")[0] for each in answer.headers.get_all("set-cookie") or ())


def ask(port: int, path: str, cookie: str) -> tuple[int, bytes, float]:
    """Ask for a page; return the status, the page and milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.connect()
    started = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
    answer = connection.getresponse()
    page = answer.read()
    taken_ms = 1000 * (time.perf_counter() - started)
    connection.close()
    return answer.status, page, taken_ms


def report(measured: Sequence[Measured], filled: Filled, *, size_mb: float, stamp: str) -> str:
    """Return the page."""
    lines = [
        f"# The console on {filled.calls:,} calls",
        "",
        "Written by `make bench-console`; `benchmarks/console.py` holds the pages that are measured, and",
        "`benchmarks/console_calls.py` says what the calls are made of.",
        "",
        f"The SQLite database has {size_mb:,.0f} MB.",
        filled.told(),
        f"Each page is asked for over HTTP on the same machine, first once after the server's start, then {REQUESTS}",
        "times when what is counted beside requests had been counted. Times are milliseconds to the last byte;",
        "`processor` is what the server itself worked for a request: where it is much less than the median, the",
        "machine was busy with something else.",
        "",
        f"On {stamp}.",
        "",
        *page_table(measured),
        "",
    ]
    return "\n".join(lines)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/sign-in")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the console did not start")


if __name__ == "__main__":
    main()
