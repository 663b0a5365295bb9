"""A clock that is ahead deletes nothing, unless somebody says that it is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.audit.log import record_act
from pipeline.errors import ReportError
from pipeline.retention.clock import AHEAD_OF_SERVER, IDLE, clock_doubt
from pipeline.retention.deletion import apply_policies
from pipeline.store.database import Store
from pipeline.store.old_calls import newest_known
from tests.audit.workspace import Workspace
from tests.retention.test_deletion import holding, ids, who
from tests.store.builders import NOW, taken_in

SECOND = timedelta(seconds=1)


def test_a_clock_that_jumped_deletes_nothing_until_somebody_says_it_is_right(workspace: Workspace) -> None:
    far = datetime(2099, 11, 23, tzinfo=UTC)
    deleting = replace(who(workspace, keep_call_days={"*": 3650}), now=lambda: far)
    with pytest.raises(ReportError, match=r"clock says 2099-11-23.*nothing that is due was deleted"):
        apply_policies(deleting)
    assert ids(workspace) == sorted(workspace.calls)

    [done] = apply_policies(replace(deleting, clock_is_right=True))
    assert done.deleted == 2


def test_a_clock_is_not_doubted_where_nothing_would_go(workspace: Workspace) -> None:
    far = datetime(2099, 11, 23, tzinfo=UTC)
    assert apply_policies(replace(who(workspace), now=lambda: far)) == []
    holding(workspace, agent_id="maria.lopez")
    [done] = apply_policies(replace(who(workspace, keep_call_days={"*": 1}), now=lambda: far))
    assert done.held == dict.fromkeys(workspace.calls, ("lh-1",))


def test_a_clock_is_doubted_when_nothing_happened_for_long(store: Store) -> None:
    with store.begin() as connection:
        assert newest_known(connection) is None
        taken_in(connection, "c-0001")
        assert newest_known(connection) == NOW
        quiet = NOW + IDLE
        if connection.dialect.name == "sqlite":
            assert clock_doubt(connection, quiet) is None
            assert "more than 90 days before" in str(clock_doubt(connection, quiet + SECOND))
        record_act(connection, actor="x", action="export", subject=("call", "c-0001"), details={}, now=quiet)
        assert newest_known(connection) == quiet
        if connection.dialect.name == "sqlite":
            assert clock_doubt(connection, quiet + SECOND) is None


def test_a_clock_is_doubted_that_is_ahead_of_the_servers(store: Store) -> None:
    with store.begin() as connection:
        if connection.dialect.name == "sqlite":
            assert clock_doubt(connection, NOW) is None, "there is no other clock to ask"
            return
        here = datetime.now(UTC)
        taken_in(connection, "c-0001")
        record_act(connection, actor="x", action="export", subject=("call", "c-0001"), details={}, now=here)
        assert clock_doubt(connection, here) is None
        assert clock_doubt(connection, here - 3 * AHEAD_OF_SERVER) is None, "a clock that is behind deletes too little"
        assert "the database server's" in str(clock_doubt(connection, here + 2 * AHEAD_OF_SERVER))
