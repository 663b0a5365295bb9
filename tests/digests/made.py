"""Digest sources and workspaces: say only what the test is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.config import ReportSettings, ScorecardSettings, Settings
from pipeline.digests.build import build_digest
from pipeline.digests.digest import AgentFigures, Change, Digest, Waiting
from pipeline.digests.periods import DigestPeriod, period_of
from pipeline.digests.read import DigestSource
from pipeline.records import Interval
from pipeline.store.database import Store
from pipeline.store.scorecard_rows import ScorecardRows
from tests.scorecards.made_rows import call
from tests.store.builders import flag, score, scored, taken_in

NOW = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
SETTINGS = ScorecardSettings(timezone="America/New_York")
OCTOBER = period_of("month", date(2026, 10, 1))
WEEK_41 = period_of("week", date(2026, 10, 5))
NOTHING_WAITS = Waiting(disputes=0, topics=(), coaching_items=0)


def calls(
    shares: Sequence[float | None], *, first: int = 1, day: date = date(2026, 10, 6), **changes: Any
) -> list[Any]:
    """Calls of one day at noon in New York, with these scores."""
    noon = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
    return [
        call(first + n, share, **{"started_at": noon + timedelta(minutes=n), **changes})
        for n, share in enumerate(shares)
    ]


def source(rows: Sequence[Any], flags: Sequence[Any] = (), **changes: Any) -> DigestSource:
    """What a digest is made from."""
    made = ScorecardRows(calls=list(rows), answers=[], flags=list(flags))
    return DigestSource(**{"rows": made, "waiting": NOTHING_WAITS, "sessions": 0, **changes})


def digest(
    rows: Sequence[Any],
    flags: Sequence[Any] = (),
    *,
    period: DigestPeriod = OCTOBER,
    team: str | None = "north",
    quotes: bool = False,
) -> Digest:
    """The digest of calls."""
    return build_digest(source(rows, flags), team, period, SETTINGS, now=NOW, quotes=quotes)


def agent(name: str, low: float, high: float, **changes: Any) -> AgentFigures:
    """An agent with forty calls and a mean in the middle of its interval."""
    given: dict[str, Any] = {
        "agent_id": name,
        "calls": 40,
        "calls_scored": 40,
        "enough_calls": True,
        "mean_share": Interval(estimate=(low + high) / 2, low=low, high=high),
        "pass_rate": None,
        "critical_errors": 1,
        "auto_fails": 0,
        "rubric_ids": ("bank",),
        "change": Change(interval=None),
    }
    return AgentFigures(**{**given, **changes})


def settings(folder: Path, **reports: Any) -> Settings:
    """Settings of a workspace with receivers of two teams."""
    receivers = {"north": ("lead@example.org", "boss@example.org"), "south": ("south@example.org",)}
    given = {"receivers": receivers, "periods": ("month",), "sender": "Earmark <qa@example.org>", **reports}
    return Settings(
        workspace=folder, reports=ReportSettings(**given), scorecards=ScorecardSettings(timezone="America/New_York")
    )


def fill(store: Store, *, marker: str = "") -> None:
    """Put six scored calls of two teams in October 2026 into a store; flags repeat the marker."""
    with store.begin() as connection:
        for n in range(6):
            call_id, team = f"c-{1000 + n}", ("north", "south")[n % 2]
            taken_in(
                connection,
                call_id,
                agent_id=("maria.lopez", "tom.becker")[n % 2],
                team=team,
                sha256=f"{n:064}",
                started_at=datetime(2026, 10, 6 + n, 14, tzinfo=UTC),
            )
            made = score(call_id, f"s-{1000 + n}")
            raised = [flag(f"fl-{n}", of=made, reason=f"the score is low {marker}")] if n < 2 else []
            scored(connection, made, *raised, now=NOW)
