"""What reasons may be called, on both databases."""

from __future__ import annotations

import pytest

from pipeline.contact_reasons.names import give_name
from pipeline.errors import NotFoundError, ReviewError
from pipeline.store.contact_reasons import Reason, get_reason, put_reasons
from pipeline.store.database import Store
from tests.postgres import postgres_server, store_url
from tests.store.builders import LATER, NOW
from tests.store.conftest import store

__all__ = ["postgres_server", "store", "store_url"]


@pytest.fixture
def named(store: Store) -> Store:
    """A store with a rule, a group in use that has a name, and a group and a rule that are not in use any more."""
    gone = Reason(reason_id="g2", kind="group", label="late · parcel")
    with store.begin() as connection:
        put_reasons(connection, "group", [Reason(reason_id="g1", kind="group", label="fees · charge"), gone], now=NOW)
        put_reasons(connection, "rule", [Reason(reason_id="old", kind="rule", label="An old rule")], now=NOW)
        put_reasons(connection, "rule", [Reason(reason_id="lost", kind="rule", label="Lost or stolen card")], now=LATER)
        give_name(connection, "g1", "Fees", by="max", now=NOW)
        give_name(connection, "g2", "Straße", by="max", now=NOW)
        put_reasons(connection, "group", [Reason(reason_id="g1", kind="group", label="fees · charge")], now=LATER)
    return store


@pytest.mark.parametrize(
    ("reason_id", "given"),
    [
        ("lost", " FEES "),
        ("lost", "Fees · Charge"),
        ("lost", "other  reasons"),
        ("lost", "STRASSE"),
        ("g1", "lost or STOLEN card"),
    ],
)
def test_name_that_another_reason_bears_is_refused(named: Store, reason_id: str, given: str) -> None:
    with named.begin() as connection:
        before = get_reason(connection, reason_id)
        with pytest.raises(ReviewError, match="choose another name"):
            give_name(connection, reason_id, given, by="max", now=LATER)
        assert get_reason(connection, reason_id) == before


@pytest.mark.parametrize(
    ("reason_id", "given", "title"),
    [
        ("g1", "FEES", "FEES"),
        ("g1", "fees · charge", "fees · charge"),
        ("g1", "", "fees · charge"),
        ("lost", "An old rule", "An old rule"),
        ("lost", "late · parcel", "late · parcel"),
    ],
)
def test_own_names_and_labels_that_nobody_sees_are_free(named: Store, reason_id: str, given: str, title: str) -> None:
    with named.begin() as connection:
        give_name(connection, reason_id, given, by="max", now=LATER)
        assert get_reason(connection, reason_id).title == title


def test_what_there_is_not_cannot_be_named(named: Store) -> None:
    with named.begin() as connection, pytest.raises(NotFoundError, match="g7"):
        give_name(connection, "g7", "New", by="max", now=LATER)
