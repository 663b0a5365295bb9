"""Reasons of stored calls, on both databases."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import func, select

from pipeline.config import ReasonSettings, Settings
from pipeline.contact_reasons.find import find_reasons
from pipeline.contact_reasons.stored import example_of, stored_reasons
from pipeline.encoder import FEATURES, Encoder, load_encoder
from pipeline.errors import NotFoundError
from pipeline.records import Scope
from pipeline.store.contact_reason_tables import call_embeddings, contact_reasons
from pipeline.store.contact_reasons import calls_of_reason, get_reason, name_reason, reasons, told_calls
from pipeline.store.database import Store
from tests.contact_reasons.heard_calls import labelled, put_call
from tests.postgres import postgres_server, store_url
from tests.store.builders import LATER, NOW
from tests.store.conftest import store

__all__ = ["postgres_server", "store", "store_url"]

TOPICS = {
    "parcel": "parcel courier depot delivery shipment late",
    "loan": "mortgage interest rate borrow house bank",
    "wifi": "router internet wifi slow bedroom signal",
}


class WordEncoder:
    """Texts as the sum of a direction per word, and how many were read."""

    def __init__(self) -> None:
        self.read = 0

    def load(self) -> Encoder:
        return self.encode

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += len(texts)
        return np.array([self._vector(text) for text in texts], dtype=np.float32)

    @staticmethod
    def _vector(text: str) -> NDArray[np.float64]:
        words = text.casefold().replace(".", "").split()
        seeds = (zlib.crc32(word.encode()) for word in words)
        return np.asarray(sum(np.random.default_rng(seed).normal(size=FEATURES) for seed in seeds))


def settings(tmp_path: Path, **changes: object) -> Settings:
    (tmp_path / "rules").mkdir(exist_ok=True)
    given = {"rules_dir": tmp_path / "rules", "group_calls": 5, "min_similarity": 0.3, **changes}
    return Settings(reasons=ReasonSettings(**given))  # type: ignore[arg-type]


def put_topics(store: Store, count: int = 10, *, first: int = 0, topics: Sequence[str] = tuple(TOPICS)) -> None:
    chance = random.Random(first)
    with store.begin() as connection:
        for topic in topics:
            for number in range(first, first + count):
                said = " ".join(chance.sample(TOPICS[topic].split(), 5)) + "."
                put_call(connection, f"c-{topic}-{number:03d}", said, agent_id="marco.parcelli")


def told(store: Store) -> dict[str, str | None]:
    with store.read() as connection:
        return {call_id: each.reason_id for call_id, each in told_calls(connection).items()}


def test_planted_topics_are_found_and_labelled_by_their_words(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    found = find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    assert found.told == {"group": 30}
    of_topic = {topic: {each for call, each in told(store).items() if f"-{topic}-" in call} for topic in TOPICS}
    assert sorted(map(len, of_topic.values())) == [1, 1, 1]
    assert len(set.union(*of_topic.values())) == 3
    with store.read() as connection:
        for reason in reasons(connection):
            (topic,) = [topic for topic, ids in of_topic.items() if reason.reason_id in ids]
            assert set(" ".join(reason.phrases).split()) <= set(TOPICS[topic].split())


def test_groups_keep_ids_and_names_when_they_are_found_anew(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    encoder = WordEncoder()
    find_reasons(store, settings(tmp_path), now=NOW, load=encoder.load)
    before = told(store)
    with store.begin() as connection:
        name_reason(connection, "g1", "What we call it", by="max", now=NOW)
    put_topics(store, 12, first=10)
    found = find_reasons(store, settings(tmp_path), now=LATER, anew=True, load=encoder.load)
    after = told(store)
    assert found.new_groups == ()
    assert {call_id: after[call_id] for call_id in before} == before
    with store.read() as connection:
        assert get_reason(connection, "g1").title == "What we call it"
        assert connection.scalar(select(func.count()).select_from(contact_reasons)) == 3


def test_group_that_is_gone_comes_back_with_its_id(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    before = told(store)
    find_reasons(store, settings(tmp_path, group_calls=1000), now=NOW, anew=True, load=WordEncoder().load)
    with store.read() as connection:
        assert [reason for reason in reasons(connection) if reason.in_use] == []
    assert set(told(store).values()) == {None}
    found = find_reasons(store, settings(tmp_path), now=LATER, anew=True, load=WordEncoder().load)
    assert (found.new_groups, told(store)) == ((), before)


def test_new_calls_join_known_groups_and_only_they_are_read(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    encoder = WordEncoder()
    find_reasons(store, settings(tmp_path), now=NOW, load=encoder.load)
    before = told(store)
    put_topics(store, 1, first=90)
    with store.begin() as connection:
        put_call(connection, "c-strange", "Elephants juggling purple bagpipes underwater.")
    found = find_reasons(store, settings(tmp_path), now=LATER, load=encoder.load)
    assert (encoder.read, found.read.read, found.changed, found.anew) == (34, 4, 4, False)
    after = told(store)
    assert {call_id: after[call_id] for call_id in before} == before
    assert after["c-parcel-090"] == before["c-parcel-000"]
    assert after["c-strange"] is None


def test_rules_come_before_groups_and_changed_rules_encode_nothing_again(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    encoder = WordEncoder()
    find_reasons(store, settings(tmp_path), now=NOW, load=encoder.load)
    rule = "{id: late, title: Late, severity: minor, expect: signal, speaker: customer, phrases: [late]}"
    (tmp_path / "rules" / "own.yaml").write_text(f"pack: own\nrules:\n  - {rule}\n", encoding="utf-8")
    found = find_reasons(store, settings(tmp_path), now=LATER, load=encoder.load)
    assert (encoder.read, found.read.read) == (30, 30)
    with store.read() as connection:
        by_rule = [call for call, each in told_calls(connection).items() if each.told_by == "rule"]
        late = calls_of_reason(connection, "late", limit=99)
        assert get_reason(connection, "late").title == "Late"
    assert len(by_rule) == len(late) == found.told["rule"] > 0
    assert all("-parcel-" in call for call in by_rule)


def test_call_that_says_nothing_is_in_no_figure(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    with store.begin() as connection:
        put_call(connection, "c-silent", "Hello?")
    found = find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    assert found.told["nothing said"] == 1
    with store.read() as connection:
        made = stored_reasons(connection, timezone="UTC", min_calls=5)
    assert (made.untold, made.report.calls) == (1, 30)


def test_figures_and_examples_stay_within_the_scope(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    with store.begin() as connection:
        for number in range(9):
            put_call(connection, f"c-south-{number}", "parcel courier depot late.", team="south")
    find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    reason_id = told(store)["c-south-0"]
    assert reason_id is not None
    south, nobody = Scope(teams=("south",)), Scope(teams=("west",))
    with store.read() as connection:
        made = stored_reasons(connection, timezone="UTC", min_calls=5, scope=south)
        assert [(each.reason_id, each.calls) for each in made.report.reasons] == [(reason_id, 9)]
        assert stored_reasons(connection, timezone="UTC", min_calls=5, scope=nobody).report.reasons == ()
        example = example_of(connection, reason_id, south)
        assert example is not None
        assert (example.call_id[:7], example.text) == ("c-south", "parcel courier depot late.")
        assert example_of(connection, reason_id, nobody) is None
        assert len(calls_of_reason(connection, reason_id, scope=south, limit=99)) == 9


def test_transcript_that_is_gone_is_counted_and_stops_nothing(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    with store.begin() as connection:
        put_call(connection, "c-broken", "parcel courier depot late.", transcript_key="t-shared")
        connection.exec_driver_sql("DELETE FROM steps WHERE key = 't-shared'")
    found = find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    assert (found.read.calls, found.read.read, found.read.unreadable) == (31, 30, 1)


def test_vectors_are_kept_in_768_bytes_and_no_words_of_one_call_are(store: Store, tmp_path: Path) -> None:
    put_topics(store)
    with store.begin() as connection:
        put_call(connection, "c-marker", "parcel courier depot delivery zanzibarquux late.")
    find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    with store.read() as connection:
        assert {len(vector) for vector in connection.scalars(select(call_embeddings.c.vector))} == {768}
        kept = " ".join(map(str, connection.execute(select(contact_reasons)).all()))
    assert "parcel" in kept
    assert "zanzibarquux" not in kept
    assert "parcelli" not in kept


def test_unknown_reason_cannot_be_named(store: Store) -> None:
    with store.begin() as connection, pytest.raises(NotFoundError, match="g7"):
        name_reason(connection, "g7", "x", by="max", now=NOW)


def test_nearness_is_told_only_where_there_are_groups(store: Store, tmp_path: Path) -> None:
    put_topics(store, 2)
    found = find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    assert (found.told, found.groups) == ({"no group near": 6}, ())
    with store.read() as connection:
        assert {each.similarity for each in calls_of_reason(connection, None, limit=9)} == {None}
        example = example_of(connection, "other")
    assert example is not None
    assert example.nearness is None


def test_store_without_calls_has_no_reasons(store: Store, tmp_path: Path) -> None:
    found = find_reasons(store, settings(tmp_path), now=NOW, load=WordEncoder().load)
    assert (found.read.calls, found.groups, found.changed) == (0, (), 0)


@pytest.mark.timeout(300)
def test_reasons_that_people_wrote_down_are_found_by_the_encoder_of_the_product(store: Store, tmp_path: Path) -> None:
    wanted = ("loan", "internet-slow", "moving-house", "parcel")
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the encoder is the same on both databases")
    with store.begin() as connection:
        for number, (reason, text) in enumerate(labelled("first", wanted)):
            put_call(connection, f"c-{reason}-{number:03d}", text)
    find_reasons(store, settings(tmp_path, min_similarity=0.4), now=NOW, load=load_encoder)
    found = told(store)
    right = 0
    for reason in wanted:
        mine = Counter(each for call, each in found.items() if call.startswith(f"c-{reason}-"))
        right += mine.most_common(1)[0][1]
    mains = {
        Counter(each for call, each in found.items() if call.startswith(f"c-{reason}-")).most_common(1)[0][0]
        for reason in wanted
    }
    assert len(mains) == 4
    assert None not in mains
    assert right / len(found) > 0.8
