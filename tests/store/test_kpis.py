"""Telephone figures and surveys in the database: whole or not at all, again without doubles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from pipeline.errors import UnknownNameError
from pipeline.records.kpis import KnownUntil
from pipeline.store.contact_reasons import CallReason, Reason, put_call_reasons, put_reasons
from pipeline.store.database import Store
from pipeline.store.kpi_import import (
    Kept,
    KpiImport,
    imports,
    imports_state,
    keep_rows,
    known_calls,
    known_keys,
    rows_left,
    withdraw_import,
)
from pipeline.store.kpi_rows import known_until, kpi_rows, newest_recording_at
from pipeline.store.kpi_tables import kpi_imports, phone_calls
from tests.store.builders import NOW, result, score, scored, taken_in

OPENS = datetime(2026, 10, 5, 13, 0, tzinfo=UTC)


def made(kind: str = "calls", import_id: str = "ki-1", at: datetime = NOW) -> KpiImport:
    return KpiImport(import_id=import_id, kind=kind, source="phone.csv", row_count=1, imported_by="max", imported_at=at)


def call(key: str = "T1", **changes: Any) -> dict[str, Any]:
    unknown = dict.fromkeys(column.name for column in phone_calls.columns if column.name != "import_id")
    return {**unknown, "phone_key": key, "agent_id": "maria", "started_at": OPENS, "talk_s": 60.0, **changes}


def test_rows_are_kept_and_kept_again_without_doubles(connection: Connection) -> None:
    assert keep_rows(connection, made(), [call("T1"), call("T2")]) == Kept(added=2, replaced=0)
    again = [call("T2", talk_s=90.0, transferred=True), call("T3")]
    assert keep_rows(connection, made(import_id="ki-2"), again) == Kept(added=1, replaced=1)
    rows = kpi_rows(connection)
    assert list(rows.phone["phone_key"]) == ["T1", "T2", "T3"]
    assert list(rows.phone["talk_s"]) == [60.0, 90.0, 60.0]
    assert list(rows.phone["transferred"]) == [None, True, None]
    assert rows.phone["started_at"][0] == OPENS
    assert set(known_keys(connection, "calls")) == {("T1",), ("T2",), ("T3",)}


def test_an_import_that_fails_leaves_nothing(store: Store) -> None:
    def breaking() -> Any:
        yield call("T1")
        raise RuntimeError("the export broke off")

    with pytest.raises(RuntimeError, match="broke off"), store.begin() as connection:
        keep_rows(connection, made(), breaking())
    with store.read() as connection:
        counts = [connection.scalar(select(func.count()).select_from(table)) for table in (phone_calls, kpi_imports)]
    assert counts == [0, 0]


def test_many_rows_are_kept_in_parts(connection: Connection) -> None:
    rows = (call(f"T{number:05}", started_at=OPENS + timedelta(seconds=number)) for number in range(12_001))
    assert keep_rows(connection, made(), rows) == Kept(added=12_001, replaced=0)


def test_days_and_surveys_are_kept(connection: Connection) -> None:
    day = {"agent_id": "maria", "day": date(2026, 10, 5), "team": None, "logged_in_s": 100.0, "available_s": 10.0}
    day |= {"talk_s": None, "hold_s": None, "wrap_up_s": None, "calls": 3}
    assert keep_rows(connection, made("agent-days"), [day]) == Kept(added=1, replaced=0)
    assert keep_rows(connection, made("agent-days", "ki-2"), [{**day, "calls": 4}]) == Kept(added=0, replaced=1)
    survey = {"survey_key": "S1", "survey_ref": "S1", "call_ref": "T1", "agent_id": None, "customer_ref": None}
    survey |= {"sent_at": OPENS, "answered_at": None, "csat": 4, "nps": None, "effort": None}
    assert keep_rows(connection, made("surveys", "ki-3"), [survey]) == Kept(added=1, replaced=0)
    rows = kpi_rows(connection)
    assert (rows.days["day"][0], rows.days["calls"][0]) == (date(2026, 10, 5), 4)
    assert (rows.surveys["csat"][0], rows.surveys["sent_at"][0]) == (4, OPENS)
    assert set(known_keys(connection, "agent-days")) == {("maria", date(2026, 10, 5))}


def test_imports_are_told_the_newest_first(connection: Connection) -> None:
    assert imports_state(connection) == (0, None)
    keep_rows(connection, made(), [])
    keep_rows(connection, made(import_id="ki-2", at=NOW + timedelta(hours=1)), [])
    assert [each.import_id for each in imports(connection)] == ["ki-2", "ki-1"]
    assert imports_state(connection) == (2, "ki-2")


def test_rows_of_a_period_come_with_the_calls_of_the_window_after_it(connection: Connection) -> None:
    days = (-3, 0, 1, 6, 9, 30)
    rows = [call(f"T{day}", started_at=OPENS + timedelta(days=day)) for day in days]
    keep_rows(connection, made(), rows)
    found = kpi_rows(connection, since=OPENS, before=OPENS + timedelta(days=1), window_days=7)
    assert set(found.phone["phone_key"]) == {"T0", "T1", "T6"}
    assert list(kpi_rows(connection, with_phone=False).phone["phone_key"]) == []


def test_recordings_come_with_external_id_contact_reason_and_current_score(connection: Connection) -> None:
    taken_in(connection, "c-1", agent_id="maria", started_at=OPENS, metadata={"external_id": "7f3a"})
    taken_in(connection, "c-2", agent_id="tom", started_at=None, metadata={})
    scored(connection, score("c-1", "s-1", result(status="fail"), result("closing")))
    put_reasons(connection, "rule", [Reason(reason_id="lost-card", kind="rule", label="Lost card")], now=OPENS)
    put_call_reasons(connection, [CallReason(call_id="c-2", reason_id="lost-card", told_by="rule")], now=OPENS)
    found = kpi_rows(connection).recordings
    assert list(found["call_id"]) == ["c-1", "c-2"]
    assert list(found["topic"]) == [None, "lost-card"]
    assert list(found["external_id"]) == ["7f3a", None]
    assert list(found["share"]) == [0.5, None]
    assert list(kpi_rows(connection, since=OPENS).recordings["call_id"]) == ["c-1"]


def test_sources_reach_as_far_as_their_newest_call_of_a_known_customer(connection: Connection) -> None:
    def day(number: int) -> datetime:
        return OPENS + timedelta(days=number)

    assert known_until(connection) == KnownUntil(phone=None, recordings=None)
    keep_rows(connection, made(), [call("T1", started_at=day(5)), call("T2", started_at=day(9))])
    assert known_until(connection) == KnownUntil(phone=None, recordings=None), "no customer is known"
    taken_in(connection, "c-1", started_at=day(7), customer_ref="C-1")
    taken_in(connection, "c-2", started_at=day(20))
    both = KnownUntil(phone=day(7), recordings=day(7))
    assert known_until(connection) == both, "customers of the export's calls are those of recordings"
    taken_in(connection, "c-3", started_at=day(30), customer_ref="C-1")
    assert known_until(connection) == KnownUntil(phone=day(9), recordings=day(30))
    keep_rows(connection, made(import_id="ki-2"), [call("T3", started_at=day(6), customer_ref="C-1")])
    assert known_until(connection) == KnownUntil(phone=day(6), recordings=day(30))
    assert kpi_rows(connection).known_until == known_until(connection)
    assert newest_recording_at(connection) == day(30)


def test_a_withdrawn_import_takes_its_rows_with_it_and_no_others(connection: Connection) -> None:
    keep_rows(connection, made(), [call("T1"), call("T2")])
    keep_rows(connection, made(import_id="ki-2"), [call("T2", talk_s=90.0), call("T3")])
    assert rows_left(connection) == {"ki-1": 1, "ki-2": 2}
    assert withdraw_import(connection, "ki-1") == (made(), 1)
    assert set(known_keys(connection, "calls")) == {("T2",), ("T3",)}, "T2 is the later import's since it replaced it"
    assert [each.import_id for each in imports(connection)] == ["ki-2"]
    assert withdraw_import(connection, "ki-2")[1] == 2
    assert (list(known_keys(connection, "calls")), imports(connection), rows_left(connection)) == ([], [], {})


def test_withdrawing_changes_what_tells_pages_that_there_are_newer_figures(connection: Connection) -> None:
    keep_rows(connection, made(), [call("T1")])
    keep_rows(connection, made(import_id="ki-2", at=NOW + timedelta(hours=1)), [call("T2")])
    before = imports_state(connection)
    withdraw_import(connection, "ki-1")
    assert imports_state(connection) != before


def test_an_import_that_is_not_there_cannot_be_withdrawn(connection: Connection) -> None:
    keep_rows(connection, made(), [call("T1")])
    with pytest.raises(UnknownNameError, match="did you mean 'ki-1'"):
        withdraw_import(connection, "ki-11")
    assert len(list(known_keys(connection, "calls"))) == 1


def test_calls_between_are_told_with_their_keys(connection: Connection) -> None:
    keep_rows(connection, made(), [call("T1"), call("T2", started_at=OPENS + timedelta(days=1)), call("T3")])
    found = list(known_calls(connection, first=OPENS, last=OPENS))
    assert sorted(found) == [("T1", "maria", OPENS), ("T3", "maria", OPENS)]
