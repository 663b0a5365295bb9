"""Occupancy and calls per hour, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from pipeline.kpis.staffing import Staffing, agent_days, staffing
from tests.kpis.made import TODAY, agent_day, at, calls_of, phone, rows


def used(calls: Sequence[Mapping[str, Any]], *days: Mapping[str, Any]) -> Staffing:
    table = calls_of(*calls)
    table["day"] = [None if moment is None else moment.date() for moment in table["started_at"]]
    return staffing(agent_days(rows(days=days).days, table))


def test_occupancy_is_time_on_calls_of_that_and_available_time() -> None:
    calls = [phone(), phone(started_at=at(hours=1)), phone(agent_id="tom")]  # Maria: 200 s on calls
    found = used(calls, agent_day(logged_in_s=3600.0, available_s=600.0))
    assert found.occupancy == pytest.approx(200 / 800)
    assert found.calls_per_hour == pytest.approx(2.0)
    assert (found.days, found.logged_in_s) == (1, 3600.0)


def test_calls_per_hour_counts_days_without_a_call_of_the_agent() -> None:
    other = phone(agent_id="tom", started_at=at(1))
    days = [agent_day(logged_in_s=3600.0), agent_day(TODAY + timedelta(days=1), logged_in_s=3600.0)]
    assert used([phone(), other], *days).calls_per_hour == pytest.approx(0.5)


def test_days_of_which_the_export_has_no_call_of_anybody_are_unknown_not_idle() -> None:
    found = used([phone()], agent_day(TODAY + timedelta(days=1), logged_in_s=3600.0, available_s=1.0))
    assert (found.occupancy, found.calls_per_hour, found.days) == (None, None, 1)


def test_the_days_own_figures_come_first() -> None:
    day = agent_day(available_s=100.0, talk_s=200.0, hold_s=50.0, wrap_up_s=50.0, calls=6, logged_in_s=7200.0)
    found = used([phone()], day)
    assert found.occupancy == pytest.approx(0.75)
    assert found.calls_per_hour == pytest.approx(3.0)


def test_a_call_with_an_unknown_part_leaves_occupancy_unknown() -> None:
    assert used([phone(wrap_up_s=None)], agent_day(available_s=100.0)).occupancy is None
    assert used([phone(talk_s=0.0)], agent_day(available_s=100.0)).occupancy == 0.0


def test_without_days_nothing_is_known() -> None:
    assert used([phone()]) == Staffing(days=0, logged_in_s=None, occupancy=None, calls_per_hour=None)
