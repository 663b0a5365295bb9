"""Scoring history again from stored facts: ``python -m benchmarks.rescore``, into benchmarks/RESCORE.md.

A workspace of made calls is filled first: a dozen conversations of 900 words are put through the true steps (rules,
sentiment, measures), and each call is one of them with confidences and loudness of its own. Then they are
scored by the command as a user gives it. Filling takes some minutes; only scoring is measured.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.asr.report import machine
from benchmarks.rules.material import dialogue
from pipeline import keys
from pipeline.canonical import canonical_json, fingerprint, to_data
from pipeline.config import Settings
from pipeline.detectors import Detectors, assemble_detectors
from pipeline.privacy.redact import redact
from pipeline.records import (
    CallFindings,
    CallSentiment,
    ChannelLoudness,
    FactKeys,
    MadeBy,
    Measures,
    Recording,
    Role,
    Rubric,
    Transcript,
    Turn,
    Word,
)
from pipeline.score.questions import phrase_tests
from pipeline.score.rubrics import find_rubric
from pipeline.store.database import Store, open_store
from pipeline.store.score_batches import Choice, make_current
from pipeline.store.tables import recordings, scores, steps

REPORT = Path(__file__).resolve().parent / "RESCORE.md"
CALLS = 10_000
CONVERSATIONS = 12
WORDS = 900
MS_PER_WORD = 310
PAUSE_MS = 600
AT_ONCE = 200
MADE_BY = MadeBy(engine="scripted", version="1")
START = datetime(2026, 8, 3, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What the true steps make of one conversation."""

    transcript: Transcript
    findings: CallFindings
    sentiment: CallSentiment
    measures: Measures


def main() -> None:
    """Fill a workspace, score it again and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--workspace", type=Path, help="keep the made workspace here, and use it again")
    parser.add_argument("--rubric", default="bank-support", help="rubric to score by")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        workspace = given.workspace or Path(scratch) / "workspace"
        if not (workspace / "earmark.db").exists():
            fill(workspace, given.calls)
        page = report(workspace, given, Path(scratch))
    if given.calls == CALLS:
        REPORT.write_text(page, encoding="utf-8")
    print(page)


def report(workspace: Path, given: argparse.Namespace, scratch: Path) -> str:
    """Measure and return the page."""
    size_mb = (workspace / "earmark.db").stat().st_size / 1e6
    stamp = machine()
    rubric = find_rubric(given.rubric, Settings().score.rubrics_dir)
    version = changed(rubric, scratch)
    measured = {
        "by this rubric for the first time: its own phrases are looked for": timed(workspace, given.rubric),
        "by a version of it with other points: every call scored from stored facts": timed(workspace, str(version)),
        "the same again: every score is stored already": timed(workspace, str(version)),
    }
    phrases = sum(len(test.phrases) for _, _, test, _ in phrase_tests(rubric))
    lines = [
        "# Scoring history again",
        "",
        "Written by `make bench-rescore`; `benchmarks/rescore.py` says how the workspace is made.",
        "",
        f"{given.calls:,} calls of about {WORDS} words with their times, in a SQLite database of {size_mb:,.0f} MB,",
        f"scored by `{rubric.id}`: {len(rubric.criteria())} questions, {phrases} phrases of its own beside the rules",
        "of the packs.",
        "Measured is the whole command, the start of Python and of Prefect's server included:",
        "",
        "    earmark rescore --rubric RUBRIC",
        "",
        f"On {stamp}.",
        "",
        "| | seconds | calls a second | processor seconds | most memory of one process |",
        "|---|---|---|---|---|",
        *(each.row(name, given.calls) for name, each in measured.items()),
        "",
        "Processor seconds are those of all processes together: where they are fewer than the seconds times the cores,",
        "the machine had other work, or had to wait for its disk.",
        "",
    ]
    return "\n".join(lines)


def changed(rubric: Rubric, folder: Path) -> Path:
    """Write a next version of a rubric, in which one question has more points."""
    assert rubric.file
    text = Path(rubric.file).read_text(encoding="utf-8")
    text = text.replace(f"version: {rubric.version}", f"version: {rubric.version + 1}", 1)
    points = next(iter(rubric.criteria())).points
    text = text.replace(f"points: {points:g}", f"points: {points + 1:g}", 1)
    file = folder / "next-version.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@dataclass(frozen=True, kw_only=True)
class Timed:
    """How long a command took, in seconds of the clock and of the processor, and its most memory."""

    wall_s: float
    cpu_s: float
    most_mb: float

    def row(self, name: str, calls: int) -> str:
        """Return a line of the table."""
        return (
            f"| {name} | {self.wall_s:.1f} | {calls / self.wall_s:,.0f} | {self.cpu_s:.1f} | {self.most_mb:,.0f} MB |"
        )


def timed(workspace: Path, rubric: str, *options: str) -> Timed:
    """Run the command on the workspace."""
    command = [sys.executable, "-m", "app.cli.main", "rescore", "--rubric", rubric, "--workspace", str(workspace)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([*command, *options], check=True)
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timed(wall_s=wall_s, cpu_s=cpu_s, most_mb=after.ru_maxrss / 1024)


def fill(workspace: Path, calls: int) -> None:
    """Make a workspace with the facts of so many calls, each with a score that names them."""
    workspace.mkdir(parents=True, exist_ok=True)
    settings = Settings(workspace=workspace)
    detectors = assemble_detectors(settings)
    conversations = [data_of(conversation(detectors, seed)) for seed in range(CONVERSATIONS)]
    store = open_store(settings.store_url)
    print(f"filling {workspace} with {calls} calls", file=sys.stderr)
    for first in range(0, calls, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, calls))
        put(store, [call(number, conversations[number % CONVERSATIONS]) for number in numbers])
    store.close()


def conversation(detectors: Detectors, seed: int, words_in_all: int = WORDS) -> Conversation:
    """Return a conversation with what the detectors make of it."""
    turns: list[Turn] = []
    at_ms = 400
    for segment in dialogue(words_in_all, seed):
        words = []
        for text in segment.text.split():
            words.append(Word(text=text, start_ms=at_ms, end_ms=at_ms + MS_PER_WORD - 20, confidence=0.9))
            at_ms += MS_PER_WORD
        channel = 0 if segment.role is Role.AGENT else 1
        turn = {"index": len(turns), "channel": channel, "role": segment.role, "role_confidence": 0.98}
        turns.append(Turn(**turn, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=tuple(words)))
        at_ms += PAUSE_MS
    heard = Transcript(call_id="c", language="en", duration_ms=at_ms, turns=tuple(turns), made_by=MADE_BY)
    transcript = redact(heard, detectors.settings.privacy)
    recording = recording_of("c", at_ms, 0)
    sentiment, measures = detectors.read(transcript), detectors.measure(transcript, None)
    loudness = tuple(
        ChannelLoudness(channel=channel, role=role, per_second=(60,) * (at_ms // 1000))
        for channel, role in ((0, Role.AGENT), (1, Role.CUSTOMER))
    )
    found = detectors.find(transcript, recording, sentiment, measures)
    return Conversation(
        transcript=transcript,
        findings=found,
        sentiment=sentiment,
        measures=replace(measures, loudness=loudness),
    )


def data_of(made: Conversation) -> dict[str, Any]:
    """Return a conversation as plain data by the names of its steps."""
    return {name: to_data(getattr(made, name)) for name in ("transcript", "findings", "sentiment", "measures")}


def recording_of(call_id: str, duration_ms: int, number: int) -> Recording:
    """Return a call of one of 40 agents in four teams."""
    return Recording(
        call_id=call_id,
        sha256=fingerprint("benchmark", call_id).rpartition(":")[2],
        media_uri=f"calls/{call_id}.wav",
        duration_ms=duration_ms,
        sample_rate_hz=8000,
        channels=2,
        started_at=START + timedelta(minutes=12 * number),
        agent_id=f"agent-{number % 40:02d}",
        team=f"team-{number % 4}",
        queue="bank_support",
        direction="inbound",
    )


def call(number: int, conversation: dict[str, Any]) -> tuple[Recording, FactKeys, dict[str, str]]:
    """Return a call made of a conversation: its recording, the keys of its facts, and these as JSON by step."""
    draw = random.Random(number)  # noqa: S311 - not for secrets
    call_id = f"c-{number:08d}"
    transcript = {**conversation["transcript"], "call_id": call_id, "turns": list(varied(conversation, draw))}
    levels = [
        {**channel, "per_second": [draw.randint(40, 90) for _ in channel["per_second"]]}
        for channel in conversation["measures"]["loudness"]
    ]
    measures = {**conversation["measures"], "loudness": levels, "longest_dead_air_ms": draw.randint(1000, 25_000)}
    facts = {**conversation, "transcript": transcript, "measures": measures}
    under = FactKeys(**{step: f"{step}-of-{call_id}" for step in facts})
    return (
        recording_of(call_id, transcript["duration_ms"], number),
        under,
        {step: canonical_json(data) for step, data in facts.items()},
    )


def varied(conversation: dict[str, Any], draw: random.Random) -> Iterator[dict[str, Any]]:
    """Yield the turns of a conversation with confidences of their own."""
    for turn in conversation["transcript"]["turns"]:
        words = [{**word, "confidence": round(draw.uniform(0.4, 1), 4)} for word in turn["words"]]
        yield {**turn, "words": words}


def put(store: Store, calls: list[tuple[Recording, FactKeys, dict[str, str]]]) -> None:
    """Store calls with their facts, and for each a score without answers that names them."""
    recorded, done, scored = [], [], []
    for recording, under, facts in calls:
        facts_key = keys.facts_key(recording, under)
        row = {
            name: getattr(recording, name)
            for name in (column.name for column in recordings.c)
            if hasattr(recording, name)
        }
        recorded.append({**row, "metadata": "{}", "defects": "[]", "added_at": NOW})
        stored = {**{getattr(under, step): (step, text) for step, text in facts.items()}}
        stored[facts_key] = ("facts", canonical_json(to_data(under)))
        for key, (step, text) in stored.items():
            done.append({"key": key, "call_id": recording.call_id, "step": step, "payload": text, "made_at": NOW})
        bare = {"score_id": f"s-{recording.call_id}", "call_id": recording.call_id, "facts_key": facts_key}
        nothing = {"rubric_id": "none", "rubric_version": 1, "rubric_fingerprint": "", "pass_share": 0.8}
        scored.append({**bare, **nothing, "auto_failed": False, "critical_error": False, "made_at": NOW})
    with store.begin() as connection:
        for table, rows in ((recordings, recorded), (steps, done), (scores, scored)):
            connection.execute(table.insert(), rows)
        make_current(
            connection,
            [Choice(call_id=row["call_id"], score_id=row["score_id"], instead_of=None) for row in scored],
        )


if __name__ == "__main__":
    main()
