"""What a user waits for who starts a program for one call, and what a recording of hours needs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.asr.material import Call
from benchmarks.asr.report import number, table
from benchmarks.asr.sound import TELEPHONE_HZ, read, write_ulaw
from benchmarks.asr.systems import Options
from benchmarks.asr.words import Answers, ask_in_turns, per_call, problems, speed
from benchmarks.asr.worker import Worker, hear_cold


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ask(names: Sequence[str], options: Options, calls: Sequence[Call]) -> Answers:
    """Let each system hear each call in a process started for it, in turns."""
    listeners = {name: lambda file, name=name: hear_cold(name, options, file) for name in names}
    return ask_in_turns(listeners, [call.file for call in calls])


def report(calls: Sequence[Call], answers: Answers) -> str:
    """Return the table."""
    duration_s = sum(call.duration_s for call in calls)
    took, worked = per_call(answers, "took_s"), per_call(answers, "cpu_s")
    rows = [
        [
            name,
            number(sum(took[name]) / len(calls) if name in took else None, ".1f"),
            *speed(name, took, duration_s),
            *speed(name, worked, duration_s),
        ]
        for name in answers
    ]
    about = (
        f"{len(calls)} stereo calls, {duration_s / 60:.1f} min. From the start of a program to its end, libraries and "
        "weights loaded for each call: `earmark transcribe FILE --json`, and for the peers a script that does no more."
    )
    head = ["system", "seconds a call", "RTF", "times Earmark's", "CPU s per s", "times Earmark's"]
    return "\n\n".join([about, table(head, rows), *problems(answers)])


def hours(names: Sequence[str], options: Options, calls: Sequence[Call], length_h: float, folder: Path) -> str:
    """Return time and peak memory on one recording of hours: stereo calls again and again, 8 kHz u-law."""
    file = folder / "long.wav"
    channels = np.concatenate([read(call.file, rate_hz=TELEPHONE_HZ) for call in calls], axis=1)
    write_ulaw(file, channels, repeated_to_s=length_h * 3600)
    rows, notes = [], []
    for name in names:
        with Worker(name, options) as worker:
            answer = worker.hear(file)
        rows.append(
            [
                name,
                number(answer.peak_mb, ".0f"),
                number(answer.took_s, ".0f"),
                number(answer.took_s / length_h / 3600, ".3f"),
            ]
        )
        rows[-1].append(str(len(answer.words)))
        notes += [f"**{name} failed**: {answer.problem}"] if answer.problem else []
    about = (
        f"{length_h:g} hours of stereo (real calls again and again), {file.stat().st_size / 1e6:.0f} MB of 8 kHz u-law."
    )
    return "\n\n".join([about, table(["system", "peak MB", "seconds", "RTF", "words"], rows), *notes])
