"""Word errors, speed and memory, from the same answers."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from pathlib import Path

from benchmarks.asr.material import Call
from benchmarks.asr.measures import WordErrors, median_ratio, word_errors
from benchmarks.asr.report import number, percent, table
from benchmarks.asr.systems import OURS
from benchmarks.asr.worker import Answer

Listeners = Mapping[str, Callable[[Path], Answer]]
Answers = dict[str, list[list[Answer]]]
"""By system, then call, then repetition."""


def ask_in_turns(listeners: Listeners, files: Sequence[Path], *, repeat: int = 1) -> Answers:
    """Give each file to each system in turn, so that whatever else the machine does hits all of them.

    Who begins changes from file to file: nobody is always the first to read a file, or always runs after the same one.
    """
    names = list(listeners)
    answers: Answers = {name: [[] for _ in files] for name in names}
    for place, file in enumerate(files):
        for round_ in range(repeat):
            first = (place + round_) % len(names)
            for name in names[first:] + names[:first]:
                print(f"{place + 1}/{len(files)} {file.name}: {name}", file=sys.stderr, flush=True)
                answers[name][place].append(listeners[name](file))
    return answers


def report(calls: Sequence[Call], answers: Answers) -> str:
    """Return the table of one set of calls.

    Time of a call is the median of its repetitions; "times Earmark's" is the median over calls of a system's time
    divided by Earmark's. The processor's time is shown because other programs bear on it less than on the clock's.
    """
    channels = max(len(call.said) for call in calls)
    duration_s = sum(call.duration_s for call in calls)
    took, worked = per_call(answers, "took_s"), per_call(answers, "cpu_s")
    rows = []
    for name, of_system in answers.items():
        by_channel = errors_by_channel(calls, [of_call[0] for of_call in of_system])
        whole = reduce(add, by_channel)
        rows.append(
            [
                name,
                percent(whole.rate),
                *([percent(errors.rate) for errors in by_channel] if channels > 1 else []),
                f"{whole.substituted} / {whole.deleted} / {whole.inserted}",
                *speed(name, took, duration_s),
                *speed(name, worked, duration_s),
                number(max(answer.peak_mb for of_call in of_system for answer in of_call), ".0f"),
            ]
        )
    said = errors_by_channel(calls, [of_call[0] for of_call in next(iter(answers.values()))])
    head = ["system", "WER", *(f"channel {c}" for c in range(channels) if channels > 1)]
    head += ["wrong / missing / added", "RTF", "times Earmark's", "CPU s per s", "times Earmark's", "peak MB"]
    about = f"{len(calls)} recordings, {duration_s / 60:.1f} min, {sum(errors.said for errors in said)} words."
    return "\n\n".join([about, table(head, rows), *problems(answers)])


def errors_by_channel(calls: Sequence[Call], answers: Sequence[Answer]) -> list[WordErrors]:
    """Return word errors, added up over calls, for each channel; what shares a channel counts as channel 0."""
    totals = [WordErrors() for _ in range(max(len(call.said) for call in calls))]
    for call, answer in zip(calls, answers, strict=True):
        for channel, (said, heard) in enumerate(zip(call.said, call.by_channel(answer.words), strict=True)):
            totals[channel] += word_errors(said, " ".join(word.text for word in heard))
    return totals


def per_call(answers: Answers, what: str) -> dict[str, list[float]]:
    """Return a figure of each call, by system; a system that failed anywhere has none, because failing takes no time.

    Args:
        answers: What the systems answered; of repetitions the median is taken.
        what: ``took_s`` or ``cpu_s``.
    """
    return {
        name: [_median(of_call, what) for of_call in of_system]
        for name, of_system in answers.items()
        if not any(answer.problem for of_call in of_system for answer in of_call)
    }


def speed(name: str, seconds: Mapping[str, Sequence[float]], duration_s: float) -> list[str]:
    """Return seconds per second of audio, and how many times Earmark's they are; dashes where it failed."""
    own, base = seconds.get(name), seconds.get(OURS)
    ratio = median_ratio(own, base) if own and base else None
    return [number(sum(own) / duration_s if own else None, ".3f"), number(ratio)]


def problems(answers: Answers) -> list[str]:
    """Return a paragraph for each system that failed on something: how often, and the first of it."""
    found = []
    for name, of_system in answers.items():
        told = [answer.problem for of_call in of_system for answer in of_call if answer.problem]
        if told:
            found.append(f"**{name} failed** on {len(told)} files; {told[0]}")
    return found


def _median(answers: Sequence[Answer], name: str) -> float:
    return statistics.median(getattr(answer, name) for answer in answers)
