"""What was measured, kept as JSON beside the page so that the sheet can calculate with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.asr.report import with_section

HERE = Path(__file__).resolve().parent
FIGURES = HERE / "figures.json"
PAGE = HERE.parent / "CAPACITY.md"
HEADER = """# What a machine gets done, measured

Written by `make bench-capacity`; `docs/capacity.md` turns it into machines and cost. Each part says on what it was
made.
"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the sheet calculates with.

    Attributes:
        core_s_per_call: Processor seconds that a call takes whatever its length.
        core_s_per_minute: Processor seconds for each minute of a call.
        rest_s_per_call: The same of everything but recognition: what is left for the processor beside a GPU.
        rest_s_per_minute: For each minute.
        bytes_per_call: Growth of PostgreSQL by a call, whatever its length.
        bytes_per_minute: For each minute.
        made: On what and when.
    """

    core_s_per_call: float
    core_s_per_minute: float
    rest_s_per_call: float
    rest_s_per_minute: float
    bytes_per_call: float
    bytes_per_minute: float
    made: str


def read_figures(file: Path = FIGURES) -> Figures:
    """Return what was measured last."""
    return Figures(**json.loads(file.read_text(encoding="utf-8")))


def keep(figures: dict[str, Any], title: str, body: str, *, folder: Path | None = None) -> None:
    """Put figures and a part of the page in place of those of before; the others stay.

    Args:
        figures: Fields of `Figures`.
        title: Of the part.
        body: Of the part, as Markdown.
        folder: Where both files are, else where they belong.
    """
    file = folder / FIGURES.name if folder else FIGURES
    page = folder / PAGE.name if folder else PAGE
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**known, **figures}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    text = page.read_text(encoding="utf-8") if page.exists() else HEADER
    page.write_text(with_section(text, title, body), encoding="utf-8")


def line(what: str, short: tuple[float, float], usual: tuple[float, float]) -> dict[str, float]:
    """Return what a call costs whatever its length, and by the minute, of two kinds of calls.

    Args:
        what: As the fields of `Figures` begin.
        short: Minutes of a call, and what it cost.
        usual: The same of longer ones.
    """
    slope = (usual[1] - short[1]) / (usual[0] - short[0])
    base = short[1] - slope * short[0]
    if base < 0:  # no call costs less than nothing: all of it goes by the minute
        base, slope = 0.0, usual[1] / usual[0]
    return {f"{what}_per_call": base, f"{what}_per_minute": slope}
