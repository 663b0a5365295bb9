"""Progress of a run on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.cli.show import err, one_line, remark
from flows.logs import LogFormat, log_progress, write_logs

Report = Callable[[str, str], None]

_FILE_EVENTS = ("taken_in", "rejected")
_CALL_EVENTS = ("processed", "unchanged", "failed")
_TOLD = ("source_away", "job_failed", "retention")  # their subject is a sentence
_SAYS = {
    "taken_in": "read",
    "rejected": "cannot use",
    "processed": "scored",
    "unchanged": "unchanged",
    "failed": "failed",
}


@contextmanager
def progress(log_format: LogFormat = "text") -> Iterator[Report]:
    """Yield a function to be told (event, subject); see `flows.runtime.Runtime`."""
    if log_format == "json":
        write_logs(log_format)
        yield log_progress()
    elif err.is_terminal:
        with _bars() as report:
            yield report
    else:
        remark("starting")
        yield plain_lines()


@contextmanager
def _bars() -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        shown: dict[str, TaskID] = {"start": bars.add_task("Starting", total=None)}

        def report(event: str, subject: str) -> None:
            if event == "found":
                bars.remove_task(shown["start"])
                shown["files"] = bars.add_task("Reading recordings", total=int(subject))
            elif event == "to_process":
                shown["calls"] = bars.add_task("Transcribing and scoring", total=int(subject))
            elif event == "to_settle":
                shown["calls"] = bars.add_task("Judging once more by earlier calls", total=int(subject))
            elif event in _FILE_EVENTS:
                bars.advance(shown["files"])
            elif event in _CALL_EVENTS:
                bars.advance(shown["calls"])

        yield report


def plain_lines() -> Report:
    """Return a function that prints a line for every event."""
    expected: dict[str, int] = {}
    seen = {"files": 0, "calls": 0}

    def report(event: str, subject: str) -> None:
        if event in _TOLD:
            remark(subject)
            return
        if event in ("found", "to_process"):
            kind = "files" if event == "found" else "calls"
            expected[kind], seen[kind] = int(subject), 0  # a watch has many rounds
            return
        if event == "to_settle":
            expected["calls"] = expected.get("calls", 0) + int(subject)
            return
        kind = "files" if event in _FILE_EVENTS else "calls"
        seen[kind] += 1
        name = one_line(Path(subject).name) if kind == "files" else subject
        counted = f"{seen[kind]}/{expected.get(kind, 0)}"
        remark(f"{_SAYS[event]} {name} ({counted})")

    return report
