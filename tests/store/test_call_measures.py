"""Measures of calls in columns of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from pipeline.config import FlagSettings
from pipeline.records import CallSentiment, FactKeys, MadeBy, Measures, PartySentiment, Role, SampledCall
from pipeline.reviewing.measures import fill_measures
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.call_measures import MEASURED, measure_calls, unmeasured_calls
from pipeline.store.database import Store
from pipeline.store.measure_tables import call_measures
from pipeline.store.samples import put_sampled
from pipeline.store.scorecard_rows import WantedRows, scorecard_rows
from pipeline.store.scores import put_score
from pipeline.store.steps import put_step
from tests.store.builders import score, taken_in

NOW = datetime(2026, 10, 6, tzinfo=UTC)
MEASURES = Measures(duration_ms=60_000, speech_ms=50_000, agent_talk_share=0.4, hold_ms=5_000, agent_interruptions=2)
SENTIMENT = CallSentiment(
    readings=(),
    parties=(
        PartySentiment(role=Role.CUSTOMER, quarters=(None,) * 4, overall=-0.2, change=0.5),
        PartySentiment(role=Role.AGENT, quarters=(None,) * 4, overall=0.3),
    ),
    made_by=MadeBy(engine="lexicon", version="1"),
)


def _scored(
    connection: Connection, call_id: str = "c-1", score_id: str = "s-1", measures: Measures = MEASURES, key: str = "f-1"
) -> None:
    keys = FactKeys(transcript="t", findings="n", sentiment=f"{key}-s", measures=f"{key}-m")
    for name, step, record in (
        (key, "facts", keys),
        (keys.measures, "measures", measures),
        (keys.sentiment, "sentiment", SENTIMENT),
    ):
        put_step(connection, name, call_id=call_id, step=step, record=record, now=NOW)
    put_score(connection, score(call_id, score_id), key, (), customer_sentiment=-0.2, now=NOW)


def _kept(connection: Connection, call_id: str = "c-1") -> dict[str, Any]:
    row = connection.execute(select(call_measures).where(call_measures.c.call_id == call_id)).mappings().one()
    return dict(row)


def test_measures_of_the_current_score_are_kept_in_columns(connection: Connection) -> None:
    taken_in(connection, "c-1")
    _scored(connection)

    assert measure_calls(connection, ["c-1"]) == 1
    kept = _kept(connection)
    told = {
        "duration_ms": 60_000,
        "agent_talk_share": 0.4,
        "hold_ms": 5_000,
        "dead_air_ms": 0,
        "agent_interruptions": 2,
    }
    read = {"customer_sentiment": -0.2, "customer_sentiment_change": 0.5, "agent_sentiment": 0.3}
    assert {name: kept[name] for name in (*told, *read)} == {**told, **read}
    assert (kept["overtalk_ms"], kept["facts_key"]) == (None, "f-1")


def test_equal_facts_are_not_read_again_and_others_replace_them(connection: Connection) -> None:
    taken_in(connection, "c-1")
    _scored(connection)
    measure_calls(connection, ["c-1"])
    assert measure_calls(connection, ["c-1"]) == 0

    _scored(connection, score_id="s-2", measures=replace(MEASURES, hold_ms=9_000), key="f-2")

    assert unmeasured_calls(connection) == ["c-1"]
    assert measure_calls(connection, ["c-1"]) == 1
    assert _kept(connection)["hold_ms"] == 9_000


def test_facts_that_cannot_be_read_are_unknown_and_not_tried_again(connection: Connection) -> None:
    taken_in(connection, "c-1")
    put_score(connection, score("c-1", "s-1"), "gone", (), customer_sentiment=None, now=NOW)

    assert measure_calls(connection, ["c-1"]) == 1
    assert {_kept(connection)[name] for name in MEASURED} == {None}
    assert unmeasured_calls(connection) == []


def test_calls_without_a_score_have_no_measures(connection: Connection) -> None:
    taken_in(connection, "c-1")

    assert unmeasured_calls(connection) == []
    assert measure_calls(connection, ["c-1"]) == 0


def test_older_scores_are_filled_and_new_ones_come_with_the_overviews(store: Store) -> None:
    with store.begin() as connection:
        for number in (1, 2):
            taken_in(connection, f"c-{number}")
        _scored(connection)
    refresh_overviews(store, FlagSettings())
    with store.begin() as connection:
        assert unmeasured_calls(connection) == []
        _scored(connection, "c-2", "s-2", key="f-2")

    assert fill_measures(store) == 1
    assert fill_measures(store) == 0


def test_rows_of_scorecards_have_measures_and_draws_of_the_wanted_calls(connection: Connection) -> None:
    for call_id, agent_id in (("c-1", "ann"), ("c-2", "bob")):
        taken_in(connection, call_id, agent_id=agent_id)
        _scored(connection, call_id, f"s-{call_id}", key=f"f-{call_id}")
        for policy in ("random", "disagreement"):
            drawn: dict[str, Any] = {
                "period": "2026-10",
                "seed": 1,
                "reason": "chance",
                "sampled_by": "ann",
                "sampled_at": NOW,
            }
            put_sampled(connection, SampledCall(policy=policy, call_id=call_id, score_id=f"s-{call_id}", **drawn))
    measure_calls(connection, ["c-1", "c-2"])

    rows = scorecard_rows(connection, WantedRows(agent="ann"))

    assert rows.measures["call_id"] == ("c-1",)
    assert rows.measures["hold_ms"] == (5_000,)
    assert rows.sampled == {"c-1": frozenset(("random", "disagreement"))}
    assert scorecard_rows(connection, WantedRows(agent="eve")).measures["call_id"] == ()
    assert set(scorecard_rows(connection, WantedRows(rubric_id="bank")).measures) == {"call_id", *MEASURED}
