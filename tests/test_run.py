"""One call through every step, with scripted parts in place of the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.compliance.packs import load_packs, rules_fingerprint
from pipeline.config import FlagSettings, ScoreSettings, Settings, TranscribeSettings
from pipeline.detectors import Detectors
from pipeline.errors import AuthoredFileError, EngineError, NotFoundError, UnknownNameError
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.parts import Parts, assemble
from pipeline.records import MadeBy, Recording, Role, Status
from pipeline.run import process_call
from pipeline.score.rubrics import load_rubrics
from pipeline.sentiment.engine import LabelProbabilities
from pipeline.sound import CallAudio
from pipeline.store.call_record import read_call
from pipeline.store.database import Store, open_store
from pipeline.store.intake import put_intake
from pipeline.transcribe.engine import Engine, Recognition, create_engine
from pipeline.transcribe.vocabulary import Term, TermList, Vocabulary
from tests.scripted_calls import GOOD_CALL, POOR_CALL, write_call, write_manifest

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


class CountingEngine:
    """The scripted engine, counting how often it is asked; it can be told to fail."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.asked, self.broken = engine, 0, False

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        return self.engine.made_by(recording)

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        self.asked += 1
        if self.broken:
            raise EngineError("the recogniser is broken in this test")
        return self.engine.recognise(recording, audio, prompt=prompt)


class WordListSentiment:
    """Negative where somebody is angry, positive where something is wonderful."""

    made_by = MadeBy(engine="word list", version="1")
    languages = None

    def read(self, texts: Sequence[str], roles: Sequence[Role]) -> list[LabelProbabilities]:
        negative = LabelProbabilities(negative=0.9, neutral=0.1, positive=0)
        neutral = LabelProbabilities(negative=0.1, neutral=0.8, positive=0.1)
        positive = LabelProbabilities(negative=0, neutral=0.1, positive=0.9)
        return [
            negative if "angry" in text or "terrible" in text else positive if "wonderful" in text else neutral
            for text in texts
        ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(workspace=tmp_path / "ws", transcribe=TranscribeSettings(engine="scripted"))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    settings.workspace.mkdir()
    opened = open_store(settings.store_url)
    yield opened
    opened.close()


@pytest.fixture
def parts(settings: Settings) -> Parts:
    rules = load_packs(settings.compliance.rules_dir)
    return Parts(
        settings=settings,
        engine=CountingEngine(create_engine(settings.transcribe, settings.models_dir)),
        detectors=Detectors(
            settings=settings, sentiment=WordListSentiment(), rules=rules, rules_key=rules_fingerprint(rules)
        ),
        rubrics=load_rubrics(settings.score.rubrics_dir),
    )


def take(folder: Path, store: Store, name: str = "good", lines: Sequence[tuple[str, str]] = GOOD_CALL) -> str:
    """Write a scripted call, take it in, and return its id."""
    file = write_call(folder, name, lines)
    row = {"file": file.name, "started_at": "2026-10-05T09:00:00Z", "agent_id": "a", "team": "t"}
    write_manifest(folder, [{**row, "queue": "bank_support", "direction": "inbound"}])
    outcome = take_in(file, settings=Settings().intake, metadata=index_metadata([folder]))
    assert outcome.recording, outcome.defects
    with store.begin() as connection:
        put_intake(connection, outcome, now=NOON)
    return outcome.recording.call_id


def asked(parts: Parts) -> int:
    assert isinstance(parts.engine, CountingEngine)
    return parts.engine.asked


def test_process_call_does_each_step_once(tmp_path: Path, store: Store, parts: Parts) -> None:
    call_id = take(tmp_path / "calls", store)
    first, done = process_call(call_id, parts, store, now=lambda: NOON)
    assert done == ("transcript", "sentiment", "measures", "findings", "own_findings", "score")
    again, done = process_call(call_id, parts, store, now=lambda: NOON)
    assert done == ()
    assert again == first
    assert asked(parts) == 1


def test_process_call_scores_again_beside_the_old_score_without_transcribing(
    tmp_path: Path, store: Store, parts: Parts
) -> None:
    call_id = take(tmp_path / "calls", store)
    first, _ = process_call(call_id, parts, store, now=lambda: NOON)
    other = parts.settings.model_copy(update={"flags": FlagSettings(below_share=1.0)})
    second, done = process_call(call_id, replace(parts, settings=other), store, now=lambda: NOON)
    assert done == ("score",)
    assert asked(parts) == 1
    with store.begin() as connection:
        kept = read_call(connection, call_id)
    assert [stored.score.score_id for stored in kept.scores] == [second.score_id, first.score_id]


def test_process_call_keeps_what_was_finished_before_a_failure(tmp_path: Path, store: Store, parts: Parts) -> None:
    class BrokenSentiment(WordListSentiment):
        def read(self, texts: Sequence[str], roles: Sequence[Role]) -> list[LabelProbabilities]:
            raise EngineError("no sentiment today")

    call_id = take(tmp_path / "calls", store)
    broken = replace(parts, detectors=replace(parts.detectors, sentiment=BrokenSentiment()))
    with pytest.raises(EngineError, match="no sentiment today"):
        process_call(call_id, broken, store, now=lambda: NOON)
    _, done = process_call(call_id, parts, store, now=lambda: NOON)
    assert done == ("sentiment", "measures", "findings", "own_findings", "score")
    assert asked(parts) == 1


def test_process_call_stores_nothing_of_a_call_that_cannot_be_heard(tmp_path: Path, store: Store, parts: Parts) -> None:
    call_id = take(tmp_path / "calls", store)
    assert isinstance(parts.engine, CountingEngine)
    parts.engine.broken = True
    with pytest.raises(EngineError):
        process_call(call_id, parts, store, now=lambda: NOON)
    with store.begin() as connection:
        assert read_call(connection, call_id).transcript is None


def test_process_call_masks_cards_before_anything_is_stored(tmp_path: Path, store: Store, parts: Parts) -> None:
    spoken = (*GOOD_CALL, ("customer", "My card is 4111 1111 1111 1111, thank you."))
    call_id = take(tmp_path / "calls", store, lines=spoken)
    process_call(call_id, parts, store, now=lambda: NOON)
    with store.begin() as connection:
        kept = read_call(connection, call_id)
    assert kept.transcript is not None
    assert kept.transcript.redacted
    assert [redaction.kind for redaction in kept.transcript.redactions] == ["date_of_birth", "card_number"]
    assert "4111" not in " ".join(turn.text for turn in kept.transcript.turns)
    assert any(finding.rule_id == "card-number-spoken" and finding.violated for finding in kept.findings)


def test_process_call_tells_a_good_call_from_a_poor_one(tmp_path: Path, store: Store, parts: Parts) -> None:
    good, _ = process_call(take(tmp_path / "good", store), parts, store, now=lambda: NOON)
    poor_id = take(tmp_path / "poor", store, "poor", POOR_CALL)
    poor, _ = process_call(poor_id, parts, store, now=lambda: NOON)
    assert good.share is not None
    assert poor.share is not None
    assert good.share > poor.share
    with store.begin() as connection:
        codes = {flag.code for flag in read_call(connection, poor_id).flags}
    assert "escalation_request" in codes
    answers = {result.criterion_id: result.status for result in poor.results}
    assert Status.FAIL in answers.values()


def test_process_call_names_an_unknown_call(store: Store, parts: Parts) -> None:
    with pytest.raises(NotFoundError, match="c-none"):
        process_call("c-none", parts, store, now=lambda: NOON)


def test_process_call_reads_an_edited_replay_again(tmp_path: Path, store: Store, parts: Parts) -> None:
    call_id = take(tmp_path / "calls", store)
    process_call(call_id, parts, store, now=lambda: NOON)
    write_call(tmp_path / "calls", "good", POOR_CALL, scripted=True, sound=False)
    _, done = process_call(call_id, parts, store, now=lambda: NOON)
    assert "transcript" in done


def test_assemble_refuses_a_rubric_that_asks_for_a_rule_nobody_looks_for(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "id: mine\nversion: 1\ntitle: Mine\nsections:\n  - id: one\n    title: One\n    weight: 1\n    criteria:\n"
        "      - id: greets\n        title: Greets\n        points: 1\n        test: {kind: rule, rules: [greetin]}\n"
    )
    settings = Settings(score=ScoreSettings(rubric=str(file)), transcribe=TranscribeSettings(engine="scripted"))
    with pytest.raises(AuthoredFileError, match="did you mean 'greeting'"):
        assemble(settings)


def test_assemble_refuses_an_unknown_rubric_before_any_call_is_touched() -> None:
    settings = Settings(score=ScoreSettings(rubric="bank-suport"), transcribe=TranscribeSettings(engine="scripted"))
    with pytest.raises(UnknownNameError, match="bank-support"):
        assemble(settings)


def test_process_call_does_not_score_a_call_in_a_language_that_no_rubric_covers(
    tmp_path: Path, store: Store, parts: Parts
) -> None:
    folder = tmp_path / "calls"
    call_id = take(folder, store, lines=POOR_CALL)
    script = folder / "good.transcript.json"
    script.write_text(script.read_text().replace('"language": "en"', '"language": "de"'))
    score, _ = process_call(call_id, parts, store, now=lambda: NOON)
    assert score.share is None
    assert {result.status for result in score.results} == {Status.CANNOT_ASSESS}
    with store.read() as connection:
        record = read_call(connection, call_id)
    assert [flag.code for flag in record.flags] == ["language_not_covered"]
    assert {finding.kind.value for finding in record.findings} == {"cannot_assess"}


def test_process_call_puts_names_right_and_does_so_again_when_the_vocabulary_changes(
    tmp_path: Path, store: Store, parts: Parts
) -> None:
    lines = [(role, text.replace("Harbour Bank", "Harborbank")) for role, text in GOOD_CALL]
    call_id = take(tmp_path / "calls", store, lines=lines)
    terms = TermList(queues=("bank_support",), terms=(Term(text="Harbour Bank"),))
    process_call(call_id, replace(parts, vocabulary=Vocabulary(lists=(terms,))), store, now=lambda: NOON)
    with store.read() as connection:
        transcript = read_call(connection, call_id).transcript
    assert transcript is not None
    assert [turn.text for turn in transcript.turns] == [
        text.replace("the fourth of May", "[date_of_birth]") for _, text in GOOD_CALL
    ]
    assert [word.heard for turn in transcript.turns for word in turn.words if word.heard] == ["Harborbank,"] * 2
    elsewhere = Vocabulary(lists=(terms, TermList(queues=("sales",), terms=(Term(text="NetSaver"),))))
    assert process_call(call_id, replace(parts, vocabulary=elsewhere), store, now=lambda: NOON)[1] == ()
    assert "transcript" in process_call(call_id, parts, store, now=lambda: NOON)[1]
