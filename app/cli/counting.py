"""Progress of work over calls on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli import show

LINE_EVERY = 1000


@contextmanager
def counting(calls: int, what: str) -> Iterator[Callable[[int], None]]:
    """Yield a function to be told how many more calls are done."""
    if show.err.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=show.err, transient=True) as bars:
            bar = bars.add_task(what, total=calls)
            yield lambda done: bars.advance(bar, done)
        return
    counted = 0

    def line(done: int) -> None:
        nonlocal counted
        before, counted = counted, counted + done
        if counted // LINE_EVERY > before // LINE_EVERY or counted == calls:
            show.remark(f"{what.lower()}: {counted}/{calls}")

    yield line
