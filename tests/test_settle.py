"""Rules about earlier calls give the same findings in whatever order, and in however many runs, calls are processed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from pipeline.compliance.calls import judged_fingerprint
from pipeline.config import ComplianceSettings, SentimentSettings, Settings, TranscribeSettings
from pipeline.detectors import assemble_detectors
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.parts import Parts
from pipeline.records import FindingKind, Heard
from pipeline.run import process_call
from pipeline.score.rubrics import load_rubrics
from pipeline.settle import unsettled
from pipeline.store import customer_calls, history
from pipeline.store.call_record import read_call
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.database import Store, open_store
from pipeline.store.history import customers_of, put_heard, read_history
from pipeline.store.intake import put_intake
from pipeline.store.tables import heard_calls, heard_rules
from pipeline.transcribe.engine import create_engine
from tests.compliance.rule_files import write
from tests.scripted_calls import write_call, write_manifest

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
RULES = """
  - {id: asked, title: A, severity: major, expect: signal, min_similarity: 1, phrases: [stop calling me]}
  - id: often
    title: Often
    severity: critical
    expect: absent
    decidable_from: metadata
    applies_if: {queues: [collections]}
    calls: {check: frequency, more_than: 3, within_days: 7, per: [customer_ref]}
  - id: soon
    title: Soon
    severity: critical
    expect: absent
    decidable_from: metadata
    calls: {check: after-conversation, within_days: 3, per: [customer_ref]}
  - id: unwanted
    title: Unwanted
    severity: critical
    expect: absent
    decidable_from: metadata
    calls: {check: do-not-call, rule: asked, after_days: 1}
"""
TALK = (("agent", "Hello, this is Tom from Ridgeway."), ("customer", "Hello Tom, I will pay on Friday, I promise."))
ASK = (("agent", "Hello, this is Tom from Ridgeway."), ("customer", "I told you before, stop calling me about this."))
NOBODY = (("agent", "Hello? Is anybody there? Goodbye."),)
# name, days after the first, lines
CALLS = (("a", 0, NOBODY), ("b", 1, ASK), ("c", 2, NOBODY), ("d", 3, TALK), ("e", 5, NOBODY))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    (tmp_path / "rules").mkdir()
    write(tmp_path / "rules", RULES)
    compliance = ComplianceSettings(rules_dir=tmp_path / "rules", near_miss_similarity=1)
    settings = Settings(
        workspace=tmp_path,
        transcribe=TranscribeSettings(engine="scripted"),
        sentiment=SentimentSettings(engine="vader"),
        compliance=compliance,
    )
    return Parts(
        settings=settings,
        engine=create_engine(settings.transcribe, settings.models_dir),
        detectors=assemble_detectors(settings),
        rubrics=load_rubrics(settings.score.rubrics_dir),
    )


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Iterator[Store]]:
    opened = []

    def fresh() -> Iterator[Store]:
        for i in itertools.count():
            opened.append(open_store(f"sqlite:///{tmp_path / f'{i}.db'}"))
            yield opened[-1]

    yield fresh()
    for store in opened:
        store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five calls of one customer on six days, and one of another customer."""
    made = tmp_path / "calls"
    rows = []
    for i, (name, days, lines) in enumerate((*CALLS, ("x", 3, TALK))):
        write_call(made, name, lines, seed=i)
        rows.append(
            {
                "file": f"{name}.wav",
                "started_at": f"{NOON + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
                "customer_ref": "C-2" if name == "x" else "C-1",
                "direction": "outbound",
                "queue": "collections",
                "agent_id": "tom",
                "customer_timezone": "America/New_York",
            }
        )
    write_manifest(made, rows)
    return made


def take(folder: Path, store: Store, names: Sequence[str]) -> dict[str, str]:
    """Take calls in; return their ids by name."""
    ids = {}
    for name in names:
        found = take_in(folder / f"{name}.wav", settings=Settings().intake, metadata=index_metadata([folder]))
        assert found.recording, found.defects
        with store.begin() as connection:
            put_intake(connection, found, now=NOON)
        ids[name] = found.recording.call_id
    return ids


def run(folder: Path, store: Store, parts: Parts, names: Sequence[str]) -> int:
    """Take in and process calls in this order, then settle; return how many had to be judged once more."""
    ids = list(take(folder, store, names).values())
    with store.read() as connection:
        customers = customers_of(connection, ids)
    for call_id in ids:
        process_call(call_id, parts, store, now=lambda: NOON)
    again = 0
    while late := unsettled(customers, parts.detectors, store):
        again += len(late)
        assert again < 50
        for call_id in late:
            _, done = process_call(call_id, parts, store, now=lambda: NOON)
            assert set(done) <= {"findings", "own_findings", "score"}  # everything else is stored
    return again


def found(store: Store) -> dict[str, dict[str, tuple[str, str, tuple[str, ...]]]]:
    """What the rules about calls found by now: kind, reason, and the names of the calls that prove it."""
    with store.read() as connection:
        names = {call.call_id: Path(call.media_uri).stem for call in list_calls(connection)}
        return {
            name: {
                each.rule_id: (each.kind.value, each.reason, tuple(names[call] for call in each.calls))
                for each in read_call(connection, call_id).findings
                if each.rule_id != "asked"
            }
            for call_id, name in names.items()
        }


def test_findings_do_not_depend_on_the_order_of_calls_nor_on_the_number_of_runs(
    folder: Path, stores: Iterator[Store], parts: Parts
) -> None:
    everything = ["a", "b", "c", "d", "e", "x"]
    in_order = next(stores)
    assert run(folder, in_order, parts, everything) == 0
    truth = found(in_order)
    kinds = {name: {rule: kind for rule, (kind, _, _) in rules.items()} for name, rules in truth.items()}
    assert {name: rules["often"] for name, rules in kinds.items()} == dict.fromkeys("abcx", "absent") | {
        "d": "present",
        "e": "present",
    }
    assert {name for name, rules in kinds.items() if rules["soon"] == FindingKind.PRESENT} == {"c", "d", "e"}
    assert truth["e"]["soon"][2] == ("d",)
    assert {name for name, rules in kinds.items() if rules["unwanted"] == FindingKind.PRESENT} == {"d", "e"}
    assert truth["d"]["unwanted"][2] == ("b",)
    for order in (["e", "d", "c", "b", "a", "x"], ["d", "x", "b", "e", "a", "c"]):
        store = next(stores)
        assert run(folder, store, parts, order) > 0
        assert found(store) == truth, order
    for cut in (2, 4):
        store = next(stores)
        run(folder, store, parts, everything[cut:])
        run(folder, store, parts, everything[:cut])
        assert found(store) == truth, cut


def test_calls_are_settled_by_the_same_earlier_calls_by_which_they_were_judged(
    folder: Path, stores: Iterator[Store], parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (history, customer_calls):  # C-1 is a catch-all: more calls than are looked at in another rule's days
        monkeypatch.setattr(module, "MOST_CALLS", 2)
    other = "applies_if: {queues: [sales]}\n    calls: {check: after-conversation, within_days: 30"
    shorter = RULES.replace("within_days: 7", "within_days: 1")
    write(
        parts.settings.compliance.rules_dir, shorter.replace("calls: {check: after-conversation, within_days: 3", other)
    )
    parts = replace(parts, detectors=assemble_detectors(parts.settings))
    assert parts.detectors.about_calls.needs.days == 30
    store = next(stores)
    assert run(folder, store, parts, ["a", "b", "c", "d", "e"]) == 0
    assert {rules["often"][0] for rules in found(store).values()} == {FindingKind.ABSENT}


def test_every_order_of_the_calls_ends_in_the_same_judgement(
    folder: Path, stores: Iterator[Store], parts: Parts
) -> None:
    rules, store = parts.detectors.about_calls, next(stores)
    names = [name for name, *_ in CALLS]
    ids = take(folder, store, names)
    heard = {
        name: Heard(reply_words=9 if name in "bd" else 0, outcomes={"asked": FindingKind.ABSENT}) for name in names
    }
    heard["b"] = replace(heard["b"], outcomes={"asked": FindingKind.PRESENT})
    name_of = {call_id: name for name, call_id in ids.items()}

    def judge(connection: Connection, call_id: str) -> None:
        recording = get_recording(connection, call_id)
        judged = judged_fingerprint(
            rules.judge(recording, read_history(connection, recording, rules.needs_of(recording)))
        )
        put_heard(connection, recording, replace(heard[name_of[call_id]], checks=rules.fingerprint, judged=judged))

    ends = set()
    for order in itertools.permutations(names[1:]):
        with store.begin() as connection:
            for table in (heard_rules, heard_calls):
                connection.execute(table.delete())
            for name in (*order, names[0]):
                judge(connection, ids[name])
        while late := unsettled({"C-1"}, parts.detectors, store):
            with store.begin() as connection:
                for call_id in late:
                    judge(connection, call_id)
        with store.read() as connection:
            ends.add(tuple(connection.execute(select(heard_calls).order_by(heard_calls.c.call_id)).all()))
    assert len(ends) == 1


def test_a_late_file_has_only_the_calls_judged_once_more_for_which_it_matters(
    folder: Path, stores: Iterator[Store], parts: Parts
) -> None:
    store = next(stores)
    assert run(folder, store, parts, ["a", "c", "e", "x"]) == 0
    assert run(folder, store, parts, ["b"]) == 2  # c: soon after a conversation; e: it asked not to be called
    assert run(folder, store, parts, ["b"]) == 0
    assert unsettled({"C-1", "C-2"}, parts.detectors, store) == []


def test_a_corrected_reference_is_taken_from_the_calls_of_the_wrong_customer(
    folder: Path, stores: Iterator[Store], parts: Parts
) -> None:
    store = next(stores)
    run(folder, store, parts, ["a", "b", "c", "d", "e", "x"])
    before = found(store)
    assert before["d"]["unwanted"][0] == FindingKind.PRESENT
    manifest = folder / "manifest.csv"
    manifest.write_text(
        "\n".join(
            line.replace("C-1", "C-2") if line.startswith("b.wav") else line
            for line in manifest.read_text().splitlines()
        )
    )
    assert run(folder, store, parts, ["b"]) == 4  # c, d and e of the one customer, x of the other
    after = found(store)
    assert (after["d"]["unwanted"][0], after["x"]["unwanted"][0]) == (FindingKind.ABSENT, FindingKind.PRESENT)


def test_calls_that_were_judged_by_other_rules_are_left_to_the_next_run_over_them(
    folder: Path, stores: Iterator[Store], parts: Parts
) -> None:
    store = next(stores)
    run(folder, store, parts, ["b", "d"])
    write(parts.settings.compliance.rules_dir, RULES.replace("after_days: 1", "after_days: 30"))
    assert unsettled({"C-1"}, assemble_detectors(parts.settings), store) == []
    write(parts.settings.compliance.rules_dir, RULES[: RULES.index("  - id: often")])
    assert unsettled({"C-1"}, assemble_detectors(parts.settings), store) == []
