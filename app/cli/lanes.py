"""What fills each cell of a timeline: who speaks, or why nobody does."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.records import Measures, Transcript

SPEAKERS = {
    "agent": ("▀", "cyan", "agent"),
    "customer": ("▄", "yellow", "customer"),
    "unknown": ("▒", "", "speaker not known"),
    "system": ("░", "dim", "announcement"),
    "overtalk": ("█", "bold red", "both at once"),
    "dead_air": ("·", "red", "dead air"),
    "hold": ("=", "blue", "hold"),
}
OVERTALK_SHARE = 0.25
"""An overtalk is short; it is shown where it fills this much of a cell, even where more of the cell is one party's."""


def kinds_of_cells(transcript: Transcript, measures: Measures | None, cells: int) -> list[str]:
    """Return what fills most of each of so many equal parts of a call, a key of `SPEAKERS`; empty where nothing does.

    Without measures there are no gaps and no overtalk to show.
    """
    filled: list[dict[str, float]] = [{} for _ in range(cells)]
    cell_ms = transcript.duration_ms / cells
    for kind, start_ms, end_ms in _spoken(transcript, measures):
        for i in range(max(0, int(start_ms / cell_ms)), min(cells, int(end_ms / cell_ms) + 1)):
            inside_ms = min(end_ms, (i + 1) * cell_ms) - max(start_ms, i * cell_ms)
            if inside_ms > 0 and kind in SPEAKERS:
                filled[i][kind] = filled[i].get(kind, 0.0) + inside_ms
    return [_kind(each, cell_ms) for each in filled]


def _kind(filled: dict[str, float], cell_ms: float) -> str:
    if filled.get("overtalk", 0.0) >= OVERTALK_SHARE * cell_ms:
        return "overtalk"
    return max((kind for kind in filled if kind != "overtalk"), key=lambda kind: filled[kind], default="")


def cell_of(at_ms: int, duration_ms: int, cells: int) -> int:
    """Return in which cell, 0-based, a time of a call lies; what lies after its end is in the last."""
    return max(0, min(cells - 1, at_ms * cells // duration_ms))


def _spoken(transcript: Transcript, measures: Measures | None) -> Iterator[tuple[str, int, int]]:
    for turn in transcript.turns:
        for word in turn.words:
            yield turn.role.value, word.start_ms, word.end_ms
    if measures:
        yield from (("overtalk", overtalk.start_ms, overtalk.end_ms) for overtalk in measures.overtalks)
        yield from ((gap.kind, gap.start_ms, gap.end_ms) for gap in measures.gaps)
