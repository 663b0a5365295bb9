"""How far word times are off, on the sample calls, whose synthesiser told when it spoke each word."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import reduce
from operator import add

from benchmarks.asr.material import Call
from benchmarks.asr.measures import TimeErrors, share_within, time_errors
from benchmarks.asr.report import number, percent, table
from benchmarks.asr.words import Answers, problems

EXPLAINED = """Truth is what the speech synthesiser told: when each phoneme begins and ends, in steps of 25 ms
(`benchmarks/word_times.py`). Of turns that it cannot tell this for, the start of the first and the end of the last word
count, as they were mixed. Only words that were recognised rightly are compared. MP3, AAC and Opus shift their audio by
some tens of milliseconds; that is in the figures."""


def errors_of(calls: Sequence[Call], heard: Sequence[Sequence[object]]) -> TimeErrors:
    """Return the errors of all words of some calls."""
    parts = [
        time_errors(said, spoken)
        for call, words in zip(calls, heard, strict=True)
        for said, spoken in zip(call.words, call.by_channel(words), strict=True)  # type: ignore[arg-type]
    ]
    return reduce(add, parts, TimeErrors())


def report(calls: Sequence[Call], answers: Answers) -> str:
    """Return the table."""
    known = [word for call in calls for channel in call.words for word in channel]
    starts = sum(word.start_ms is not None for word in known)
    rows = []
    for name, of_system in answers.items():
        errors = errors_of(calls, [of_call[0].words for of_call in of_system])
        rows.append(
            [
                name,
                percent(len(errors.starts) / starts if starts else None),
                percent(share_within(errors.starts)),
                percent(share_within(errors.ends)),
                percent(share_within(errors.both)),
                _median(errors.starts),
                _median(errors.ends),
                _percentile_95(errors.starts),
                _percentile_95(errors.ends),
            ]
        )
    head = ["system", "starts compared", "starts within 200 ms", "ends within 200 ms", "both within 200 ms"]
    head += ["median start, ms", "median end, ms", "95 % of starts within, ms", "95 % of ends within, ms"]
    about = f"{len(calls)} recordings; {starts} words whose start is known."
    return "\n\n".join([about, table(head, rows), EXPLAINED, *problems(answers)])


def _median(errors: Sequence[int]) -> str:
    return number(statistics.median(errors) if errors else None, "+.0f")


def _percentile_95(errors: Sequence[int]) -> str:
    if not errors:
        return "–"
    in_order = sorted(abs(error) for error in errors)
    return str(in_order[min(len(in_order) - 1, int(0.95 * len(in_order)))])
