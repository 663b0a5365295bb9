"""Webhooks and their outbox."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from pipeline.errors import NotFoundError
from pipeline.records.webhooks import DeliveryState, Webhook, WebhookEvent
from pipeline.store.database import Store
from pipeline.store.webhooks import (
    claim_due,
    deliveries_of,
    forget_deliveries,
    get_webhook,
    has_due,
    list_webhooks,
    put_webhook,
    remove_webhook,
    settle_delivery,
    switch_webhook,
    tell,
    tell_of_scores,
    tell_one,
    try_again,
)
from tests.store.builders import flag, score, scored, taken_in

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=60)
FLAGGED = WebhookEvent.FLAG_RAISED
SCORED = WebhookEvent.SCORE_CREATED


def hook(name: str = "wh-1", *events: WebhookEvent, active: bool = True) -> Webhook:
    return Webhook(
        webhook_id=name,
        url="https://crm.example.org/earmark",
        events=events or (FLAGGED,),
        active=active,
        created_by="ann",
        created_at=NOW,
    )


def test_webhook_is_kept_and_its_secret_goes_with_deliveries_only(connection: Connection) -> None:
    put_webhook(connection, hook(), secret="kept")
    assert list_webhooks(connection) == [hook()]
    assert get_webhook(connection, "wh-1") == hook()
    tell_one(connection, "wh-1", WebhookEvent.TEST, now=NOW)
    (due,) = claim_due(connection, now=NOW, until=SOON, most=5)
    assert (due.url, due.secret) == ("https://crm.example.org/earmark", "kept")


def test_only_active_webhooks_that_want_an_event_are_told(connection: Connection) -> None:
    put_webhook(connection, hook("wh-1", FLAGGED), secret="a")
    put_webhook(connection, hook("wh-2", SCORED), secret="b")
    put_webhook(connection, hook("wh-3", FLAGGED, SCORED, active=False), secret="c")
    tell(connection, FLAGGED, [{"call_id": "c-1"}, {"call_id": "c-2"}], now=NOW)
    told = [[each.payload for each in deliveries_of(connection, name, limit=9)] for name in ("wh-1", "wh-2", "wh-3")]
    assert sorted(each["call_id"] for each in told[0]) == ["c-1", "c-2"]
    assert told[1:] == [[], []]


def test_what_did_not_happen_is_not_told(store: Store) -> None:
    with store.begin() as connection:
        put_webhook(connection, hook(), secret="a")
    with suppress(ZeroDivisionError), store.begin() as connection:
        tell(connection, FLAGGED, [{"call_id": "c-1"}], now=NOW)
        assert deliveries_of(connection, "wh-1", limit=9)
        raise ZeroDivisionError
    with store.read() as connection:
        assert deliveries_of(connection, "wh-1", limit=9) == []


def test_scores_are_told_with_the_count_of_flags_and_flags_by_score(connection: Connection) -> None:
    put_webhook(connection, hook("wh-1", FLAGGED, SCORED), secret="a")
    score = {"call_id": "c-1", "score_id": "s-1", "rubric_id": "billing", "rubric_version": 2, "reason": "words"}
    flag = {
        "flag_id": "f-1",
        "score_id": "s-1",
        "code": "auto_fail",
        "severity": "critical",
        "reason": "words of a call",
    }
    quiet = {**score, "call_id": "c-2", "score_id": "s-2"}
    tell_of_scores(connection, [score, quiet], [flag], now=NOW)
    told = {(each.event, each.payload["call_id"]): each.payload for each in deliveries_of(connection, "wh-1", limit=9)}
    assert set(told) == {(SCORED, "c-1"), (SCORED, "c-2"), (FLAGGED, "c-1")}
    assert told[SCORED, "c-1"]["flags"] == 1
    assert told[FLAGGED, "c-1"]["flags"] == [{"flag_id": "f-1", "code": "auto_fail", "severity": "critical"}]
    assert "words" not in str(told)


def test_storing_a_score_tells_of_it_once(connection: Connection) -> None:
    put_webhook(connection, hook("wh-1", FLAGGED, SCORED), secret="a")
    taken_in(connection)
    made = score()
    for _ in range(2):
        scored(connection, made, flag(of=made))
    events = [each.event for each in deliveries_of(connection, "wh-1", limit=9)]
    assert sorted(events) == [FLAGGED, SCORED]


def test_delivery_is_claimed_by_one_and_by_another_once_the_first_is_gone(store: Store) -> None:
    with store.begin() as connection:
        put_webhook(connection, hook(), secret="a")
        tell(connection, FLAGGED, [{"call_id": "c-1"}], now=NOW)
    with store.begin() as connection:
        first = claim_due(connection, now=NOW, until=SOON, most=5)
    with store.begin() as connection:
        second = claim_due(connection, now=NOW + timedelta(seconds=59), until=SOON, most=5)
    with store.begin() as connection:
        third = claim_due(connection, now=SOON, until=SOON + timedelta(seconds=60), most=5)
    assert [len(first), len(second), len(third)] == [1, 0, 1]
    assert third[0].delivery.attempts == 1


def test_deliveries_of_a_webhook_that_is_off_wait(connection: Connection) -> None:
    put_webhook(connection, hook(), secret="a")
    tell(connection, FLAGGED, [{"call_id": "c-1"}], now=NOW)
    switch_webhook(connection, "wh-1", active=False)
    assert not has_due(connection, NOW)
    switch_webhook(connection, "wh-1", active=True)
    assert has_due(connection, NOW)
    assert not has_due(connection, NOW - timedelta(seconds=1))


def test_given_up_is_tried_again_and_delivered_is_not(connection: Connection) -> None:
    put_webhook(connection, hook(), secret="a")
    made = tell_one(connection, "wh-1", WebhookEvent.TEST, now=NOW)
    settle_delivery(connection, made, DeliveryState.GIVEN_UP, answer="500", next_at=NOW)
    assert not has_due(connection, SOON)
    assert not try_again(connection, "wh-2", made, now=SOON)
    assert try_again(connection, "wh-1", made, now=SOON)
    assert has_due(connection, SOON)
    settle_delivery(connection, made, DeliveryState.DELIVERED, answer="200 OK", next_at=SOON)
    assert not try_again(connection, "wh-1", made, now=SOON)
    (told,) = deliveries_of(connection, "wh-1", limit=9)
    assert (told.state, told.answer) == (DeliveryState.DELIVERED, "200 OK")


def test_old_deliveries_are_forgotten_but_not_those_that_wait(connection: Connection) -> None:
    put_webhook(connection, hook(), secret="a")
    done, waiting = (tell_one(connection, "wh-1", WebhookEvent.TEST, now=NOW) for _ in range(2))
    settle_delivery(connection, done, DeliveryState.DELIVERED, answer="200 OK", next_at=NOW)
    assert forget_deliveries(connection, before=SOON) == 1
    assert [each.delivery_id for each in deliveries_of(connection, "wh-1", limit=9)] == [waiting]


def test_removed_webhook_is_gone_with_its_deliveries(connection: Connection) -> None:
    put_webhook(connection, hook(), secret="a")
    tell_one(connection, "wh-1", WebhookEvent.TEST, now=NOW)
    remove_webhook(connection, "wh-1")
    assert list_webhooks(connection) == []
    with pytest.raises(NotFoundError, match="wh-1"):
        get_webhook(connection, "wh-1")
