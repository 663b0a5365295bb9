"""What a legal hold covers, now and later, and that no deletion passes it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.errors import NotFoundError
from pipeline.store.database import Store
from pipeline.store.holds import (
    LegalHold,
    calls_on_hold,
    freeze_holds,
    held_count,
    lift_hold,
    list_holds,
    put_hold,
)
from tests.store.builders import LATER, NOW, taken_in


def hold(hold_id: str = "lh-1", **changes: Any) -> LegalHold:
    given: dict[str, Any] = {"reason": "matter 7", "placed_by": "ann", "placed_at": NOW, **changes}
    return LegalHold(hold_id=hold_id, **given)


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ({"call_id": "c-1"}, {"c-1"}),
        ({"customer_ref": "C-7"}, {"c-1", "c-2"}),
        ({"agent_id": "tom"}, {"c-2", "c-3"}),
        ({"queue": "sales"}, {"c-2", "c-4"}),
        ({"queue": "sales", "agent_id": "tom"}, {"c-2"}),
        ({"queue": "sales", "since": NOW}, {"c-4"}),
        ({"agent_id": "tom", "before": NOW}, {"c-2"}),
        ({"agent_id": "tom", "since": NOW, "before": LATER}, {"c-3"}),
        ({"customer_ref": "c-7"}, set()),
        ({"queue": ""}, set()),
    ],
)
def test_a_hold_covers_the_calls_that_fit_everything_given(
    connection: Connection, given: dict[str, Any], held: set[str]
) -> None:
    taken_in(connection, "c-1", customer_ref="C-7", agent_id="maria", queue="bank", started_at=NOW)
    taken_in(connection, "c-2", customer_ref="C-7", agent_id="tom", queue="sales", started_at=NOW - timedelta(days=1))
    taken_in(connection, "c-3", customer_ref=None, agent_id="tom", queue=None, started_at=NOW)
    taken_in(connection, "c-4", customer_ref=None, agent_id=None, queue="sales", started_at=None)  # fits any period
    every = ["c-1", "c-2", "c-3", "c-4"]

    put_hold(connection, hold(**given))

    assert calls_on_hold(connection, every) == dict.fromkeys(sorted(held), ("lh-1",))
    assert held_count(connection, "lh-1") == len(held)


def test_a_hold_covers_calls_that_are_taken_in_later(connection: Connection) -> None:
    put_hold(connection, hold(customer_ref="C-7"))
    taken_in(connection, "c-1", customer_ref="C-7")
    assert calls_on_hold(connection, ["c-1"]) == {"c-1": ("lh-1",)}


def test_a_lifted_hold_holds_nothing_and_is_remembered(connection: Connection) -> None:
    taken_in(connection, "c-1")
    put_hold(connection, hold(call_id="c-1"))
    put_hold(connection, hold("lh-2", agent_id="maria.lopez"))
    assert calls_on_hold(connection, ["c-1"]) == {"c-1": ("lh-1", "lh-2")}
    lifted, done = lift_hold(connection, "lh-1", by="max", reason="settled", now=LATER)
    assert done
    assert calls_on_hold(connection, ["c-1"]) == {"c-1": ("lh-2",)}
    assert (lifted.lifted_by, lifted.lifted_reason, lifted.lifted_at) == ("max", "settled", LATER)
    again, done = lift_hold(connection, "lh-1", by="eve", reason="again", now=LATER)
    assert not done
    assert again == lifted
    assert [each.hold_id for each in list_holds(connection)] == ["lh-2"]
    assert [each.hold_id for each in list_holds(connection, lifted=True)] == ["lh-1", "lh-2"]
    with pytest.raises(NotFoundError, match="no hold 'lh-9'"):
        lift_hold(connection, "lh-9", by="eve", reason="x", now=LATER)


def test_no_hold_can_be_placed_beside_a_deletion(store: Store) -> None:
    """Whoever places one waits for the deletion, and whoever deletes afterwards finds it."""
    placed = threading.Event()

    def place() -> None:
        with store.begin() as connection:
            put_hold(connection, hold(call_id="c-1"))
        placed.set()

    with store.begin() as connection:
        freeze_holds(connection)
        other = threading.Thread(target=place)
        other.start()
        assert not placed.wait(0.3)
    other.join(timeout=60)
    assert placed.is_set()
