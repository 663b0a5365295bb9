"""A run judges the calls of one customer in order of time, and older ones once more where a late file matters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.records import FindingKind
from pipeline.store.call_record import read_call
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from tests.flows.test_batch import environment
from tests.scripted_calls import write_call, write_manifest

OFFER = (
    ("agent", "Hello, this is Tom from Cobalt. May I tell you about our new plan?"),
    ("customer", "No, thank you."),
)
ASKS = (*OFFER[:1], ("customer", "No. Take me off your list and never call this number again."))


def run(recordings: Path, workspace: Path) -> dict[str, int]:
    arguments = ["run", str(recordings), "--engine", "scripted", "--workspace", str(workspace), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "C-7" not in done.stdout + done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def honoured(workspace: Path) -> dict[str, tuple[str, tuple[str, ...], int]]:
    """By file: what became of the do-not-call rule, the files that prove it, and how many scores there are."""
    store = open_store(f"sqlite:///{workspace / 'earmark.db'}")
    with store.read() as connection:
        names = {call.call_id: Path(call.media_uri).stem for call in list_calls(connection)}
        records = {name: read_call(connection, call_id) for call_id, name in names.items()}
    store.close()
    return {
        name: (finding.kind.value, tuple(names[call] for call in finding.calls), len(record.scores))
        for name, record in records.items()
        for finding in record.findings
        if finding.rule_id == "do-not-call-honoured"
    }


@pytest.mark.slow
def test_run_judges_by_earlier_calls_in_time_order_and_again_when_one_comes_late(tmp_path: Path) -> None:
    recordings, workspace = tmp_path / "recordings", tmp_path / "ws"
    days = {"a-last": 30, "b-third": 28, "c-first": 1, "d-other": 29}
    for i, name in enumerate(days):
        write_call(recordings, name, ASKS if name == "c-first" else OFFER, seed=i)
    rows = [
        {
            "file": f"{name}.wav",
            "started_at": f"2026-09-{day:02d}T15:00:00Z",
            "agent_id": "tom",
            "queue": "sales",
            "direction": "outbound",
            "customer_ref": "C-8" if name == "d-other" else "C-7",
        }
        for name, day in days.items()
    ]
    write_manifest(recordings, rows)
    late = recordings / "c-first.wav"
    late.rename(tmp_path / "c-first.wav")
    assert run(recordings, workspace)["processed"] == 3
    assert {kind for kind, _, _ in honoured(workspace).values()} == {FindingKind.ABSENT}
    (tmp_path / "c-first.wav").rename(late)
    assert run(late, workspace)["processed"] == 3  # the late one, and the two after it
    truth = {
        "a-last": ("present", ("c-first",)),
        "b-third": ("present", ("c-first",)),
        "c-first": ("absent", ()),
        "d-other": ("absent", ()),
    }
    assert {name: found[:2] for name, found in honoured(workspace).items()} == truth
    assert run(recordings, workspace)["unchanged"] == 4
    at_once = tmp_path / "ws2"
    assert run(recordings, at_once)["processed"] == 4
    found = honoured(at_once)
    assert {name: each[:2] for name, each in found.items()} == truth
    assert {scores for _, _, scores in found.values()} == {1}  # in order of time none is judged twice
