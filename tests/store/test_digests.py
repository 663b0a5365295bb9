"""Who has which digest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from pipeline.store.database import Store
from pipeline.store.digest_tables import sent_digests
from pipeline.store.digests import (
    GIVEN_UP_AFTER,
    claim_digest,
    digests_had,
    note_not_sent,
    note_sent,
    receivers_who_have,
)
from tests.store.builders import NOW

TWO = ["Lead@example.org", "boss@example.org"]


def test_digest_is_claimed_once_until_it_is_given_back(connection: Connection) -> None:
    assert claim_digest(connection, "north", "2026-W41", TWO, now=NOW) == TWO
    assert claim_digest(connection, "north", "2026-W41", ["lead@example.org"], now=NOW) == []
    assert claim_digest(connection, "south", "2026-W41", TWO, now=NOW) == TWO
    assert claim_digest(connection, "north", "2026-W42", TWO, now=NOW) == TWO
    assert receivers_who_have(connection, "north", "2026-W41") == set()
    note_not_sent(connection, "north", "2026-W41", TWO[1:])
    note_sent(connection, "north", "2026-W41", TWO[:1], now=NOW)
    assert receivers_who_have(connection, "north", "2026-W41") == {"lead@example.org"}
    assert claim_digest(connection, "north", "2026-W41", TWO, now=NOW) == TWO[1:]


def test_sent_digest_is_claimed_again_only_when_asked_for(connection: Connection) -> None:
    claim_digest(connection, "north", "2026-W41", TWO, now=NOW)
    note_sent(connection, "north", "2026-W41", TWO, now=NOW)
    much_later = NOW + 10 * GIVEN_UP_AFTER
    assert claim_digest(connection, "north", "2026-W41", TWO, now=much_later) == []
    assert claim_digest(connection, "north", "2026-W41", TWO, now=much_later, again=True) == TWO
    assert claim_digest(connection, "north", "2026-W41", TWO, now=much_later, again=True) == []  # it is going out
    note_sent(connection, "north", "2026-W41", TWO, now=much_later)
    assert _row(connection) == (2, much_later, much_later)


def test_digest_that_fails_when_it_goes_out_once_more_was_sent_all_the_same(connection: Connection) -> None:
    claim_digest(connection, "north", "2026-W41", TWO, now=NOW)
    note_sent(connection, "north", "2026-W41", TWO, now=NOW)
    later = NOW + timedelta(seconds=1)
    claim_digest(connection, "north", "2026-W41", TWO, now=later, again=True)
    assert receivers_who_have(connection, "north", "2026-W41") == {"lead@example.org", "boss@example.org"}
    note_not_sent(connection, "north", "2026-W41", TWO)
    assert _row(connection) == (1, NOW, NOW)
    assert claim_digest(connection, "north", "2026-W41", TWO, now=later + 10 * GIVEN_UP_AFTER) == []
    assert claim_digest(connection, "north", "2026-W41", TWO, now=later, again=True) == TWO


def test_process_that_died_while_sending_once_more_leaves_it_sent(connection: Connection) -> None:
    claim_digest(connection, "north", "2026-W41", TWO, now=NOW)
    note_sent(connection, "north", "2026-W41", TWO, now=NOW)
    died = NOW + timedelta(minutes=1)
    claim_digest(connection, "north", "2026-W41", TWO, now=died, again=True)
    assert claim_digest(connection, "north", "2026-W41", TWO, now=died + GIVEN_UP_AFTER) == []
    assert claim_digest(connection, "north", "2026-W41", TWO, now=died + GIVEN_UP_AFTER, again=True) == TWO


def test_digests_that_somebody_has_are_listed_by_receiver(connection: Connection) -> None:
    for label in ("2026-W41", "2026-W42", "2026-10"):
        claim_digest(connection, "north", label, TWO, now=NOW)
    note_sent(connection, "north", "2026-W41", TWO, now=NOW)
    note_sent(connection, "north", "2026-10", TWO[:1], now=NOW)
    assert digests_had(connection, "north") == {
        "lead@example.org": {"2026-W41", "2026-10"},
        "boss@example.org": {"2026-W41"},
    }
    assert digests_had(connection, "south") == {}


def _row(connection: Connection) -> tuple[Any, ...]:
    """How often, when begun and when sent, of the first of the two receivers."""
    columns = (sent_digests.c.times, sent_digests.c.begun_at, sent_digests.c.sent_at)
    return tuple(connection.execute(select(*columns).where(sent_digests.c.receiver == "lead@example.org")).one())


def test_claim_of_a_process_that_died_is_taken_over(connection: Connection) -> None:
    claim_digest(connection, "north", "2026-W41", TWO, now=NOW)
    before = NOW + GIVEN_UP_AFTER - timedelta(seconds=1)
    assert claim_digest(connection, "north", "2026-W41", TWO, now=before) == []
    assert claim_digest(connection, "north", "2026-W41", TWO, now=NOW + GIVEN_UP_AFTER) == TWO


def test_two_transactions_claim_different_digests(store: Store) -> None:
    with store.begin() as connection:
        assert claim_digest(connection, "*", "2026-10", TWO, now=NOW) == TWO
    with store.begin() as connection:
        assert claim_digest(connection, "*", "2026-10", TWO, now=NOW) == []
