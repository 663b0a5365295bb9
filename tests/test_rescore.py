"""History scored again: equal to what a run gives, beside the old scores, and never stopped by one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.canonical import to_json
from pipeline.compliance.packs import load_packs, rules_fingerprint
from pipeline.config import ScoreSettings, Settings, TranscribeSettings
from pipeline.detectors import Detectors
from pipeline.errors import StoreError
from pipeline.parts import Parts
from pipeline.records import Criterion, FactKeys, Rubric, RubricStatus, RuleTest, Section, Status
from pipeline.rescoring.job import Current, Job, scorer_of
from pipeline.rescoring.rescore import rescore
from pipeline.rescoring.stored_calls import Evaluated, evaluate_stored
from pipeline.run import process_call
from pipeline.score.rubrics import load_rubrics
from pipeline.store import score_batches
from pipeline.store.database import Store, open_store
from pipeline.store.scores import current_score_id, get_score, scores_of_call
from pipeline.store.snapshot import dump
from pipeline.store.steps import get_step
from pipeline.store.stored_facts import Unreadable
from pipeline.store.tables import steps
from pipeline.store.wanted_calls import WantedCalls, calls_to_score
from pipeline.transcribe.engine import create_engine
from tests.postgres import postgres_server, store_url
from tests.scripted_calls import POOR_CALL
from tests.test_run import NOON, WordListSentiment, take

__all__ = ["postgres_server", "store_url"]

RULES = load_packs(Settings().compliance.rules_dir)
RUBRICS = {rubric.id: rubric for rubric in load_rubrics(Settings().score.rubrics_dir)}
GENERAL, BANK = RUBRICS["general"], RUBRICS["bank-support"]
"""The calls are of the bank's queue, so that the second is the one in force for them."""


def parts_of(settings: Settings, only: Rubric | None, rules: Any = RULES) -> Parts:
    detectors = Detectors(
        settings=settings, sentiment=WordListSentiment(), rules=rules, rules_key=rules_fingerprint(rules)
    )
    engine = create_engine(settings.transcribe, settings.models_dir)
    return Parts(
        settings=settings, engine=engine, detectors=detectors, rubrics=tuple(RUBRICS.values()), only_rubric=only
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(workspace=tmp_path / "ws", transcribe=TranscribeSettings(engine="scripted"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def two_calls(folder: Path, store: Store) -> list[str]:
    return [take(folder / "good", store), take(folder / "poor", store, "poor", POOR_CALL)]


def scored(folder: Path, store: Store, settings: Settings, by: Rubric, rules: Any = RULES) -> list[str]:
    """Two calls that a run has scored by a rubric."""
    call_ids = two_calls(folder, store)
    for call_id in call_ids:
        process_call(call_id, parts_of(settings, by, rules), store, now=lambda: NOON)
    return call_ids


def job_of(settings: Settings, rubric: Rubric, current: Current = Current.CHOSEN) -> Job:
    return Job(scorer=scorer_of(settings, rubric, RULES), rubrics=tuple(RUBRICS.values()), current=current)


def stored(store: Store, rubric: Rubric) -> dict[str, list[dict[str, Any]]]:
    """What is stored of the scores by a rubric."""
    with store.read() as connection:
        tables = dump(connection)
    ids = {row["score_id"] for row in tables["scores"] if row["rubric_id"] == rubric.id}
    names = ("scores", "criterion_results", "flags")
    return {name: [row for row in tables[name] if row["score_id"] in ids] for name in names}


@pytest.mark.parametrize("rubric", [GENERAL, BANK, RUBRICS["tech-support"]], ids=lambda rubric: rubric.id)
def test_rescore_stores_to_the_byte_what_a_run_would(
    tmp_path: Path, store: Store, settings: Settings, rubric: Rubric
) -> None:
    first = GENERAL if rubric is not GENERAL else BANK
    call_ids = scored(tmp_path, store, settings, first)
    done = rescore(call_ids, job_of(settings, rubric), store, now=lambda: NOON)
    assert (done.scored, done.known, done.unreadable) == (2, 0, ())
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    scored(tmp_path, other, settings, rubric)
    expected = stored(other, rubric)
    assert stored(store, rubric) == expected
    assert all(expected.values())
    with store.read() as connection, other.read() as beside:
        for row in expected["scores"]:  # and the facts that it names are the same
            assert get_step(connection, row["facts_key"], FactKeys) == get_step(beside, row["facts_key"], FactKeys)
    other.close()


def test_evaluate_stored_gives_what_a_run_stored_and_stores_nothing(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    call_ids = scored(tmp_path, store, settings, BANK)
    with store.read() as connection:
        before = dump(connection)
        found = list(evaluate_stored(connection, call_ids, scorer_of(settings, BANK, RULES)))
        assert [each.facts.recording.call_id for each in found if isinstance(each, Evaluated)] == call_ids
        for each in found:
            assert isinstance(each, Evaluated)
            assert each.is_current
            assert to_json(each.score) == to_json(get_score(connection, each.score.score_id))
        assert dump(connection) == before


def test_rescore_again_makes_nothing_again(tmp_path: Path, store: Store, settings: Settings) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
    before = stored(store, BANK)
    again = rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
    assert (again.scored, again.known, again.made_current) == (0, 2, 0)
    assert stored(store, BANK) == before


@pytest.mark.parametrize(
    "case",
    [
        (GENERAL, BANK, Current.CHOSEN, BANK),
        (BANK, GENERAL, Current.CHOSEN, BANK),
        (BANK, GENERAL, Current.NEW, GENERAL),
        (GENERAL, BANK, Current.OLD, GENERAL),
    ],
)
def test_rescore_changes_which_score_counts_only_for_the_rubric_in_force(
    tmp_path: Path, store: Store, settings: Settings, case: tuple[Rubric, Rubric, Current, Rubric]
) -> None:
    first, then, current, counts = case
    call_ids = scored(tmp_path, store, settings, first)
    done = rescore(call_ids, job_of(settings, then, current), store, now=lambda: NOON)
    assert done.made_current == (2 if counts is then else 0)
    with store.read() as connection:
        for call_id in call_ids:
            every = scores_of_call(connection, call_id)
            assert {each.score.rubric_id for each in every} == {first.id, then.id}
            assert [each.score.rubric_id for each in every if each.current] == [counts.id]


def test_rescore_can_make_a_score_count_that_was_stored_beside(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    call_ids = scored(tmp_path, store, settings, BANK)
    rescore(call_ids, job_of(settings, GENERAL), store, now=lambda: NOON)
    later = rescore(call_ids, job_of(settings, GENERAL, Current.NEW), store, now=lambda: NOON)
    assert (later.scored, later.known, later.made_current) == (0, 2, 2)


def test_a_draft_never_counts_unasked(tmp_path: Path, store: Store, settings: Settings) -> None:
    call_ids = scored(tmp_path, store, settings, BANK)
    draft = replace(BANK, version=99, status=RubricStatus.DRAFT)
    job = replace(job_of(settings, draft), rubrics=(*RUBRICS.values(), draft))
    assert rescore(call_ids, job, store, now=lambda: NOON).made_current == 0


def test_rescore_goes_on_where_the_facts_of_a_call_cannot_be_read(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    planted = "marigold"
    for step, call_id in (("transcript", call_ids[0]), ("findings", call_ids[1])):
        with store.begin() as connection:
            broken = update(steps).where(steps.c.call_id == call_id, steps.c.step == step)
            connection.execute(broken.values(payload=f'{{"turns": "{planted}"}}'))
        done = rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
        assert call_id in {each.call_id for each in done.unreadable}
        assert not any(planted in each.reason for each in done.unreadable)
    assert len(done.unreadable) == 2 - done.known


def test_a_chunk_is_stored_whole_or_not_at_all(
    tmp_path: Path, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    with store.read() as connection:
        before = dump(connection)

    def fail(*_: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr("pipeline.rescoring.rescore.make_current", fail)
    with pytest.raises(StoreError):
        rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
    with store.read() as connection:
        assert dump(connection) == before


def test_calls_to_score_counts_those_without_facts_and_those_without_time(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    good, poor = two_calls(tmp_path, store)
    process_call(good, parts_of(settings, GENERAL), store, now=lambda: NOON)
    with store.read() as connection:
        found = calls_to_score(connection, WantedCalls())
        assert (found.call_ids, found.without_facts, found.without_time) == ((good,), 1, 0)
        for wanted in (WantedCalls(queue="sales"), WantedCalls(since=NOON), WantedCalls(agent="nobody")):
            assert calls_to_score(connection, wanted).call_ids == ()
        assert calls_to_score(connection, WantedCalls(before=NOON, team="t")).call_ids == (good,)
    assert poor not in found.call_ids


ASKS_NEW = Rubric(
    id="mine",
    version=1,
    title="Mine",
    fingerprint="rubric-1:mine",
    sections=(
        Section(
            id="all",
            title="All",
            weight=1,
            criteria=(
                Criterion(id="notice", title="Notice", points=1, test=RuleTest(rules=("recording-notice",))),
                Criterion(id="guarantee", title="No guarantee", points=1, test=RuleTest(rules=("guarantee",))),
            ),
        ),
    ),
)


def test_a_rule_that_nobody_looked_for_is_unknown_and_counted(tmp_path: Path, store: Store, settings: Settings) -> None:
    without = tuple(rule for rule in RULES if rule.id != "guarantee")
    call_ids = scored(tmp_path, store, settings, GENERAL_WITHOUT_RULES, without)
    done = rescore(call_ids, job_of(settings, ASKS_NEW, Current.NEW), store, now=lambda: NOON)
    assert (done.incomplete, dict(done.not_looked_for)) == (2, {"guarantee": 2})
    with store.read() as connection:
        for call_id in call_ids:
            score = get_score(connection, current_score_id(connection, call_id) or "")
            assert score is not None
            notice, guarantee = score.results
            assert "run the call again" not in notice.reason
            assert guarantee.status is Status.CANNOT_ASSESS
            assert "run the call again" in guarantee.reason
    again = rescore(call_ids, job_of(settings, ASKS_NEW, Current.NEW), store, now=lambda: NOON)
    assert (again.known, again.incomplete) == (2, 2)  # still told of, and a score that was made of it is no new start
    for call_id in call_ids:
        process_call(call_id, parts_of(settings, GENERAL_WITHOUT_RULES), store, now=lambda: NOON)
    answered = rescore(call_ids, job_of(settings, ASKS_NEW, Current.NEW), store, now=lambda: NOON)
    assert (answered.scored, answered.incomplete) == (2, 0)


GENERAL_WITHOUT_RULES = replace(ASKS_NEW, id="none", fingerprint="rubric-1:none", sections=ASKS_NEW.sections[:0])


def test_settings_for_every_call_decide_what_is_in_force(tmp_path: Path, store: Store, settings: Settings) -> None:
    call_ids = scored(tmp_path, store, settings, BANK)
    chosen = settings.model_copy(update={"score": ScoreSettings(rubric="general")})
    job = replace(job_of(chosen, GENERAL), only_rubric=GENERAL)
    assert rescore(call_ids, job, store, now=lambda: NOON).made_current == 2


def test_make_current_moves_what_audits_count_only_with_other_findings(
    tmp_path: Path, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_ids = scored(tmp_path, store, settings, BANK)
    indexed: list[str] = []
    monkeypatch.setattr(score_batches, "index_findings", lambda _, call_id, key: indexed.append(call_id))
    rescore(call_ids, job_of(settings, ASKS_NEW, Current.NEW), store, now=lambda: NOON)
    assert set(indexed) <= set(call_ids)
    before = len(indexed)
    wording = replace(ASKS_NEW, version=2)
    rescore(call_ids, job_of(settings, wording, Current.NEW), store, now=lambda: NOON)
    assert len(indexed) == before


def test_a_call_without_any_score_is_left_out(tmp_path: Path, store: Store, settings: Settings) -> None:
    call_ids = two_calls(tmp_path, store)
    done = rescore(call_ids, job_of(settings, GENERAL), store, now=lambda: NOON)
    assert (done.scored, done.known, done.unreadable) == (0, 0, ())
    with store.read() as connection:
        assert not [
            each
            for each in evaluate_stored(connection, call_ids, scorer_of(settings, GENERAL, RULES))
            if not isinstance(each, Unreadable)
        ]
