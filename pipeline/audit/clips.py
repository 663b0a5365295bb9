"""Which parts of a call are evidence to be heard, and the sound of them, silent where personal data was spoken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.clip import muted_clip, write_audio
from pipeline.config import Settings
from pipeline.errors import EarmarkError, IntakeError, MediaAwayError
from pipeline.records import Finding, Recording, Severity, Span, Transcript

AROUND_MS = 3000
LONGEST_SEARCHED_MS = 60_000  # a whole call without a word in it proves nothing that its recording does not


def heard_spans(finding: Finding, duration_ms: int) -> tuple[Span, ...]:
    """Return what to listen to for a finding, in order of time and with some seconds around it.

    That is every quote and every stretch that was found, the nearest miss, and of a grave violation by silence the
    window that was searched, where it is short.
    """
    spans = [Span(start_ms=quote.start_ms, end_ms=quote.end_ms) for quote in finding.evidence]
    spans += finding.stretches
    if finding.nearest_miss:
        nearest = finding.nearest_miss.evidence
        spans.append(Span(start_ms=nearest.start_ms, end_ms=nearest.end_ms))
    padded = [
        Span(start_ms=max(0, span.start_ms - AROUND_MS), end_ms=min(duration_ms, span.end_ms + AROUND_MS))
        for span in spans
    ]
    searched = finding.searched
    grave = finding.violated and finding.severity is not Severity.MINOR
    if grave and searched and not finding.evidence and searched.length_ms <= LONGEST_SEARCHED_MS:
        padded.append(searched)
    inside = {(span.start_ms, min(span.end_ms, duration_ms)) for span in padded}
    return tuple(Span(start_ms=start, end_ms=end) for start, end in sorted(inside) if start < end)


def clip_name(span: Span) -> str:
    """Return the file name of a part of a call: its times, in milliseconds."""
    return f"{span.start_ms:07d}-{span.end_ms:07d}.flac"


def write_clips(
    recording: Recording, transcript: Transcript, spans: Iterable[Span], folder: Path, settings: Settings
) -> str | None:
    """Write the sound of parts of a call into a folder.

    Returns:
        Why there is none, in plain words; None where all were written.

    Raises:
        OSError: The folder cannot be written to.
    """
    try:
        samples, rate_hz = muted_clip(recording, transcript, settings=settings)  # once: each time decodes all of it
    except IntakeError as error:
        return str(error)
    except MediaAwayError:  # which names the server, and packs are handed on
        return "where the recording is kept did not answer; make the pack again when it does"
    except EarmarkError as error:
        return f"its sound cannot be cut ({type(error).__name__})"
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder.stat().st_mode & 0o666  # as any other file of the pack: what is unfinished is the owner's alone
    for span in spans:
        part = samples[:, span.start_ms * rate_hz // 1000 : span.end_ms * rate_hz // 1000]
        write_audio(folder / clip_name(span), part, rate_hz)
        (folder / clip_name(span)).chmod(plain)
    return None
