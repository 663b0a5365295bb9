"""What encryption at rest costs: ``python -m benchmarks.encryption``, into benchmarks/ENCRYPTION.md.

The same made calls go through the true steps into two workspaces on SQLite, one without a key and one with database and
recordings sealed. The two take turns, and each begins every second round, so that other work on the machine weighs on
both alike. What is told is the processor's time of this process; how it compares holds, how long it took does not.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.asr.report import machine, table
from benchmarks.rules.material import dialogue
from pipeline.at_rest.files import seal_file
from pipeline.at_rest.in_use import use_keys
from pipeline.at_rest.keys import KeyRing, make_key, parse_keys
from pipeline.config import Settings
from pipeline.errors import QueryError
from pipeline.intake.decode import call_audio
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.load_settings import load_settings
from pipeline.parts import Parts, assemble
from pipeline.reviewing.evaluations import read_evaluation
from pipeline.run import process_call
from pipeline.store.call_record import read_call
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.database import Store, open_store
from pipeline.store.intake import put_intake
from pipeline.store.search import search_calls
from pipeline.store.search_index import index_some
from pipeline.store.search_query import parse_query
from tests.scripted_calls import write_call

REPORT = Path(__file__).resolve().parent / "ENCRYPTION.md"
CALLS, ROUNDS, WORDS = 12, 5, 600
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PLAIN, SEALED = "without a key", "sealed"
SCORING, READING, LISTING, HEARING = "take in and score", "read a call", "list all calls", "decode a recording"
INDEXING, SEARCHING = "index for search", "search"
DATABASE, MEDIA = "database", "recordings"
TIMED = (SCORING, READING, LISTING, HEARING, INDEXING, SEARCHING)


@dataclass
class Figures:
    """What was measured of one way of storing: milliseconds for each call by task, one figure a round; and bytes.

    Attributes:
        search_is_off: Whether a search was refused.
    """

    ms: dict[str, list[float]] = field(default_factory=lambda: {task: [] for task in TIMED})
    size_bytes: dict[str, int] = field(default_factory=dict)
    search_is_off: bool = False


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--words", type=int, default=WORDS, help="in each call")
    parser.add_argument("--out", type=Path, default=REPORT)
    given = parser.parse_args(arguments)
    about = machine()
    with tempfile.TemporaryDirectory(prefix="earmark-encryption-") as folder:
        figures = measure(Path(folder), calls=given.calls, rounds=given.rounds, words=given.words)
    text = page(figures, calls=given.calls, rounds=given.rounds, words=given.words, about=about)
    given.out.write_text(text, encoding="utf-8")
    print(text)


def measure(folder: Path, *, calls: int, rounds: int, words: int) -> dict[str, Figures]:
    """Return the figures of both ways, measured in turns.

    Args:
        folder: An empty one.
        calls: In each round.
        rounds: At least one.
        words: Of each call.
    """
    ring = parse_keys(make_key())
    recordings = {
        PLAIN: _write_calls(folder / "plain", calls, words),
        SEALED: _write_calls(folder / "sealed", calls, words),
    }
    for file in recordings[SEALED]:
        seal_file(file, file, ring)
    settings = load_settings(environment={}, flags={"workspace": folder / "parts", "transcribe.engine": "scripted"})
    parts = assemble(settings)
    ways: dict[str, KeyRing | None] = {PLAIN: None, SEALED: ring}
    for name, keys in ways.items():  # the first call loads models
        _round(folder / f"warm-{name}", recordings[name][:1], parts, keys, Figures())
    figures = {name: Figures() for name in ways}
    for number in range(rounds):
        for name, keys in list(ways.items())[:: 1 if number % 2 == 0 else -1]:
            print(f"round {number + 1} of {rounds}, {name}", file=sys.stderr, flush=True)
            _round(folder / f"{number}-{name}", recordings[name], parts, keys, figures[name])
    for name, files in recordings.items():
        figures[name].size_bytes[MEDIA] = sum(file.stat().st_size for file in files)
    return figures


def _write_calls(folder: Path, calls: int, words: int) -> list[Path]:
    made = []
    for number in range(calls):
        lines = [(segment.role.value, segment.text) for segment in dialogue(words, seed=number)]
        made.append(write_call(folder, f"call-{number:04d}_AGENT_maria_", lines, seed=number))
    return made


def _round(folder: Path, files: Sequence[Path], parts: Parts, keys: KeyRing | None, figures: Figures) -> None:
    """Put the calls into a new workspace, and read them again."""
    folder.mkdir()
    database = folder / "earmark.db"
    use_keys(keys)
    try:
        open_store(f"sqlite:///{database}", keys=keys).close()
        empty_bytes = _database_bytes(folder)
        with closing(open_store(f"sqlite:///{database}", keys=keys)) as store:
            ids = _score(store, files, parts, figures)
            _read(store, ids, parts.settings, figures)
            _search(store, figures, len(ids))
    finally:
        use_keys(None)
    figures.size_bytes[DATABASE] = _database_bytes(folder) - empty_bytes


def _database_bytes(folder: Path) -> int:
    """Return what a database that nobody has open takes, with the log beside it."""
    return sum(file.stat().st_size for file in folder.glob("earmark.db*") if not file.name.endswith("-shm"))


def _score(store: Store, files: Sequence[Path], parts: Parts, figures: Figures) -> list[str]:
    ids = []
    with _timed(figures, SCORING, len(files)):
        metadata = index_metadata(files)
        for file in files:
            outcome = take_in(file, settings=parts.settings.intake, metadata=metadata, for_sound_only=True)
            assert outcome.recording is not None, outcome.defects
            with store.begin() as connection:
                put_intake(connection, outcome, now=NOW)
            process_call(outcome.recording.call_id, parts, store, now=lambda: NOW)
            ids.append(outcome.recording.call_id)
    return ids


def _read(store: Store, ids: Sequence[str], settings: Settings, figures: Figures) -> None:
    shuffled = random.Random(1).sample(ids, len(ids))  # noqa: S311 - not for secrets
    with _timed(figures, READING, len(ids)):  # what the page of a call and `calls show` read
        for call_id in shuffled:
            with store.read() as connection:
                read_call(connection, call_id)
                read_evaluation(connection, call_id)
    with _timed(figures, LISTING, len(ids)), store.read() as connection:
        assert len(list(list_calls(connection))) == len(ids)
    with _timed(figures, HEARING, len(ids)):
        for call_id in shuffled:
            with store.read() as connection:
                recording = get_recording(connection, call_id)
            assert sum(block.shape[1] for block in call_audio(recording, settings.intake)())


def _search(store: Store, figures: Figures, calls: int) -> None:
    with _timed(figures, INDEXING, calls):
        while _index(store):
            pass
    with _timed(figures, SEARCHING, calls), store.read() as connection:
        for word in ("account", "fee", '"thank you"', "card"):
            try:
                search_calls(connection, parse_query(word))
            except QueryError:
                figures.search_is_off = True


def _index(store: Store) -> int:
    with store.begin() as connection:
        return index_some(connection, most=50)


@contextmanager
def _timed(figures: Figures, task: str, calls: int) -> Iterator[None]:
    """Add the processor's time that the block takes, in milliseconds a call."""
    began = time.process_time()
    yield
    figures.ms[task].append((time.process_time() - began) * 1000 / calls)


def page(figures: dict[str, Figures], *, calls: int, rounds: int, words: int, about: str) -> str:
    """Return the report as Markdown."""
    plain, sealed = figures[PLAIN], figures[SEALED]
    rows = []
    for task in TIMED:
        off = task in (INDEXING, SEARCHING) and sealed.search_is_off
        before, after = statistics.median(plain.ms[task]), statistics.median(sealed.ms[task])
        ratios = sorted(one / other for one, other in zip(sealed.ms[task], plain.ms[task], strict=True) if other)
        told = "off" if off else f"{after:.2f}"
        ratio = "–" if off or not ratios else f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        rows.append([f"{task}, ms a call", f"{before:.2f}", told, ratio])
    for what in (DATABASE, MEDIA):
        before, after = plain.size_bytes[what] / calls / 1000, sealed.size_bytes[what] / calls / 1000
        rows.append([f"{what}, kB a call", f"{before:.1f}", f"{after:.1f}", f"{after / before:.2f}"])
    return f"""# What encryption at rest costs

Written by `make bench-encryption`; `benchmarks/encryption.py` says how. {calls} made calls of about {words} words in
two channels, without recognition, in SQLite; {rounds} rounds, in which both ways took turns. Sealed are the database
and the recordings. Milliseconds are the processor's, the median of the rounds; from the database's size that of an
empty one is taken off.

**Read the ratios**: they are taken within each round (in brackets the lowest and the highest). The milliseconds are
those of one machine, which may have had other work.

On {about}

{table(("", PLAIN, SEALED, "ratio"), rows)}

With recognition, which takes most of a call's time and is the same either way, the first line's ratio is nearer to 1.
Search is off where words are sealed ([encryption](../docs/encryption.md)). A sealed database is the smaller one: it has
no index of words, and long texts are compressed before they are sealed.
"""


if __name__ == "__main__":
    main()
