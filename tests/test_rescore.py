"""History scored again: equal to what a run gives, beside the old scores, and never stopped by one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from pipeline.canonical import to_json
from pipeline.compliance.packs import load_packs, rules_fingerprint
from pipeline.config import IntakeSettings, ScoreSettings, Settings, TranscribeSettings
from pipeline.detectors import Detectors
from pipeline.errors import StoreError
from pipeline.parts import Parts
from pipeline.records import Criterion, FactKeys, Flag, Rubric, RubricStatus, RuleTest, Section, Status
from pipeline.rescoring.job import Current, Job, Left, scorer_of
from pipeline.rescoring.not_looked_for import not_looked_for
from pipeline.rescoring.preview import preview
from pipeline.rescoring.rescore import rescore
from pipeline.rescoring.stored_calls import Evaluated, evaluate_stored
from pipeline.run import process_call
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags
from pipeline.score.rubrics import load_rubrics
from pipeline.store import score_batches, stored_facts
from pipeline.store.calls import get_recording
from pipeline.store.database import Store, open_store
from pipeline.store.findings import index_findings
from pipeline.store.score_batches import Choice, make_current
from pipeline.store.scores import current_score_id, get_score, scores_of_call
from pipeline.store.snapshot import dump
from pipeline.store.steps import get_step
from pipeline.store.stored_facts import Unreadable
from pipeline.store.tables import recordings, steps
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


SAME = {"queue": "bank_support"}


@pytest.mark.parametrize(
    "case",
    [
        ({}, {"queue": "Bank_Support"}, False, {}),
        ({}, {"queue": "sales"}, False, {Left.OTHER_QUEUE: 1}),
        ({}, {"queue": None}, False, {Left.OTHER_QUEUE: 1}),
        ({}, {"queue": "sales"}, True, {}),
        ({"queues": ()}, {"queue": "sales"}, False, {}),
        ({"languages": ("es",)}, SAME, False, {Left.OTHER_LANGUAGE: 2}),
        ({"languages": ("es",)}, {"queue": "sales"}, False, {Left.OTHER_QUEUE: 1, Left.OTHER_LANGUAGE: 1}),
    ],
)
def test_make_current_leaves_calls_alone_that_the_rubric_is_not_for(
    tmp_path: Path, store: Store, settings: Settings, case: tuple[dict[str, Any], dict[str, Any], bool, dict[Left, int]]
) -> None:
    change, of_calls, everywhere, left = case
    call_ids = scored(tmp_path, store, settings, GENERAL)
    with store.begin() as connection:
        connection.execute(update(recordings).where(recordings.c.call_id == call_ids[0]).values(**of_calls))
    job = replace(job_of(settings, replace(BANK, version=99, **change), Current.NEW), any_queue=everywhere)
    done = rescore(call_ids, job, store, now=lambda: NOON)
    assert (done.scored, dict(done.left), done.made_current) == (2, left, 2 - sum(left.values()))
    again = rescore(call_ids, job, store, now=lambda: NOON)
    assert (dict(again.left), again.made_current) == (left, 0)


def test_the_rubric_that_settings_name_for_every_call_is_for_every_queue(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    sales = RUBRICS["sales"]
    job = replace(job_of(settings, sales, Current.NEW), only_rubric=replace(sales, version=77))
    assert rescore(call_ids, job, store, now=lambda: NOON).made_current == 2


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
    without = tuple(rule for rule in RULES if rule.id != "guarantee")
    call_ids = scored(tmp_path, store, settings, BANK, without)
    with store.read() as connection:
        old = {call_id: current_score_id(connection, call_id) for call_id in call_ids}
        counted = dump(connection)["findings"]
    good, poor = call_ids
    process_call(good, parts_of(settings, BANK), store, now=lambda: NOON)  # with the rule that was missing
    with store.read() as connection:
        assert dump(connection)["findings"] != counted
        now = {call_id: current_score_id(connection, call_id) for call_id in call_ids}
    assert (now[good] != old[good], now[poor] == old[poor]) == (True, True)
    indexed: list[str] = []

    def index(connection: Connection, call_id: str, facts_key: str) -> None:
        indexed.append(call_id)
        index_findings(connection, call_id, facts_key)

    monkeypatch.setattr(score_batches, "index_findings", index)
    other = rescore(call_ids, job_of(settings, ASKS_NEW, Current.NEW), store, now=lambda: NOON)
    assert (other.made_current, indexed) == (2, [])  # another rubric, on the same findings
    with store.begin() as connection:
        current = {call_id: current_score_id(connection, call_id) for call_id in call_ids}
        back = [
            Choice(call_id=call_id, score_id=old[call_id] or "", instead_of=current[call_id]) for call_id in call_ids
        ]
        assert make_current(connection, back) == 2
    assert indexed == [good]
    with store.read() as connection:
        assert dump(connection)["findings"] == counted


def test_a_score_that_a_run_stored_in_between_stays_the_current_one(
    tmp_path: Path, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    newer = parts_of(settings, RUBRICS["tech-support"], tuple(rule for rule in RULES if rule.id != "guarantee"))
    runs = iter([call_ids[0]])

    def raised(*given: Any) -> tuple[Flag, ...]:
        for call_id in runs:  # once, between the reading and the writing of the chunk
            process_call(call_id, newer, store, now=lambda: NOON)
        return raise_flags(*given)

    monkeypatch.setattr("pipeline.rescoring.rescore.raise_flags", raised)
    done = rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
    assert (done.scored, done.made_current) == (2, 1)
    with store.read() as connection:
        counts = [get_score(connection, current_score_id(connection, call_id) or "") for call_id in call_ids]
        assert [each.rubric_id for each in counts if each] == ["tech-support", "bank-support"]
        assert not any(row["rule_id"] == "guarantee" for row in outcomes_of(connection, call_ids[0]))
        assert any(row["rule_id"] == "guarantee" for row in outcomes_of(connection, call_ids[1]))


def outcomes_of(connection: Connection, call_id: str) -> list[dict[str, Any]]:
    """What audits count of a call, with the rules' names."""
    tables = dump(connection)
    versions = {row["version_key"]: row for row in tables["rule_versions"]}
    return [versions[row["version_key"]] for row in tables["findings"] if row["call_id"] == call_id]


@pytest.mark.parametrize("place", ["stored_calls.evaluate", "rescore.raise_flags", "stored_calls.not_looked_for"])
def test_an_error_that_nobody_foresaw_stops_one_call_only(
    tmp_path: Path, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    done = {"stored_calls.evaluate": evaluate, "rescore.raise_flags": raise_flags}.get(place, not_looked_for)
    first = iter([True])

    def fail(*given: Any, **told: Any) -> Any:
        if next(first, False):
            raise ValueError("marigold")
        return done(*given, **told)

    monkeypatch.setattr(f"pipeline.rescoring.{place}", fail)
    outcome = rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
    assert outcome.scored == 1
    assert [each.call_id for each in outcome.unreadable] == [call_ids[0]]
    assert "unexpected ValueError" in outcome.unreadable[0].reason
    assert "marigold" not in outcome.unreadable[0].reason


LATER = tuple(replace(rubric, effective_from=NOON.date() + timedelta(days=30)) for rubric in RUBRICS.values())


def test_calls_before_the_first_day_of_all_rubrics_are_scored_and_keep_the_score_that_counts(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    set_started(store, NOON)
    done = rescore(call_ids, replace(job_of(settings, BANK), rubrics=LATER), store, now=lambda: NOON)
    assert (done.scored, done.made_current, done.unreadable) == (2, 0, ())
    both = scorer_of(settings, GENERAL, RULES), scorer_of(settings, replace(GENERAL, pass_share=0.99), RULES)
    with store.read() as connection:
        assert preview(connection, call_ids, both, LATER, lambda _: None).impact.calls == 0


def set_started(store: Store, at: datetime) -> None:
    """Let all calls begin at an instant."""
    with store.begin() as connection:
        connection.execute(update(recordings).values(started_at=at))


def test_the_day_of_a_call_is_the_sites_for_runs_and_for_rescoring(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    settings = settings.model_copy(update={"intake": IntakeSettings(site_timezone="Asia/Tokyo")})
    call_ids = scored(tmp_path, store, settings, GENERAL)
    late = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)  # the 2nd in Tokyo, the 1st in UTC
    set_started(store, late)
    starts = tuple(replace(rubric, effective_from=date(2026, 11, 2)) for rubric in RUBRICS.values())
    job = replace(job_of(settings, BANK), rubrics=starts)
    with store.read() as connection:
        recording = get_recording(connection, call_ids[0])
    assert replace(parts_of(settings, None), rubrics=starts).rubric_for(recording, "en").id == "bank-support"
    assert rescore(call_ids, job, store, now=lambda: NOON).made_current == 2


def test_a_preview_asks_which_rubric_scores_a_call_in_its_language(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    spanish = replace(BANK, id="a-banco", languages=("es",))
    english = replace(BANK, queues=())
    both = scorer_of(settings, english, RULES), scorer_of(settings, replace(english, pass_share=0.99), RULES)
    with store.read() as connection:
        assert preview(connection, call_ids, both, (spanish, BANK), lambda _: None).impact.calls == 2
        assert preview(connection, call_ids, both, (spanish,), lambda _: None).impact.calls == 0


def test_languages_are_told_wherever_the_head_of_a_transcript_ends(
    tmp_path: Path, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_ids = scored(tmp_path, store, settings, GENERAL)
    with store.read() as connection:
        named = [each for each in stored_facts.named_facts(connection, call_ids) if not isinstance(each, Unreadable)]
        for characters in range(1, 200):
            monkeypatch.setattr(stored_facts, "_HEAD", characters)
            assert stored_facts.languages(connection, named) == dict.fromkeys(call_ids, "en")


def test_what_is_scored_already_is_known_without_its_words(tmp_path: Path, store: Store, settings: Settings) -> None:
    call_ids = scored(tmp_path, store, settings, BANK)
    with store.begin() as connection:
        cut = '{"call_id":"c","dropped":[],"language":"es","turns":[' + '{"index":1},' * 1000
        connection.execute(update(steps).where(steps.c.step == "transcript").values(payload=cut))
    done = rescore(call_ids, job_of(settings, BANK), store, now=lambda: NOON)
    assert (done.known, done.not_covered, done.unreadable) == (2, 2, ())


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
