"""A team's mean, where it tells of nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from pipeline.store.team_means import team_mean
from tests.store.builders import result, score, scored, taken_in

MONDAY, TUESDAY = datetime(2026, 10, 5, 8, tzinfo=UTC), datetime(2026, 10, 6, 8, tzinfo=UTC)


def _call(connection: Connection, number: int, agent: str | None, status: str, at: datetime | None = MONDAY) -> None:
    taken_in(connection, f"c-{number}", agent_id=agent, team="north", started_at=at)
    scored(connection, score(f"c-{number}", f"s-{number}", result(status=status)))


def test_team_mean_is_of_all_calls_of_enough_agents(connection: Connection) -> None:
    for number, (agent, status) in enumerate([("ann", "pass"), ("ann", "pass"), ("bob", "fail"), ("cat", "pass")]):
        _call(connection, number, agent, status)
    taken_in(connection, "c-none", agent_id="dan", team="north", started_at=MONDAY)
    assert team_mean(connection, "north", first_at=None, before=None, min_agents=3) == pytest.approx(0.75)
    assert team_mean(connection, "north", first_at=None, before=None, min_agents=4) is None, "Dan has no score"
    assert team_mean(connection, "south", first_at=None, before=None, min_agents=2) is None


def test_team_mean_keeps_to_its_days(connection: Connection) -> None:
    for number, (agent, status, at) in enumerate(
        [("ann", "pass", MONDAY), ("bob", "fail", MONDAY), ("ann", "fail", TUESDAY), ("bob", "fail", None)]
    ):
        _call(connection, number, agent, status, at)
    assert team_mean(connection, "north", first_at=MONDAY, before=TUESDAY, min_agents=2) == pytest.approx(0.5)
    assert team_mean(connection, "north", first_at=TUESDAY, before=None, min_agents=2) is None
    assert team_mean(connection, "north", first_at=None, before=None, min_agents=2) == pytest.approx(0.25)
