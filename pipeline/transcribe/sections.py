"""A call cut into sections of a few minutes, so that its length does not show in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.sound import SAMPLES_PER_MS, Samples

SECTION_MS = 300_000
SEARCHED_MS = 30_000
QUIET_MS = 200


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Section:
    """A stretch of all channels, ``[channels, n]`` at 16 kHz, and where in the recording it begins."""

    offset_ms: int
    samples: Samples


def sections(
    blocks: Iterable[Samples], *, section_ms: int = SECTION_MS, searched_ms: int = SEARCHED_MS
) -> Iterator[Section]:
    """Cut a call where it is quietest on all channels together, in the last part of each section.

    Where the cuts lie does not depend on how the sound comes in blocks.

    Args:
        blocks: ``[channels, n]`` at 16 kHz, one after the other.
        section_ms: Longest section.
        searched_ms: Length of the part at a section's end in which the cut may lie.
    """
    longest = section_ms * SAMPLES_PER_MS
    held: list[Samples] = []
    length = offset_ms = 0
    for block in blocks:
        held.append(block)
        length += block.shape[1]
        while length > longest:
            samples = np.concatenate(held, axis=1)
            cut_ms = _quietest_ms(samples[:, :longest], searched_ms)
            yield Section(offset_ms=offset_ms, samples=samples[:, : cut_ms * SAMPLES_PER_MS])
            held = [samples[:, cut_ms * SAMPLES_PER_MS :].copy()]
            length -= cut_ms * SAMPLES_PER_MS
            offset_ms += cut_ms
    if held:
        yield Section(offset_ms=offset_ms, samples=np.concatenate(held, axis=1))


def _quietest_ms(samples: Samples, searched_ms: int) -> int:
    """Return the middle of the quietest 200 ms within the last ``searched_ms``."""
    end_ms: int = samples.shape[1] // SAMPLES_PER_MS
    start_ms = max(0, end_ms - searched_ms)
    searched = samples[:, start_ms * SAMPLES_PER_MS : end_ms * SAMPLES_PER_MS].astype(np.float64)
    power = np.square(searched).sum(axis=0).reshape(-1, SAMPLES_PER_MS).sum(axis=1)
    if len(power) <= QUIET_MS:
        return end_ms
    summed = np.concatenate([[0.0], np.cumsum(power)])
    quietest = int(np.argmin(summed[QUIET_MS:] - summed[:-QUIET_MS]))
    return start_ms + quietest + QUIET_MS // 2
