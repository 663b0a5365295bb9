"""Why calls wait for a person, as the tables tell it."""

from __future__ import annotations

from sqlalchemy import Connection, update

from pipeline.records import QueueKind, QueueReason, SampledCall, Severity
from pipeline.store import tables
from pipeline.store.queue import list_queued
from tests.store.builders import NOW, flag, result, score, scored, taken_in


def test_every_reason_of_every_call_is_there(connection: Connection) -> None:
    for call_id in ("c-1", "c-2", "c-3", "c-4"):
        taken_in(connection, call_id)
    first = score("c-1", "s-1", result(status="fail", asked="q:1"), result("closing", "cannot_assess", asked="q:2"))
    scored(
        connection,
        first,
        flag("fl-1", of=first, code="critical_error", severity=Severity.CRITICAL, criterion_id="greeting"),
        flag("fl-2", of=first, criterion_id="gone"),
        flag("fl-3", of=first, code="signal"),
    )
    connection.execute(update(tables.flags).where(tables.flags.c.flag_id == "fl-3").values(state="closed"))
    second = score("c-2", "s-2", result(status="cannot_assess", critical=True))  # of before questions were known
    scored(connection, second)
    scored(connection, score("c-3", "s-3"))
    old = score("c-4", "s-4-old", result(status="cannot_assess", asked="q:1"))
    scored(connection, old, flag("fl-4", of=old))
    scored(connection, score("c-4", "s-4"))
    drawn = SampledCall(
        policy="random",
        period="2026-11",
        call_id="c-4",
        score_id="s-4-old",
        reason="drawn",
        seed=1,
        sampled_by="lead",
        sampled_at=NOW,
        reviewer="ann",
    )
    connection.execute(tables.sampled_calls.insert(), {name: getattr(drawn, name) for name in SampledCall.__slots__})
    found = {call.call_id: call for call in list_queued(connection)}
    assert sorted(found) == ["c-1", "c-2", "c-4"]
    grave, low, open_question = found["c-1"].reasons
    assert grave == QueueReason(
        kind=QueueKind.FLAGGED,
        subject="critical_error",
        reason="the score is under 60 %",
        since=NOW,
        criterion_id="greeting",
        asked="q:1",
        severity=Severity.CRITICAL,
    )
    assert (low.subject, low.criterion_id, low.asked) == ("low_score", None, None)
    assert (open_question.kind, open_question.subject, open_question.asked) == (QueueKind.UNANSWERED, "closing", "q:2")
    (unknown,) = found["c-2"].reasons
    assert (unknown.asked, unknown.critical) == (None, True)
    (why,) = found["c-4"].reasons
    assert (why.kind, why.subject, why.reviewer) == (QueueKind.SAMPLED, "random 2026-11", "ann")
    assert (found["c-4"].score_id, found["c-4"].agent_id) == ("s-4", "maria.lopez")


def test_question_left_to_people_is_no_reason_and_one_of_before_that_was_kept_is(connection: Connection) -> None:
    for call_id, kind in (("c-1", "manual"), ("c-2", "llm"), ("c-3", "rule"), ("c-4", ""), ("c-5", None)):
        taken_in(connection, call_id)
        scored(connection, score(call_id, f"s-{call_id}", result(status="cannot_assess", asked="q:1", kind=kind or "")))
    old = tables.criterion_results.c.score_id == "s-c-5"
    connection.execute(update(tables.criterion_results).where(old).values(kind=None))
    assert [call.call_id for call in list_queued(connection)] == ["c-2", "c-3", "c-4", "c-5"]
    assert [call.call_id for call in list_queued(connection, call_id="c-3")] == ["c-3"]
    assert list_queued(connection, call_id="c-1") == []


def test_corrected_calls_wait_for_what_is_open_now_and_keep_their_other_reasons(connection: Connection) -> None:
    for call_id in ("c-1", "c-2", "c-3"):
        taken_in(connection, call_id)
        made = score(call_id, f"s-{call_id}", result(status="cannot_assess" if call_id != "c-2" else "pass", asked="q"))
        scored(connection, made, *([flag("fl-1", of=made)] if call_id == "c-3" else []))
    why = QueueReason(kind=QueueKind.UNANSWERED, subject="closing", reason="now it applies", since=NOW)
    found = {call.call_id: call for call in list_queued(connection, corrected={"c-1": (), "c-2": (why,), "c-3": ()})}
    assert sorted(found) == ["c-2", "c-3"]
    assert found["c-2"].reasons == (why,)
    assert [reason.kind for reason in found["c-3"].reasons] == [QueueKind.FLAGGED]
