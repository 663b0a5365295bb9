"""Measure the sentiment engine beside VADER and TextBlob, into benchmarks/SENTIMENT.md: ``make bench-sentiment``.

Always measured: the project's own sentences (each read by a head that has not learnt from it, nor from its
neighbours), and `routine_agent_lines.txt`: routine that no head learns from and nobody should call negative.
``--turns FILE`` adds labelled turns: one JSON object a line with ``text``, ``label`` and, where known, ``role``.
Each system runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.canonical import to_data
from pipeline.config import SentimentSettings
from pipeline.load_settings import load_settings
from pipeline.records import Role
from pipeline.sentiment.card import figures
from pipeline.sentiment.engine import LabelProbabilities, create_sentiment_engine
from pipeline.sentiment.engines.vader import probabilities
from pipeline.sentiment.sentences import LabelledSentence, joined, read_sentences

HERE = Path(__file__).parent
ROUTINE = HERE / "routine_agent_lines.txt"
REPORT = HERE / "SENTIMENT.md"
SYSTEMS = ("minilm", "vader", "textblob")
TIMED_TURNS, WARMING_TURNS = 1500, 300
PARTIES = (Role.CUSTOMER, Role.AGENT)
Read = Callable[[Sequence[str], Sequence[Role]], list[LabelProbabilities]]


def main() -> None:
    """Run every system, write the report and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=Path, action="append", default=[], help="labelled turns; may be repeated")
    parser.add_argument("--system", choices=SYSTEMS, help="measure this one and print JSON (used by the run itself)")
    given = parser.parse_args()
    if given.system:
        print(json.dumps(measure(given.system, given.turns)))
        return
    results = {system: _in_its_own_process(system, given.turns) for system in SYSTEMS if _installed(system)}
    text = report(results)
    REPORT.write_text(text, encoding="utf-8")
    print(text)


def measure(system: str, turn_files: Sequence[Path]) -> dict[str, Any]:
    """Return what one system reads, how fast, and the most memory that its process held."""
    read = _reader(system)
    started = time.perf_counter()
    read(["hello"], [Role.CUSTOMER])
    loading_s = time.perf_counter() - started
    sentences = read_sentences()
    routine = ROUTINE.read_text(encoding="utf-8").splitlines()
    agents = [Role.AGENT] * len(routine)
    timed = [sentence.text for sentence in sentences][-TIMED_TURNS:]
    read(timed[:WARMING_TURNS], [Role.CUSTOMER] * WARMING_TURNS)  # the first batches also pay for memory and code paths
    started, cpu = time.perf_counter(), time.process_time()
    read(timed, [Role.CUSTOMER] * len(timed))
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    result = {
        "loading_s": loading_s,
        "turns_per_s": len(timed) / wall_s,
        "turns_per_cpu_s": len(timed) / cpu_s,
        "routine_negative": sum(reading.label == "negative" for reading in read(routine, agents)) / len(routine),
        "routine_lines": len(routine),
        "sets": {file.name: _read_set(read, read_sentences(file)) for file in turn_files},
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    result["sets"] |= {f"own sentences, {role}": _own(system, read, sentences, role) for role in PARTIES}
    return result


def report(results: dict[str, dict[str, Any]]) -> str:
    """Return the figures as a page."""
    lines = ["# Sentiment, measured", "", "Made by `make bench-sentiment`; `benchmarks/sentiment.py` says how.", ""]
    lines += ["| system | turns/s | turns per CPU second | memory | loading | routine agent lines called negative |"]
    lines += ["|---|---|---|---|---|---|"]
    for system, found in results.items():
        lines.append(
            f"| {system} | {found['turns_per_s']:.0f} | {found['turns_per_cpu_s']:.0f} | {found['memory_mb']:.0f} MB "
            f"| {found['loading_s']:.1f} s | {100 * found['routine_negative']:.1f} % of {found['routine_lines']} |"
        )
    for name in next(iter(results.values()))["sets"]:
        lines += ["", f"## {name}", ""]
        lines += ["| system | turns | macro-F1 | negative recall | negative precision | calibration error |"]
        lines += ["|---|---|---|---|---|---|"]
        for system, found in results.items():
            one = found["sets"][name]
            negative = one["labels"][0]
            calibration = f"{one['calibration_error']:.3f}" if system == "minilm" else "no probabilities"
            lines.append(
                f"| {system} | {one['texts']} | {one['macro_f1']:.3f} | {negative['hits'] / negative['given']:.3f} "
                f"| {negative['hits'] / max(1, negative['read']):.3f} | {calibration} |"
            )
    return "\n".join(lines) + "\n"


def _read_set(read: Read, turns: Sequence[LabelledSentence]) -> Any:
    found = read([turn.text for turn in turns], [turn.role or Role.UNKNOWN for turn in turns])
    return to_data(figures([turn.label for turn in turns], found))


def _own(system: str, read: Read, sentences: Sequence[LabelledSentence], role: Role) -> Any:
    own = [sentence for sentence in sentences if sentence.role is role]
    if system != "minilm":
        return _read_set(read, own)
    from pipeline.encoder import load_encoder  # noqa: PLC0415 - the other systems need no torch
    from pipeline.sentiment.engines.minilm import plain  # noqa: PLC0415
    from pipeline.sentiment.train import cross_validate  # noqa: PLC0415

    learnt = (*sentences, *joined(sentences))
    features = load_encoder(eight_bits=True)([plain(sentence.text) for sentence in learnt])
    return to_data(figures(*cross_validate(features, learnt, role)))


def _reader(system: str) -> Read:
    if system == "textblob":
        from textblob import TextBlob  # type: ignore[import-untyped]  # noqa: PLC0415 - optional

        return lambda texts, _: [probabilities(TextBlob(text).sentiment.polarity) for text in texts]
    return create_sentiment_engine(SentimentSettings(engine=system), load_settings().models_dir).read


def _installed(system: str) -> bool:
    found = system != "textblob" or importlib.util.find_spec("textblob") is not None
    if not found:
        print("TextBlob is not installed and left out: pip install -e '.[bench]'", file=sys.stderr)
    return found


def _in_its_own_process(system: str, turn_files: Sequence[Path]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.sentiment", "--system", system]
    command += [part for file in turn_files for part in ("--turns", str(file))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    main()
