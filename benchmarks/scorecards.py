"""All scorecards of a month of 200,000 calls: ``python -m benchmarks.scorecards``, into benchmarks/SCORECARDS.md.

A workspace of made calls is filled first: 200 agents in 20 teams, each team on two of six queues, scored by three
rubrics. A dozen conversations are put through the true steps; each call has the answers and flags of one of some
hundred scores made of them, the poorer ones more often with some agents than with others. People have answered a part.
Filling takes minutes; only the command, as a user gives it, is measured.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from benchmarks.asr.report import machine
from benchmarks.console_calls import Variant, by_people, recorded, variant
from benchmarks.rescore import Conversation, conversation
from pipeline.config import Settings
from pipeline.detectors import assemble_detectors
from pipeline.score.rubrics import find_rubric
from pipeline.store import tables
from pipeline.store.database import Store, open_store

REPORT = Path(__file__).resolve().parent / "SCORECARDS.md"
CALLS = 200_000
AGENTS = 200
TEAMS = 20
RUBRIC_OF_QUEUE = {
    "bank_support": "bank-support",
    "cards": "bank-support",
    "sales": "sales",
    "retention": "sales",
    "billing": "general",
    "tech_support": "general",
}
QUEUES = tuple(RUBRIC_OF_QUEUE)
CONVERSATIONS = 12
VARIANTS = 240
WORDS = 60
AT_ONCE = 5000
START = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
DAYS = 30
LIMIT_S, LIMIT_MB = 60, 2000
COMMANDS = (
    ("scorecards", "export", "--period", "month", "--format", "csv", "--out", "{out}/csv"),
    ("scorecards", "export", "--period", "month", "--format", "parquet", "--out", "{out}/parquet"),
    ("scorecards", "build", "--period", "month"),
)


def main() -> None:
    """Fill a workspace, build its scorecards and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--workspace", type=Path, help="keep the made workspace here, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        workspace = given.workspace or Path(scratch) / "workspace"
        if not (workspace / "earmark.db").exists():
            fill(workspace, given.calls)
        page = report(workspace, given.calls, Path(scratch))
    if given.calls == CALLS:
        REPORT.write_text(page, encoding="utf-8")
    print(page)


def report(workspace: Path, calls: int, scratch: Path) -> str:
    """Measure and return the page."""
    size_mb = (workspace / "earmark.db").stat().st_size / 1e6
    answers = _count(workspace, tables.criterion_results)
    stamp = machine()
    measured = [(command, timed(workspace, command, scratch)) for command in COMMANDS]
    lines = [
        "# Scorecards of a month",
        "",
        "Written by `make bench-scorecards`; `benchmarks/scorecards.py` says how the workspace is made.",
        "",
        f"{calls:,} scored calls of one month with {answers:,} answers, of {AGENTS} agents in {TEAMS} teams on",
        f"{len(QUEUES)} queues, in a SQLite database of {size_mb:,.0f} MB. `build` writes HTML, CSV and JSON of every",
        "agent, team and queue. Measured is the whole command, the start of Python included; the goal is less than",
        f"{LIMIT_S} seconds and {LIMIT_MB:,} MB on two cores.",
        "",
        f"On {stamp}.",
        "",
        "| `earmark …` | seconds | processor seconds | most memory |",
        "|---|---|---|---|",
        *(each.row(" ".join(command[:-2] if "--out" in command else command)) for command, each in measured),
        "",
        "Where processor seconds are fewer than seconds, the command waited for its disk or for other work.",
        "",
    ]
    return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Timed:
    """How long a command took, in seconds of the clock and of the processor, and its most memory."""

    wall_s: float
    cpu_s: float
    most_mb: float

    def row(self, name: str) -> str:
        """Return a line of the table."""
        return f"| `{name}` | {self.wall_s:.1f} | {self.cpu_s:.1f} | {self.most_mb:,.0f} MB |"


def timed(workspace: Path, command: Sequence[str], out: Path) -> Timed:
    """Run a command on the workspace; the memory is that of the hungriest command so far."""
    given = [part.format(out=out) for part in command]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "app.cli.main", *given, "--workspace", str(workspace)], check=True)
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timed(wall_s=wall_s, cpu_s=cpu_s, most_mb=after.ru_maxrss / 1024)


def fill(workspace: Path, calls: int) -> None:
    """Make a workspace with so many scored calls of one month."""
    workspace.mkdir(parents=True, exist_ok=True)
    settings = Settings(workspace=workspace)
    detectors = assemble_detectors(settings)
    talks = [conversation(detectors, seed, WORDS) for seed in range(CONVERSATIONS)]
    rubrics = {name: find_rubric(name, settings.score.rubrics_dir) for name in set(RUBRIC_OF_QUEUE.values())}
    variants = {
        name: [variant(rubric, talks[number % CONVERSATIONS], number) for number in range(VARIANTS)]
        for name, rubric in sorted(rubrics.items())
    }
    print(f"filling {workspace} with {calls:,} calls", file=sys.stderr)
    store = open_store(settings.store_url)
    for first in range(0, calls, AT_ONCE):
        put(store, range(first, min(first + AT_ONCE, calls)), calls, talks, variants)
    with store.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    store.close()


def put(
    store: Store, numbers: range, calls: int, talks: Sequence[Conversation], variants: dict[str, list[Variant]]
) -> None:
    """Store some calls with their scores, answers, flags, and what people said to them."""
    rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in _TABLES}
    for number in numbers:
        draw = random.Random(number)  # noqa: S311 - not for secrets
        agent = draw.randrange(AGENTS)
        team = agent % TEAMS
        queue = QUEUES[(team + draw.randrange(2)) % len(QUEUES)]
        rubric_id = RUBRIC_OF_QUEUE[queue]
        which = variants[rubric_id][_variant(agent, draw)]
        call_id = f"c-{number:08d}"
        score_id = f"s-{call_id}"
        row = recorded(call_id, talks[number % CONVERSATIONS], number)
        started_at = START + timedelta(days=DAYS) * number / calls
        of_call = {"agent_id": f"agent-{agent:03d}", "team": f"team-{team:02d}", "queue": queue}
        rows[tables.recordings].append({**row, **of_call, "started_at": started_at})
        own = {"call_id": call_id, "score_id": score_id, "made_at": started_at + timedelta(hours=3)}
        told = {"facts_key": "none", "rubric_fingerprint": f"benchmark-{rubric_id}"}
        rows[tables.scores].append({**which.score, **own, **told, "customer_sentiment": round(draw.uniform(-1, 1), 3)})
        rows[tables.criterion_results].extend({**result, "score_id": score_id} for result in which.results)
        rows[tables.current_scores].append({"call_id": call_id, "score_id": score_id})
        rows[tables.flags].extend(
            {**flag, "flag_id": f"fl-{call_id}-{at}", "call_id": call_id, "score_id": score_id, "raised_at": NOW}
            for at, flag in enumerate(which.flags)
        )
        by_people(rows, which, call_id, score_id, draw)
    with store.begin() as connection:
        for table, some in rows.items():
            if some:
                connection.execute(insert(table), some)


_TABLES = (
    tables.recordings,
    tables.scores,
    tables.criterion_results,
    tables.current_scores,
    tables.flags,
    tables.reviews,
    tables.sampled_calls,
    tables.queue_closings,
)


def _variant(agent: int, draw: random.Random) -> int:
    """Return which score a call gets: with some agents every second that is poor is another one."""
    number = draw.randrange(VARIANTS)
    poor = number % CONVERSATIONS == 5
    return draw.randrange(VARIANTS) if poor and draw.random() < agent / AGENTS else number


def _count(workspace: Path, table: Table) -> int:
    store = open_store(Settings(workspace=workspace).store_url)
    with store.read() as connection:
        found: int = connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one()  # noqa: S608
    store.close()
    return found


if __name__ == "__main__":
    main()
