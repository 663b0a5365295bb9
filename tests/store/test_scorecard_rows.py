"""Rows for scorecards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, update

from pipeline.store import tables
from pipeline.store.scorecard_rows import scorecard_rows
from tests.factories import evidence
from tests.store.builders import flag, rejected, result, score, scored, taken_in

CALL_KEYS = (
    "call_id score_id started_at agent_id team queue rubric_id rubric_version rubric_fingerprint share raw_share "
    "passed auto_failed critical_error customer_sentiment media_uri reviewed_share scored"
)
ANSWER_KEYS = "score_id criterion_id section_id title status points_possible points_earned weight critical position"
FLAG_KEYS = "score_id code severity reason criterion_id evidence"


def _calls(connection: Connection) -> None:
    rejected(connection)
    taken_in(connection, "c-1", agent_id="ann", team="north")
    failed = score("c-1", "s-1", result("a"), result("b", "fail", auto_fail=True, critical=True, weight=2.0))
    flags = [flag("fl-1", of=failed, evidence=(evidence(),), criterion_id="b"), flag("fl-2", of=failed, code="x")]
    scored(connection, failed, *flags, customer_sentiment=-0.4)
    connection.execute(update(tables.flags).where(tables.flags.c.flag_id == "fl-2").values(state="closed"))
    taken_in(connection, "c-2", agent_id="bob", team="north")
    scored(connection, score("c-2", "s-2", rubric_id="sales"))
    taken_in(connection, "c-3", agent_id="ann", team="south", started_at=None)


def test_scorecard_rows_have_the_promised_columns_and_values(connection: Connection) -> None:
    _calls(connection)
    rows = scorecard_rows(connection)
    assert {tuple(row) for row in rows.calls} == {tuple(CALL_KEYS.split())}
    assert {tuple(row) for row in rows.answers} == {tuple(ANSWER_KEYS.split())}
    assert {tuple(row) for row in rows.flags} == {tuple(FLAG_KEYS.split())}
    call = rows.calls[0]
    assert call["started_at"] == datetime(2026, 10, 5, 13, 30, tzinfo=UTC)
    assert call["started_at"].tzinfo is UTC
    derived = ("share", "passed", "auto_failed", "critical_error", "customer_sentiment", "scored")
    assert [call[key] for key in derived] == [0.0, False, True, True, -0.4, True]
    assert call["raw_share"] == pytest.approx(1 / 3)
    answers = [(a["score_id"], a["criterion_id"], a["status"], a["position"]) for a in rows.answers]
    assert answers == [("s-1", "a", "pass", 0), ("s-1", "b", "fail", 1), ("s-2", "greeting", "pass", 0)]
    assert [(f["code"], f["criterion_id"], f["evidence"]) for f in rows.flags] == [("low_score", "b", (evidence(),))]


def test_scorecard_rows_keep_calls_without_a_score(connection: Connection) -> None:
    _calls(connection)
    (unscored,) = [row for row in scorecard_rows(connection).calls if not row["scored"]]
    assert (unscored["call_id"], unscored["score_id"], unscored["share"]) == ("c-3", None, None)
    assert (unscored["auto_failed"], unscored["critical_error"], unscored["started_at"]) == (False, False, None)


def test_scorecard_rows_are_of_current_scores_only(connection: Connection) -> None:
    taken_in(connection)
    old, new = score(score_id="s-old"), score("c-0001", "s-new", result(status="fail"))
    scored(connection, old, flag("fl-old", of=old))
    scored(connection, new)
    rows = scorecard_rows(connection)
    assert [(row["score_id"], row["share"]) for row in rows.calls] == [("s-new", 0.0)]
    assert [row["score_id"] for row in rows.answers] == ["s-new"]
    assert rows.flags == []
