"""Rows as the store hands them over: say only what the test is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipeline.config import ScorecardSettings
from pipeline.scorecards.report import ScorecardReport, build_report
from tests.factories import evidence

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class Rows:
    calls: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[str, list[Any]] = field(default_factory=dict)
    sampled: dict[str, frozenset[str]] = field(default_factory=dict)
    draws: dict[tuple[str, str], frozenset[datetime]] = field(default_factory=dict)
    heard_at: dict[str, datetime] = field(default_factory=dict)
    closed_flags: frozenset[str] = frozenset()


def call(number: int, share: float | None = 0.9, **changes: Any) -> dict[str, Any]:
    """A scored call of Maria's on Monday 5 October 2026."""
    given: dict[str, Any] = {
        "call_id": f"c-{number:04d}",
        "score_id": f"s-{number:04d}",
        "started_at": datetime(2026, 10, 5, 13, 30, tzinfo=UTC),
        "agent_id": "maria.lopez",
        "team": "north",
        "queue": "bank_support",
        "rubric_id": "bank",
        "rubric_version": 1,
        "rubric_fingerprint": "rubric-1:bank",
        "share": share,
        "raw_share": share,
        "passed": None if share is None else share >= 0.8,
        "auto_failed": False,
        "critical_error": False,
        "customer_sentiment": None,
        "media_uri": f"calls/{number}.wav",
        "reviewed_share": None,
        "scored": True,
    }
    return {**given, **changes}


def unscored(number: int, **changes: Any) -> dict[str, Any]:
    """A call that has no score."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("score_id", "rubric_id", "rubric_version", "rubric_fingerprint", "raw_share", "passed")
    )
    return call(number, None, **{**nothing, "scored": False, **changes})


def answer(number: int, status: str, **changes: Any) -> dict[str, Any]:
    """An answer worth 10 points to the greeting of a call."""
    given: dict[str, Any] = {
        "score_id": f"s-{number:04d}",
        "criterion_id": "greeting",
        "section_id": "opening",
        "title": "Greets",
        "status": status,
        "points_possible": 10.0,
        "points_earned": {"pass": 10.0, "partial": 5.0, "fail": 0.0}.get(status),
        "weight": 1.0,
        "critical": False,
        "position": 0,
    }
    return {**given, **changes}


def flag(number: int, severity: str = "major", **changes: Any) -> dict[str, Any]:
    """A flag of a call with one quote."""
    given: dict[str, Any] = {
        "score_id": f"s-{number:04d}",
        "code": "low_score",
        "severity": severity,
        "reason": "The score is low.",
        "criterion_id": None,
        "evidence": (evidence(),),
    }
    return {**given, **changes}


def settings(**changes: Any) -> ScorecardSettings:
    return ScorecardSettings(**changes)


def a_report(rows: Rows | None = None, **changes: Any) -> ScorecardReport:
    """A report of two agents with eight calls each over two weeks, or of other rows."""
    return build_report(rows or two_agents(), settings(**changes), generated_at=NOW, title="October")


def two_agents(names: Sequence[str] = ("maria.lopez", "tom.becker"), *, title: str = "Greets") -> Rows:
    rows = Rows()
    for which, agent_id in enumerate(names):
        for i in range(8):
            number = which * 100 + i
            at = datetime(2026, 10, 5 + i % 2 * 7, 9, i, tzinfo=UTC)
            rows.calls.append(call(number, 0.9 - 0.05 * i, agent_id=agent_id, started_at=at, customer_sentiment=0.2))
            rows.answers.append(answer(number, "pass" if i < 5 else "fail", title=title))
            if i > 5:
                rows.flags.append(flag(number))
    return rows
