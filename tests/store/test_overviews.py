"""Overviews of calls: after whatever is written, the row is the one that would be made from nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, select

from pipeline.config import FlagSettings
from pipeline.records import (
    Dispute,
    DisputeRuling,
    DisputeState,
    FlagState,
    QueueClosing,
    QueueKind,
    SampledCall,
    Scope,
    Severity,
    Status,
)
from pipeline.review.answers import make_review
from pipeline.review.flags import change_flag
from pipeline.reviewing.overviews import make_overviews, refresh_overviews
from pipeline.store import tables
from pipeline.store.assignments import Assignment, put_assignment
from pipeline.store.calls import CallStatus
from pipeline.store.console_tables import call_overview_flags, call_overviews, stale_overviews
from pipeline.store.database import Store, open_store
from pipeline.store.disputes import put_dispute, put_ruling
from pipeline.store.failures import clear_failure, put_failure
from pipeline.store.flags import find_flag, put_flag_change
from pipeline.store.intake import put_intake
from pipeline.store.overviews import (
    CallOverview,
    OverviewFilter,
    count_overviews,
    get_overview,
    in_scope,
    list_overviews,
    put_overviews,
)
from pipeline.store.reviews import put_review
from pipeline.store.samples import put_queue_closing, put_sampled
from pipeline.store.score_batches import Choice, NewRows, make_current, put_scores
from pipeline.store.scores import get_score, set_current
from pipeline.store.stale import is_stale, mark_all_stale, mark_judged_by_figures, mark_stale
from tests.factories import recording
from tests.store.builders import LATER, NOW, Outcome, flag, result, score, scored, taken_in

FLAGS = FlagSettings()
EVERYTHING = Scope()
WRITERS: dict[str, Callable[[Connection], object]] = {}


def _writes(function: Callable[[Connection], object]) -> Callable[[Connection], object]:
    WRITERS[function.__name__.strip("_")] = function
    return function


@_writes
def _taken_in(connection: Connection) -> None:
    taken_in(connection, "c-9")


@_writes
def _metadata_corrected(connection: Connection) -> None:
    call = recording(call_id="c-1", media_uri="calls/c-1.wav", agent_id="jo.park", team="south")
    put_intake(connection, Outcome(media_uri=call.media_uri, recording=call), now=LATER)


@_writes
def _scored_first(connection: Connection) -> None:
    made = score("c-2", "s-2", result(status="cannot_assess", asked="q:1"))
    scored(connection, made, flag("fl-2", of=made, severity=Severity.CRITICAL), customer_sentiment=-0.4)


@_writes
def _scored_again(connection: Connection) -> None:
    scored(connection, score("c-1", "s-1-new"), now=LATER)


@_writes
def _earlier_score_made_current(connection: Connection) -> None:
    set_current(connection, "c-1", "s-1-old")


@_writes
def _rescored_in_a_batch(connection: Connection) -> None:
    rows = NewRows()
    rows.add(score("c-1", "s-1-b"), (), (), facts_key="facts-of-c-1", customer_sentiment=0.2, now=LATER)
    put_scores(connection, rows)
    make_current(connection, [Choice(call_id="c-1", score_id="s-1-b", instead_of="s-1")])


@_writes
def _failed(connection: Connection) -> None:
    put_failure(connection, "c-2", step="transcribe", reason="the engine stopped", now=LATER)


@_writes
def _went_through(connection: Connection) -> None:
    clear_failure(connection, "c-3")


@_writes
def _flag_closed(connection: Connection) -> None:
    _change(connection, "fl-1", FlagState.CLOSED)


@_writes
def _flag_opened_again(connection: Connection) -> None:
    _change(connection, "fl-1b", FlagState.OPEN)


@_writes
def _answered(connection: Connection) -> None:
    made = get_score(connection, "s-1")
    assert made
    settled = {"status": Status.PASS, "share": 1.0, "reviewer": "ann", "reason": "heard it", "now": LATER}
    put_review(connection, make_review(made, made.results[0], **settled))  # type: ignore[arg-type]


@_writes
def _drawn(connection: Connection) -> None:
    put_sampled(
        connection,
        SampledCall(
            policy="random",
            period="2026-11",
            call_id="c-4",
            score_id="s-4",
            reason="drawn",
            seed=1,
            sampled_by="lead",
            sampled_at=LATER,
            reviewer="Ann",
        ),
    )


@_writes
def _taken_off(connection: Connection) -> None:
    closing = QueueClosing(closing_id="qc-1", call_id="c-1", closed_by="ann", reason="a test call", closed_at=LATER)
    put_queue_closing(connection, closing)


@_writes
def _disputed(connection: Connection) -> None:
    put_dispute(connection, _dispute("d-2"))


@_writes
def _ruled_on(connection: Connection) -> None:
    ruled = {"ruled_by": "lead", "reason": "it stands", "ruled_at": LATER}
    put_ruling(connection, DisputeRuling(dispute_id="d-1", outcome=DisputeState.REJECTED, **ruled))  # type: ignore[arg-type]


@_writes
def _given_to_somebody(connection: Connection) -> None:
    put_assignment(connection, _assignment("as-2", "bob"))


@_writes
def _given_to_nobody(connection: Connection) -> None:
    put_assignment(connection, _assignment("as-2", None))


def _change(connection: Connection, flag_id: str, state: FlagState) -> None:
    change = change_flag(find_flag(connection, flag_id), state, by="ann", reason="heard it", now=LATER)
    put_flag_change(connection, change)


def _dispute(dispute_id: str) -> Dispute:
    said = {"opened_by": "maria.lopez", "reason": "I said it", "opened_at": NOW}
    return Dispute(dispute_id=dispute_id, call_id="c-1", score_id="s-1", criterion_id="greeting", asked="q:1", **said)  # type: ignore[arg-type]


def _assignment(assignment_id: str, to: str | None) -> Assignment:
    at = NOW if assignment_id == "as-1" else LATER
    given = {"assigned_by": "lead", "assigned_at": at}
    return Assignment(assignment_id=assignment_id, call_id="c-1", assigned_to=to, **given)  # type: ignore[arg-type]


def _begin(connection: Connection) -> None:
    """Four calls: flagged and disputed, new, failed, and well scored."""
    for number in range(1, 5):
        taken_in(connection, f"c-{number}")
    scored(connection, score("c-1", "s-1-old"))
    made = score("c-1", "s-1", result(status="fail", asked="q:1"), result("closing", "cannot_assess", asked="q:2"))
    closed = flag("fl-1b", of=made, code="signal", severity=Severity.MINOR)
    scored(connection, made, flag("fl-1", of=made, criterion_id="greeting"), closed)
    _change(connection, "fl-1b", FlagState.CLOSED)
    put_dispute(connection, _dispute("d-1"))
    put_assignment(connection, _assignment("as-1", "ann"))
    put_failure(connection, "c-3", step="transcribe", reason="the engine stopped", now=NOW)
    scored(connection, score("c-4", "s-4"))


def _begun(store: Store) -> None:
    with store.begin() as connection:
        _begin(connection)
    while refresh_overviews(store, FLAGS, most=3):
        pass


def _stored(store: Store) -> list[list[tuple[object, ...]]]:
    with store.read() as connection:
        queries = (
            select(table).order_by(*table.primary_key.columns) for table in (call_overviews, call_overview_flags)
        )
        return [[tuple(row) for row in connection.execute(query)] for query in queries]


def _from_nothing(store: Store) -> list[list[tuple[object, ...]]]:
    with store.begin() as connection:
        connection.execute(delete(call_overview_flags))
        connection.execute(delete(call_overviews))
        every = connection.scalars(select(tables.recordings.c.call_id)).all()
        put_overviews(connection, every, make_overviews(connection, every, FLAGS))
    return _stored(store)


@pytest.mark.parametrize("writer", WRITERS)
def test_row_is_the_one_made_from_nothing_after_every_writer(store: Store, writer: str) -> None:
    _begun(store)
    before = _stored(store)
    with store.begin() as connection:
        WRITERS[writer](connection)
    assert refresh_overviews(store, FLAGS) is False
    after = _stored(store)
    assert after != before
    assert after == _from_nothing(store)


def test_every_overview_made_again_gives_the_same_table(store: Store) -> None:
    _begun(store)
    before = _stored(store)
    with store.begin() as connection:
        mark_all_stale(connection)
    rounds = 1
    while refresh_overviews(store, FLAGS, most=2):
        rounds += 1
    assert rounds >= 2
    assert _stored(store) == before


def test_intake_that_finds_nothing_new_leaves_overviews_alone(store: Store) -> None:
    _begun(store)
    with store.begin() as connection:
        taken_in(connection, "c-1")
        clear_failure(connection, "c-1")
    with store.read() as connection:
        assert not is_stale(connection)


def test_change_that_is_undone_notes_nothing(store: Store) -> None:
    _begun(store)

    def fails() -> None:
        with store.begin() as connection:
            mark_stale(connection, ["c-1"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with store.read() as connection:
        assert not is_stale(connection)


def test_named_calls_come_before_others(store: Store) -> None:
    _begun(store)
    with store.begin() as connection:
        mark_all_stale(connection)
    assert refresh_overviews(store, FLAGS, most=1, first=["c-3"]) is True
    with store.read() as connection:
        assert connection.scalars(select(stale_overviews.c.call_id).order_by("call_id")).all() == ["c-1", "c-2", "c-4"]


def test_overview_tells_what_counts_and_why_the_call_waits(store: Store) -> None:
    _begun(store)
    with store.read() as connection:
        one, two, three, four = (get_overview(connection, f"c-{number}", EVERYTHING) for number in range(1, 5))
    assert one
    assert two
    assert three
    assert four
    assert (one.flags, one.severity, one.open_disputes, one.assigned_to) == (("low_score",), Severity.MAJOR, 1, "ann")
    assert [(reason.kind, reason.subject) for reason in one.reasons] == [
        (QueueKind.FLAGGED, "low_score"),
        (QueueKind.UNANSWERED, "closing"),
    ]
    assert (one.place, one.waits, one.reviewed) == (1, True, False)
    assert (two.state, two.waits, two.place) == (CallStatus.PENDING, False, None)
    assert three.state is CallStatus.FAILED
    assert (four.state, four.share, four.passed, four.waits) == (CallStatus.SCORED, 1.0, True, False)


def test_answer_changes_the_score_that_counts_and_not_the_machines(store: Store) -> None:
    _begun(store)
    with store.begin() as connection:
        WRITERS["answered"](connection)
    refresh_overviews(store, FLAGS)
    with store.read() as connection:
        one = get_overview(connection, "c-1", EVERYTHING)
    assert one
    assert (one.machine_share, one.share, one.reviewed) == (0.0, 1.0, True)
    assert [reason.subject for reason in one.reasons] == ["closing"]


def test_call_whose_place_hangs_on_settings_is_noted_for_new_settings(store: Store) -> None:
    with store.begin() as connection:
        for call_id, answered in (("c-1", True), ("c-2", False)):
            taken_in(connection, call_id)
            made = score(call_id, f"s-{call_id}", result(status="fail", asked="q:1"), result("closing", asked="q:2"))
            scored(connection, made, flag(f"fl-{call_id}", of=made))
            if answered:
                said = {"share": 0.5, "reviewer": "ann", "reason": "half", "now": NOW - timedelta(hours=1)}
                put_review(connection, make_review(made, made.results[0], status=Status.PARTIAL, **said))  # type: ignore[arg-type]
    refresh_overviews(store, FLAGS)
    with store.begin() as connection:
        mark_judged_by_figures(connection)
        assert connection.scalars(select(stale_overviews.c.call_id)).all() == ["c-1"]
    strict = FlagSettings(below_share=0.9)
    refresh_overviews(store, strict)
    with store.read() as connection:
        one = get_overview(connection, "c-1", EVERYTHING)
        assert one
        assert one.waits
        assert make_overviews(connection, ["c-1"], FLAGS)[0].waits is False


def test_two_processes_that_refresh_at_once_lose_nothing(store: Store, store_url: str) -> None:
    calls = [f"c-{number:03}" for number in range(60)]
    with store.begin() as connection:
        for call_id in calls:
            taken_in(connection, call_id)
    ended = threading.Event()
    others = [open_store(store_url) for _ in range(2)]

    def refreshes(other: Store) -> None:
        while not ended.is_set():
            refresh_overviews(other, FLAGS, most=7)

    threads = [threading.Thread(target=refreshes, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for first in range(0, 60, 5):
        with store.begin() as connection:
            for call_id in calls[first : first + 5]:
                scored(connection, score(call_id, f"s-{call_id}"))
                put_failure(connection, call_id, step="score", reason="x", now=NOW)
        with store.begin() as connection:
            for call_id in calls[first : first + 5]:
                clear_failure(connection, call_id)
    ended.set()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    while refresh_overviews(store, FLAGS):
        pass
    with store.read() as connection:
        scored_ones = OverviewFilter(states=(CallStatus.SCORED,))
        assert count_overviews(connection, scored_ones, EVERYTHING) == 60
    assert _stored(store) == _from_nothing(store)


def test_scope_bounds_lists_of_overviews_and_of_recordings(store: Store) -> None:
    with store.begin() as connection:
        for number, (agent, team) in enumerate((("a", "north"), ("b", "south"), ("a", None), (None, "west"))):
            taken_in(connection, f"c-{number}", agent_id=agent, team=team)
    refresh_overviews(store, FLAGS)
    expected = {
        EVERYTHING: ["c-0", "c-1", "c-2", "c-3"],
        Scope(agent_id="a"): ["c-0", "c-2"],
        Scope(agent_id=""): [],
        Scope(teams=("north", "west")): ["c-0", "c-3"],
        Scope(teams=()): [],
        Scope(agent_id="a", teams=("north",)): ["c-0"],
    }
    with store.read() as connection:
        for scope, call_ids in expected.items():
            found = list_overviews(connection, OverviewFilter(), scope, order="oldest", limit=9)
            assert [call.call_id for call in found] == call_ids
            assert count_overviews(connection, OverviewFilter(), scope) == len(call_ids)
            listed = select(tables.recordings.c.call_id).where(in_scope(scope, tables.recordings)).order_by("call_id")
            assert connection.scalars(listed).all() == call_ids
            assert (get_overview(connection, "c-1", scope) is not None) is ("c-1" in call_ids)


def _listed(store: Store, order: str, **bounds: object) -> list[str]:
    filters = OverviewFilter(**bounds)  # type: ignore[arg-type]
    with store.read() as connection:
        found = list_overviews(connection, filters, EVERYTHING, order=order, limit=9)  # type: ignore[arg-type]
        assert count_overviews(connection, filters, EVERYTHING) == len(found)
    return [call.call_id for call in found]


def test_filters_keep_what_fits_and_unknown_is_outside_every_bound(store: Store) -> None:
    made = [
        CallOverview(call_id="c-1", started_at=NOW, duration_ms=1, state=CallStatus.SCORED, share=0.4, passed=False,
                     queue="billing", rubric_id="general", customer_sentiment=-0.5, waits=True, place=0,
                     flags=("low_score", "signal"), severity=Severity.CRITICAL, assigned_to="ann"),
        CallOverview(call_id="c-2", started_at=LATER, duration_ms=1, state=CallStatus.SCORED, share=0.9, passed=True,
                     customer_sentiment=0.5, waits=True, place=6, reviewers=("ann",)),
        CallOverview(call_id="c-3", started_at=None, duration_ms=1, state=CallStatus.PENDING),
        CallOverview(call_id="c-4", started_at=NOW, duration_ms=1, state=CallStatus.SCORED, waits=True, place=6),
        CallOverview(call_id="c-5", started_at=NOW - timedelta(days=1), duration_ms=1, state=CallStatus.SCORED,
                     waits=True, place=6, reviewers=("joann",)),
    ]  # fmt: skip
    with store.begin() as connection:
        for each in made:
            taken_in(connection, each.call_id)
        put_overviews(connection, [each.call_id for each in made], made)
    assert _listed(store, "queue", waiting=True) == ["c-1", "c-5", "c-4", "c-2"]
    assert _listed(store, "newest") == ["c-2", "c-1", "c-4", "c-5", "c-3"]
    assert _listed(store, "worst") == ["c-1", "c-2", "c-3", "c-4", "c-5"]
    assert _listed(store, "best") == ["c-2", "c-1", "c-3", "c-4", "c-5"]
    ann = {"name": "ann", "folded_name": "ann"}
    assert _listed(store, "queue", waiting=True, whose="mine", **ann) == ["c-1", "c-2"]
    assert _listed(store, "queue", waiting=True, whose="anybody", **ann) == ["c-4"]
    assert _listed(store, "queue", waiting=True, whose="others", **ann) == ["c-5"]
    for bounds in ({"share_to": 0.5}, {"sentiment_to": 0.0}, {"flag": "signal"}, {"queue": "billing"},
                   {"rubric": "general"}, {"severity": Severity.CRITICAL}):  # fmt: skip
        assert _listed(store, "newest", **bounds) == ["c-1"], bounds
    assert _listed(store, "newest", since=LATER) == ["c-2"]
    assert _listed(store, "newest", before=NOW) == ["c-5"]
    assert _listed(store, "newest", states=(CallStatus.PENDING,)) == ["c-3"]
    with store.read() as connection:
        listed = list_overviews(connection, OverviewFilter(), EVERYTHING, order="oldest", limit=9)
    assert sorted(listed, key=lambda call: call.call_id) == made
