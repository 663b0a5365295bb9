"""A copy of everything that is kept about a customer or an agent, as a pack that can be checked.

Legal holds are not asked for: they keep calls from being deleted, not people from their copy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from pipeline.audit.call_evidence import call_folder
from pipeline.audit.pack import Filled, PreparedPack, stage_pack
from pipeline.audit.page import SubjectCall, subject_page
from pipeline.clip import muted_clip, write_audio
from pipeline.config import Settings
from pipeline.errors import IntakeError, NotFoundError, ReportError
from pipeline.privacy.mute import mute
from pipeline.records import Role, Span, Transcript
from pipeline.retention.subject_words import IN_WORDS
from pipeline.store.call_record import CallRecord, read_call
from pipeline.store.database import Store
from pipeline.store.old_calls import calls_of
from pipeline.store.subject_rows import handed_out, holds_naming, subject_tables
from pipeline.store.subject_values import Row, Subject
from pipeline.transcribe.files import to_txt

NO_BASIS = "No basis was given when this copy was made."
_ALWAYS = (
    "Names of people who reviewed, commented or decided are left out: they are other people's data.",
    "Personal data that was spoken is masked in the text and silent in the sound.",
    "Names of files are left out, since they may name others; so are manifests and exports of the telephone system, "
    "which name many people, and back-ups.",
    "What was handed to others before is not in this copy; if something was, kept/handed_out.json tells when.",
)
_OF_CUSTOMER = "Who the agents are, and how their work was judged, is left out: it is other people's data."
_OF_AGENT = (
    "References and metadata that may name customers are left out: they are other people's data.",
    "The sound is silent wherever somebody else speaks; what they said is in the transcript, masked.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """A copy that is written, but not yet where it should go.

    Attributes:
        pack: To be published.
        holds: How many standing legal holds name them; nothing of these is in the copy.
    """

    pack: PreparedPack
    holds: int


@contextmanager
def prepare_export(
    subject: Subject,
    out: Path,
    *,
    store: Store,
    settings: Settings,
    now: datetime,
    basis: str | None,
    version: str,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Export]:
    """Write a copy beside its place, to be published inside the ``with``; what is not published is removed.

    Args:
        subject: Of whom.
        out: A folder, or a file whose name ends in ``.zip``; nothing may be there.
        store: Where the calls are.
        settings: How they were taken in.
        now: When it is made.
        basis: Why it is made, such as the law and the request's number.
        version: Of Earmark.
        tell: Is told what is being done.

    Raises:
        NotFoundError: Nothing is kept about them.
        ReportError: The place is taken or cannot be written.
    """
    with store.read() as connection:
        holds = holds_naming(connection, subject)

    def fill(folder: Path) -> Filled:
        with store.read() as connection:
            call_ids = calls_of(connection, customer=subject.customer, agent=subject.agent)
            counts = _write_tables(folder / "kept", connection, subject, call_ids, settings)
        if not counts:
            raise NotFoundError(f"nothing is kept about {subject.words}; references are compared letter by letter")
        notes = [*_ALWAYS, *(_OF_AGENT if subject.agent is not None else [_OF_CUSTOMER])]
        calls = []
        for number, call_id in enumerate(call_ids, start=1):
            tell(f"sound and transcript of {call_id} ({number}/{len(call_ids)})")
            call, why = _write_call(folder, call_id, subject, store=store, settings=settings)
            calls += [call] if call else []
            notes += [why] if why else []
        page = subject_page(
            subject.words,
            calls,
            [(name, count, IN_WORDS[name]) for name, count in counts.items()],
            basis=basis or NO_BASIS,
            notes=notes,
            made_at=now,
            version=version,
        )
        (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
        return Filled(call_ids=tuple(call_ids), notes=tuple(notes))

    with stage_pack(out, fill, settings=settings, now=now) as pack:
        yield Export(pack=pack, holds=holds)


def _write_tables(
    folder: Path, connection: Connection, subject: Subject, call_ids: list[str], settings: Settings
) -> dict[str, int]:
    """Write one file for each table that holds something; returns how many rows, by table."""
    folder.mkdir()
    counts: dict[str, int] = {}
    tables = subject_tables(connection, subject, call_ids, match_within_s=settings.kpis.match_within_s)
    for name, rows in tables:
        if written := _write_rows(folder / f"{name}.json", rows):
            counts[name] = written
    if counts and (written := _write_rows(folder / "handed_out.json", handed_out(connection, call_ids))):
        counts["handed_out"] = written
    return dict(sorted(counts.items()))


def _write_rows(file: Path, rows: Iterator[Row]) -> int:
    """Write rows as a JSON array, one at a time: an agent may have ten thousand calls. No rows, no file."""
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as target:
        for count, row in enumerate(rows, start=1):
            target.write("[\n" if count == 1 else ",\n")
            target.write(json.dumps(row, indent=1, ensure_ascii=False))
        target.write("\n]\n")
    if not count:
        file.unlink()
    return count


def _write_call(
    folder: Path, call_id: str, subject: Subject, *, store: Store, settings: Settings
) -> tuple[SubjectCall | None, str | None]:
    """Write a call's transcript and sound; returns how the page lists it, and what is missing."""
    try:
        with store.read() as connection:
            record = read_call(connection, call_id)
    except NotFoundError:
        return None, f"Call {call_id} was deleted while this copy was made."
    name = call_folder(call_id)
    transcript = None
    if record.transcript is not None and record.transcript.redacted:
        transcript = f"transcripts/{name}.txt"
        (folder / "transcripts").mkdir(exist_ok=True)
        (folder / transcript).write_text(to_txt(record.transcript), encoding="utf-8", newline="\n")
    sound: str | None = f"sound/{name}.flac"
    why = _write_sound(folder / str(sound), record, subject, settings)
    recording = record.recording
    current = next((stored.score for stored in record.scores if stored.current), None)
    call = SubjectCall(
        call_id=call_id,
        started_at=recording.started_at,
        queue=recording.queue,
        sound=None if why else sound,
        transcript=transcript,
        share=current.share if current and subject.agent is not None else None,
    )
    return call, f"Call {call_id} is without sound: {why.rstrip('.')}." if why else None


def _write_sound(file: Path, record: CallRecord, subject: Subject, settings: Settings) -> str | None:
    """Write a call's whole sound, silent where personal data was spoken; returns why it could not be."""
    transcript = record.transcript
    if transcript is None:
        return "it has no transcript, so nothing tells what to silence"
    others = _others(transcript, record.recording.duration_ms) if subject.agent is not None else ()
    try:
        samples, rate_hz = muted_clip(record.recording, transcript, settings=settings)
        mute(samples, others, rate_hz=rate_hz)
        file.parent.mkdir(exist_ok=True)
        write_audio(file, samples, rate_hz)
    except IntakeError as error:
        return str(error).replace(record.recording.media_uri or "the recording", "the recording")
    except ReportError as error:
        return str(error)
    return None


def _others(transcript: Transcript, duration_ms: int) -> list[Span]:
    """Return when anybody but the agent speaks, or nobody whom the transcript knows."""
    agents = [turn for turn in transcript.turns if turn.role is Role.AGENT]
    spans = [
        Span(start_ms=turn.start_ms, end_ms=turn.end_ms) for turn in transcript.turns if turn.role is not Role.AGENT
    ]
    at = 0
    for turn in sorted(agents, key=lambda turn: turn.start_ms):
        if turn.start_ms > at:
            spans.append(Span(start_ms=at, end_ms=turn.start_ms))
        at = max(at, turn.end_ms)
    return [*spans, Span(start_ms=at, end_ms=max(duration_ms, at) + 1000)]  # a duration is rounded
