"""Words heard where nobody speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.asr.report import number, table
from benchmarks.asr.words import Answers, Listeners, ask_in_turns, problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """A file with a channel on which nobody speaks; a party may speak on the others."""

    name: str
    kind: str
    file: Path
    duration_s: float
    channel: int = 0


def run(listeners: Listeners, quiet: Sequence[Quiet]) -> str:
    """Return how many words each system invents, by kind of sound and per minute."""
    return report(quiet, ask_in_turns(listeners, [item.file for item in quiet]))


def report(quiet: Sequence[Quiet], answers: Answers) -> str:
    """Return the table, and what the words were heard in; who fails on a sound has no count."""
    kinds = list(dict.fromkeys(item.kind for item in quiet))
    minutes = {kind: sum(item.duration_s for item in quiet if item.kind == kind) / 60 for kind in kinds}
    rows, details = [], []
    for name, of_system in answers.items():
        counts = count_invented(quiet, [of_call[0].words for of_call in of_system])
        failed = {item.kind for item, of_call in zip(quiet, of_system, strict=True) if of_call[0].problem}
        by_kind = {
            kind: sum(count for item, count in zip(quiet, counts, strict=True) if item.kind == kind) for kind in kinds
        }
        cells = ["failed" if kind in failed else str(by_kind[kind]) for kind in kinds]
        whole = None if failed else sum(counts)
        rate = None if whole is None else whole / sum(minutes.values())
        rows.append([name, *cells, number(whole, "d"), number(rate)])
        worst = [f"{item.name} ({count})" for item, count in zip(quiet, counts, strict=True) if count]
        if worst:
            details.append(f"- {name}: " + ", ".join(worst))
    head = ["words invented", *(f"{kind}, {minutes[kind]:.1f} min" for kind in kinds), "all", "per minute"]
    return "\n\n".join(
        [table(head, rows), *(["In what:\n\n" + "\n".join(details)] if details else []), *problems(answers)]
    )


def count_invented(quiet: Sequence[Quiet], heard: Sequence[Sequence[object]]) -> list[int]:
    """Return the words heard on each file's quiet channel."""
    return [
        sum(getattr(word, "channel", 0) == item.channel for word in words)
        for item, words in zip(quiet, heard, strict=True)
    ]
