"""What was learnt of reviews, version by version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, select, update

from pipeline.errors import StoreError
from pipeline.records import Calibration, Trust
from pipeline.store.tables import trust_versions
from pipeline.store.trust import latest_trust, put_trust
from tests.store.builders import NOW, any_record


def learnt(fingerprint: str = "trust-1:a", rubric_id: str = "general", **changes: Any) -> Trust:
    """What one question taught."""
    given: dict[str, Any] = {
        "criterion_id": "greeting",
        "asked": "question-1:a",
        "method": "platt",
        "knots": ((0.5, 0.61), (0.9, 0.93)),
        "threshold": 0.8,
        "pairs": 24,
    }
    calibration = Calibration(**{**given, **changes})
    return Trust(rubric_id=rubric_id, target_error=0.1, calibrations=(calibration,), fingerprint=fingerprint)


def put(connection: Connection, trust: Trust | None, minute: int = 0, rubric_id: str = "general") -> tuple[int, bool]:
    return put_trust(connection, rubric_id, trust, made_by="ann", now=NOW + timedelta(minutes=minute))


def test_latest_trust_is_the_newest_of_its_rubric(connection: Connection) -> None:
    assert latest_trust(connection, "general") is None
    assert put(connection, learnt("trust-1:a")) == (1, True)
    assert put(connection, learnt("trust-1:b", threshold=2.0), 1) == (2, True)
    assert put(connection, learnt("trust-1:c", "sales"), 2, "sales") == (1, True)
    assert latest_trust(connection, "general") == learnt("trust-1:b", threshold=2.0)
    assert latest_trust(connection, "sales") == learnt("trust-1:c", "sales")
    assert latest_trust(connection, "other") is None


def test_trust_can_be_switched_off_and_learnt_again(connection: Connection) -> None:
    assert put(connection, None) == (0, False)
    put(connection, learnt())
    assert put(connection, None, 1) == (2, True)
    assert latest_trust(connection, "general") is None
    assert put(connection, None, 2) == (2, False)
    assert put(connection, learnt(), 3) == (3, True)
    assert latest_trust(connection, "general") == learnt()
    kept = select(trust_versions.c.version, trust_versions.c.fingerprint, trust_versions.c.made_by)
    fingerprint = learnt().fingerprint
    assert [tuple(row) for row in connection.execute(kept.order_by(trust_versions.c.version))] == [
        (1, fingerprint, "ann"),
        (2, None, "ann"),
        (3, fingerprint, "ann"),
    ]


def test_learning_the_same_again_adds_no_version(connection: Connection) -> None:
    put(connection, learnt())
    assert put(connection, learnt(), 1) == (1, False)
    assert list(connection.scalars(select(trust_versions.c.made_at))) == [NOW]


def test_trust_that_cannot_be_read_is_told_by_its_version(connection: Connection) -> None:
    put(connection, learnt())
    connection.execute(update(trust_versions).values(payload='{"knots": "torn"}'))
    with pytest.raises(StoreError, match="trust general, version 1"):
        latest_trust(connection, "general")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_record(Trust))
def test_any_trust_comes_back_as_it_was(connection: Connection, trust: Trust) -> None:
    if put_trust(connection, trust.rubric_id, trust, made_by="ann", now=NOW)[1]:
        assert latest_trust(connection, trust.rubric_id) == trust
