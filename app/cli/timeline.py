"""The course of a call on a terminal: who speaks when, how one party's words sound, what happened where.

Every row is made of cells of equal time. Shapes alone tell what a cell is, so that nothing is lost without colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.text import Text

from app.cli import show
from app.cli.lanes import SPEAKERS, cell_of, kinds_of_cells
from app.cli.marks import SIGNS, Mark, marks_of
from pipeline.records import CallSentiment, PartySentiment, Recovery, Role, SentimentReading, Transcript
from pipeline.score.readings import time_of
from pipeline.score.wording import signed
from pipeline.sentiment.course import running_levels
from pipeline.store.call_record import CallRecord

LABEL_WIDTH = 11
WIDEST = 110
"""Cells of a row at most: on a very wide terminal the eye would lose the line."""
NARROWEST = 20
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
TICK_CELLS = 9

RISING = "▂▃▄▆█"
FALLING = "▔▔▀▀█"  # all that there are: no font has more blocks that hang
NEUTRAL = ("▁", "dim")
MARK_ROWS = 3
RECOVERY = {Recovery.RECOVERED: "recovered before the end", Recovery.NOT_RECOVERED: "not recovered"}


def print_course(call: CallRecord, width: int | None = None) -> None:
    """Draw the course of a call; nothing where nobody speaks.

    Args:
        call: Only its transcript is needed; rows of what is not known are left out.
        width: Columns to use; the terminal's where None.
    """
    if call.transcript is None or not call.transcript.turns or call.transcript.duration_ms <= 0:
        return
    show.out.print(show.text("Course of the call", "bold"))
    for line in course_lines(call, call.transcript, width or show.out.width):
        show.out.print(line, no_wrap=True, overflow="ellipsis")
    show.out.print()


def course_lines(call: CallRecord, transcript: Transcript, width: int) -> Iterator[Text]:
    """Yield the rows, from who speaks to the list of what happened, none wider than ``width`` but for quotes."""
    cells = max(NARROWEST, min(WIDEST, width - LABEL_WIDTH))
    duration_ms = transcript.duration_ms
    kinds = kinds_of_cells(transcript, call.measures, cells)
    yield _row("who", (SPEAKERS[kind][:2] if kind else (" ", "") for kind in kinds))
    party = _party(call.sentiment)
    if call.sentiment and party:
        readings = [reading for reading in call.sentiment.readings if reading.role is party.role]
        yield from _level_rows(party.role, _levels(readings, transcript, cells))
        yield _row("quarters", _centred([_number(score) for score in party.quarters], cells))
    marks = marks_of(call, transcript, party)
    for name, row in zip(["marks", *[""] * (MARK_ROWS - 1)], _mark_rows(marks, duration_ms, cells), strict=False):
        yield _row(name, row)
    yield from _axis(duration_ms, cells)
    used = {mark.sign for mark in marks}
    yield from _legend((SPEAKERS[kind] for kind in SPEAKERS if kind in kinds), width)
    yield from _legend(((sign, *SIGNS[sign]) for sign in SIGNS if sign in used), width)
    if party and party.overall is not None:
        for line in textwrap.wrap(_summary(party), max(NARROWEST, width - LABEL_WIDTH)):
            yield show.text(" " * LABEL_WIDTH + line)
    for mark in marks:
        when = show.text(f"{show.minutes(mark.at_ms):>{LABEL_WIDTH - 2}}  ")
        yield when + show.text(f"{mark.sign} ", mark.style) + show.text(mark.what)


def _party(sentiment: CallSentiment | None) -> PartySentiment | None:
    """Return whose sentiment is drawn: the customer's, or the speakers' where they cannot be told apart."""
    return (sentiment.of(Role.CUSTOMER) or sentiment.of(Role.UNKNOWN)) if sentiment else None


def _levels(readings: Sequence[SentimentReading], transcript: Transcript, cells: int) -> list[float | None]:
    """Return the running level in each cell; None before anything was read."""
    levels: list[float | None] = [None] * cells
    running = running_levels([reading.score for reading in readings])
    for reading, level in zip(readings, running, strict=True):
        first = cell_of(time_of(transcript, reading)[0], transcript.duration_ms, cells)
        levels[first:] = [level] * (cells - first)
    return levels


def _level_rows(role: Role, levels: Sequence[float | None]) -> Iterator[Text]:
    above = [_bar(level, RISING, "green") for level in levels]
    below = [_bar(None if level is None else -level, FALLING, "red") for level in levels]
    steady = [level is not None and not _steps(level) for level in levels]
    name = "mood" if role is Role.UNKNOWN else role.value
    yield _row(f"{name:<9}+", [NEUTRAL if still else bar for still, bar in zip(steady, above, strict=True)])
    yield _row(f"{'':<9}-", below)


def _bar(level: float | None, shapes: str, style: str) -> tuple[str, str]:
    steps = 0 if level is None or level <= 0 else _steps(level)
    return (shapes[steps - 1], style) if steps else (" ", "")


def _steps(level: float) -> int:
    """Return how far a level is from neutral, 0 to 5, as people are shown it."""
    return min(5, int(abs(level) * 5 + 0.5))


def _mark_rows(marks: Sequence[Mark], duration_ms: int, cells: int) -> Iterator[list[tuple[str, str]]]:
    """Put each mark in the first row that is free there; one that finds no room is in the list below only."""
    rows: list[dict[int, Mark]] = []
    for mark in marks:
        at = cell_of(mark.at_ms, duration_ms, cells)
        row = next((row for row in rows if at not in row), None)
        if row is None and len(rows) < MARK_ROWS:
            rows.append(row := {})
        if row is not None:
            row[at] = mark
    for row in rows:
        yield [(row[i].sign, row[i].style) if i in row else (" ", "") for i in range(cells)]


def _axis(duration_ms: int, cells: int) -> Iterator[Text]:
    least_s = TICK_CELLS * duration_ms / cells / 1000
    step_s = next((step for step in TICK_STEPS_S if step >= least_s), TICK_STEPS_S[-1])
    ruler, labels = ["─"] * cells, [" "] * cells
    for at_ms in range(0, duration_ms, step_s * 1000):
        at, label = cell_of(at_ms, duration_ms, cells), show.minutes(at_ms)
        if at + len(label) <= cells:
            ruler[at] = "┬"
            labels[at : at + len(label)] = label
    yield _row("", ((char, "dim") for char in ruler))
    yield _row("", ((char, "dim") for char in labels))


def _legend(signs: Iterable[tuple[str, str, str]], width: int) -> Iterator[Text]:
    line = _row("", ())
    for sign, style, name in signs:
        if len(line) > LABEL_WIDTH and len(line) + len(sign) + 1 + len(name) > width:
            yield line
            line = _row("", ())
        line.append(sign, style=style).append(f" {name}   ")
    yield line


def _summary(party: PartySentiment) -> str:
    who = "speakers" if party.role is Role.UNKNOWN else party.role.value
    parts = [f"{who} from -5 to +5: {_number(party.overall)} overall"]
    if party.change is not None:
        parts.append(f"{_number(party.change)} from the first to the last quarter")
    if party.trend is not None:
        parts.append(f"trend {_number(party.trend)}")
    if party.longest_negative_turns:
        turns = f"{party.longest_negative_turns} turn{'s' if party.longest_negative_turns > 1 else ''}"
        parts.append(f"longest negative stretch {turns}, {show.minutes(party.longest_negative_ms)}")
    if party.recovery in RECOVERY:
        parts.append(RECOVERY[party.recovery])
    return "; ".join(parts)


def _number(score: float | None) -> str:
    return "–" if score is None else signed(score)


def _centred(texts: Sequence[str], cells: int) -> Iterator[tuple[str, str]]:
    edges = [cells * i // len(texts) for i in range(len(texts) + 1)]
    for i, content in enumerate(texts):
        yield from ((char, "") for char in content.center(edges[i + 1] - edges[i]))


def _row(label: str, cells: Iterable[tuple[str, str]]) -> Text:
    row = show.text(f"{label:<{LABEL_WIDTH}}")
    for style, run in groupby(cells, key=lambda cell: cell[1]):  # one escape sequence a run, not one a cell
        row.append("".join(char for char, _ in run), style=style)
    return row
