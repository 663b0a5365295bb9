"""Silence a recording where personal data was spoken."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span, Transcript

_MASKED = re.compile(r"\[([a-z_]+)\]")


def muted_spans(transcript: Transcript, *, margin_ms: int, kinds: Collection[str] | None = None) -> tuple[Span, ...]:
    """Return when a call's sound is to be silent, in order; spans that meet are one.

    These are the times of all redactions, and of dropped text in which something was masked: what the recogniser was
    not sure of is audible all the same.

    Args:
        transcript: A redacted transcript.
        margin_ms: Silence before and behind, because word times are not exact.
        kinds: Only these kinds of personal data; None for all.
    """

    def meant(kind: str) -> bool:
        return kinds is None or kind in kinds

    said = [(redaction.start_ms, redaction.end_ms) for redaction in transcript.redactions if meant(redaction.kind)]
    said += [
        (dropped.start_ms, dropped.end_ms)
        for dropped in transcript.dropped
        if any(meant(kind) for kind in _MASKED.findall(dropped.text))
    ]
    merged: list[Span] = []
    for start_ms, end_ms in sorted((max(start - margin_ms, 0), end + margin_ms) for start, end in said):
        if merged and start_ms <= merged[-1].end_ms:
            merged[-1] = Span(start_ms=merged[-1].start_ms, end_ms=max(merged[-1].end_ms, end_ms))
        else:
            merged.append(Span(start_ms=start_ms, end_ms=end_ms))
    return tuple(merged)


def mute(samples: NDArray[np.float32], spans: Iterable[Span], *, rate_hz: int, start_ms: int = 0) -> None:
    """Silence samples [channels, n] in place during the spans, on every channel: one party leaks into the other's.

    Args:
        samples: Sound of a call, or of a part of it.
        spans: When to be silent, from the start of the recording.
        rate_hz: Samples per second.
        start_ms: When the first sample was recorded.
    """
    for span in spans:
        first = (span.start_ms - start_ms) * rate_hz // 1000
        last = -(-(span.end_ms - start_ms) * rate_hz // 1000)  # rounded up: a sample too many, never one too few
        samples[:, max(first, 0) : max(last, 0)] = 0
