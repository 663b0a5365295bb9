"""Rows for scorecards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from pipeline.records import SampledCall, Scope, Status
from pipeline.review.answers import make_review
from pipeline.store import tables
from pipeline.store.calls import CallStatus
from pipeline.store.overviews import CallOverview, put_overviews
from pipeline.store.reviews import put_review
from pipeline.store.samples import put_sampled
from pipeline.store.scorecard_rows import WantedRows, call_count, newest_call_at, scorecard_rows
from tests.factories import evidence
from tests.store.builders import NOW, flag, rejected, result, score, scored, taken_in

CALL_KEYS = (
    "call_id score_id started_at agent_id team queue rubric_id rubric_version rubric_fingerprint share raw_share "
    "passed auto_failed critical_error customer_sentiment media_uri reviewed_share scored"
)
ANSWER_KEYS = "score_id criterion_id section_id title status points_possible points_earned critical position"
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
    assert rows.answers.columns.tolist() == ANSWER_KEYS.split()
    assert {tuple(row) for row in rows.flags} == {tuple(FLAG_KEYS.split())}
    call = rows.calls[0]
    assert call["started_at"] == datetime(2026, 10, 5, 13, 30, tzinfo=UTC)
    assert call["started_at"].tzinfo is UTC
    derived = ("share", "passed", "auto_failed", "critical_error", "customer_sentiment", "scored")
    assert [call[key] for key in derived] == [0.0, False, True, True, -0.4, True]
    assert call["raw_share"] == pytest.approx(1 / 3)
    answers = rows.answers[["score_id", "criterion_id", "status", "position"]].itertuples(index=False, name=None)
    assert sorted(answers) == [("s-1", "a", "pass", 0), ("s-1", "b", "fail", 1), ("s-2", "greeting", "pass", 0)]
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
    assert rows.answers["score_id"].tolist() == ["s-new"]
    assert rows.flags == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (WantedRows(), ["c-1", "c-2", "c-3"]),
        (WantedRows(agent="ann"), ["c-1", "c-3"]),
        (WantedRows(team="north"), ["c-1", "c-2"]),
        (WantedRows(rubric_id="sales"), ["c-2"]),
        (WantedRows(scope=Scope(teams=("north",))), ["c-1", "c-2"]),
        (WantedRows(scope=Scope(teams=())), []),
        (WantedRows(scope=Scope(agent_id="bob")), ["c-2"]),
        (WantedRows(scope=Scope(agent_id="")), []),
        (WantedRows(scope=Scope(teams=("south",)), agent="ann"), ["c-3"]),
        (WantedRows(first_at=datetime(2026, 10, 6, tzinfo=UTC)), ["c-3"]),
        (WantedRows(before=datetime(2026, 10, 5, tzinfo=UTC)), ["c-3"]),
        (WantedRows(first_at=datetime(2026, 10, 5, 13, 30, tzinfo=UTC)), ["c-1", "c-2", "c-3"]),
    ],
)
def test_scorecard_rows_are_of_the_wanted_calls_only(
    connection: Connection, wanted: WantedRows, expected: list[str]
) -> None:
    _calls(connection)
    rows = scorecard_rows(connection, wanted)
    assert [row["call_id"] for row in rows.calls] == expected
    scores = {row["score_id"] for row in rows.calls} - {None}
    assert set(rows.answers["score_id"]) == scores
    assert {row["score_id"] for row in rows.flags} == scores & {"s-1"}
    assert call_count(connection, wanted, most=2) == min(2, len(expected))
    assert newest_call_at(connection, wanted) == (
        datetime(2026, 10, 5, 13, 30, tzinfo=UTC) if set(expected) - {"c-3"} else None
    )


def test_scorecard_rows_leave_answers_out_where_nobody_wants_them(connection: Connection) -> None:
    _calls(connection)
    rows = scorecard_rows(connection, WantedRows(answers=False))
    assert (len(rows.answers), len(rows.calls), len(rows.flags)) == (0, 3, 1)


def test_scorecard_rows_tell_the_reviewed_share_of_the_current_score_only(connection: Connection) -> None:
    _calls(connection)
    of: dict[str, Any] = {"duration_ms": 1, "state": CallStatus.SCORED, "machine_share": 0.0}
    put_overviews(
        connection,
        ["c-1", "c-2", "c-3"],
        [
            CallOverview(call_id="c-1", started_at=None, score_id="s-1", share=0.5, reviewed=True, **of),
            CallOverview(call_id="c-2", started_at=None, score_id="s-2", share=1.0, reviewed=False, **of),
            CallOverview(call_id="c-3", started_at=None, score_id="s-old", share=1.0, reviewed=True, **of),
        ],
    )
    shares = {row["call_id"]: row["reviewed_share"] for row in scorecard_rows(connection).calls}
    assert shares == {"c-1": 0.5, "c-2": None, "c-3": None}


def _drawn(call_id: str, policy: str, at: datetime) -> SampledCall:
    return SampledCall(
        policy=policy,
        period="2026-10",
        call_id=call_id,
        score_id=call_id.replace("c", "s"),
        reason="drawn",
        seed=1,
        sampled_by="lead",
        sampled_at=at,
    )


def _review(connection: Connection, at: datetime, session_id: str | None = None) -> None:
    answered = result("a")
    heard = score("c-1", "s-1", answered)
    put_review(
        connection,
        make_review(
            heard,
            answered,
            status=Status.FAIL,
            share=0.0,
            reviewer="ann",
            reason="not said",
            now=at,
            session_id=session_id,
        ),
    )


def test_scorecard_rows_tell_what_was_drawn_and_what_people_had_reviewed_before(connection: Connection) -> None:
    _calls(connection)
    later, latest = NOW + timedelta(days=1), NOW + timedelta(days=2)
    put_sampled(connection, _drawn("c-1", "random", NOW))
    put_sampled(connection, _drawn("c-1", "per-agent", later))
    put_sampled(connection, _drawn("c-2", "random", later))
    blind = {"session_id": "k-1", "rubric_id": "bank", "calls": "[]", "reviewers": "[]", "expert": "ann"}
    connection.execute(tables.calibration_sessions.insert(), {**blind, "started_by": "lead", "started_at": NOW})
    _review(connection, NOW, "k-1")  # nobody's answer for the call
    _review(connection, latest)
    _review(connection, later)

    everything, of_bob = scorecard_rows(connection), scorecard_rows(connection, WantedRows(agent="bob"))

    assert everything.sampled == {"c-1": {"random", "per-agent"}, "c-2": {"random"}}
    assert everything.draws == {("random", "2026-10"): {NOW, later}, ("per-agent", "2026-10"): {later}}
    assert everything.heard_at == {"c-1": later}
    assert everything.heard_at["c-1"].tzinfo is UTC
    assert (of_bob.sampled, of_bob.heard_at) == ({"c-2": {"random"}}, {})


def test_scorecard_rows_tell_which_scores_had_flags_that_people_closed(connection: Connection) -> None:
    _calls(connection)
    assert scorecard_rows(connection).closed_flags == {"s-1"}
    assert scorecard_rows(connection, WantedRows(agent="bob")).closed_flags == set()
    assert scorecard_rows(connection, WantedRows(rubric_id="sales")).closed_flags == set()
    connection.execute(update(tables.flags).values(state="open"))
    assert scorecard_rows(connection).closed_flags == set()
