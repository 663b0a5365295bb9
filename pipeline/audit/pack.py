"""Evidence to hand on: clips, transcript, findings, score and rules of calls, in a folder or zip to be checked."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.audit.archive import write_zip
from pipeline.audit.authored_texts import AuthoredText, rubric_text, rule_texts
from pipeline.audit.call_evidence import CallEvidence, evidence_files, read_evidence
from pipeline.audit.clips import clip_name, write_clips
from pipeline.audit.manifest import (
    FILE_HASHES,
    MANIFEST,
    MANIFEST_HASH,
    SCHEME,
    Manifest,
    PackedFile,
    file_hash,
    hash_line,
    hash_lines,
    manifest_bytes,
)
from pipeline.audit.page import pack_page
from pipeline.audit.staging import staging_folder
from pipeline.canonical import canonical_json
from pipeline.config import Settings
from pipeline.errors import ReportError
from pipeline.scorecards.render.files import safe_name
from pipeline.store.database import Store

ZIP_SUFFIX = ".zip"
_BEARING = ("intake", "transcribe", "sentiment", "conversation", "compliance", "privacy", "score", "flags")


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """Which calls the files of a pack are about, and what is missing or not as it should be."""

    call_ids: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedPack:
    """A pack that is written, but not yet where it should go.

    Attributes:
        hash: SHA-256 of its manifest, which stands for all of it.
        notes: What is missing or not as it should be.
    """

    hash: str
    call_ids: tuple[str, ...]
    notes: tuple[str, ...]
    files: int
    size_bytes: int
    out: Path
    staged: Path

    def publish(self) -> None:
        """Move it to its place.

        Raises:
            ReportError: Something came to lie there meanwhile, or it cannot be written.
        """
        _refuse_taken(self.out)
        with _as_report_error(self.out):
            if self.staged.is_dir():  # of two on one disk: there whole, or not at all, and over no file
                os.rename(self.staged, self.out)  # noqa: PTH104
                return
            try:
                _place_file(self.staged, self.out)
            except FileExistsError:
                raise _taken(self.out) from None


@contextmanager
def prepare_pack(
    call_ids: Sequence[str],
    out: Path,
    *,
    store: Store,
    settings: Settings,
    now: datetime,
    clips: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[PreparedPack]:
    """Write a pack beside its place, to be published inside the ``with``; what is not published is removed.

    Equal calls, settings and files give equal packs, but for the time at which they are made.

    Args:
        call_ids: Ids of calls, or beginnings that only one has.
        out: A folder, or a file whose name ends in ``.zip``; nothing may be there.
        store: Where the calls are.
        settings: Where rules and rubrics lie, and how the calls were taken in.
        now: When it is made.
        clips: Whether the sound of the evidence goes into it.
        tell: Is told what is being done.

    Raises:
        NotFoundError: There is no such call.
        ReportError: The place is taken or cannot be written, or a call has nothing to show.
    """
    _refuse_taken(out)
    with store.read() as connection:
        calls = read_evidence(connection, call_ids)

    def fill(folder: Path) -> Filled:
        notes = _fill(folder, calls, settings=settings, now=now, clips=clips, tell=tell)
        return Filled(call_ids=tuple(call.call_id for call in calls), notes=notes)

    with stage_pack(out, fill, settings=settings, now=now) as prepared:
        yield prepared


@contextmanager
def stage_pack(
    out: Path, fill: Callable[[Path], Filled], *, settings: Settings, now: datetime
) -> Iterator[PreparedPack]:
    """Write files beside their place and hash them, to be published inside the ``with``; else they are removed.

    Args:
        out: A folder, or a file whose name ends in ``.zip``; nothing may be there.
        fill: Writes the files into an empty folder.
        settings: How the calls were taken in.
        now: When it is made.

    Raises:
        ReportError: The place is taken or cannot be written.
    """
    _refuse_taken(out)
    with ExitStack() as stack:
        with _as_report_error(out):
            work = stack.enter_context(staging_folder(out))
            prepared = _prepared(work, out, fill, settings=settings, now=now)
        yield prepared  # what fails in the caller's block is not about this file


def settings_sha256(settings: Settings) -> str:
    """Return a hash of the settings that bear on results; where files lie is none of them."""
    bearing = settings.model_dump(mode="json", include=set(_BEARING))
    for group, path in (("compliance", "rules_dir"), ("score", "rubrics_dir"), ("privacy", "unredacted_dir")):
        bearing[group].pop(path, None)
    bearing["transcribe"].pop("vocabulary", None)
    return hashlib.sha256(canonical_json(bearing).encode()).hexdigest()


def _prepared(
    work: Path, out: Path, fill: Callable[[Path], Filled], *, settings: Settings, now: datetime
) -> PreparedPack:
    folder = work / "pack"
    folder.mkdir(mode=0o700)  # words and sound of calls: whoever gets it is chosen by who made it
    filled = fill(folder)
    pack_hash, files = _seal(folder, filled, settings=settings, now=now)
    staged = folder
    if out.suffix.lower() == ZIP_SUFFIX:
        staged = work / "pack.zip"
        staged.touch(mode=0o600, exist_ok=False)
        with staged.open("wb") as target:
            write_zip([*files, MANIFEST, MANIFEST_HASH], lambda name: _opened(folder, name), target)
    return PreparedPack(
        hash=pack_hash,
        call_ids=filled.call_ids,
        notes=filled.notes,
        files=len(files),
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        out=out,
        staged=staged,
    )


def _fill(
    folder: Path,
    calls: Sequence[CallEvidence],
    *,
    settings: Settings,
    now: datetime,
    clips: bool,
    tell: Callable[[str], None],
) -> tuple[str, ...]:
    """Write everything but the hashes; returns notes."""
    notes: list[str] = [] if clips else ["The pack was made without sound."]
    heard: dict[str, frozenset[str]] = {}
    for number, call in enumerate(calls, start=1):
        tell(f"evidence of {call.call_id} ({number}/{len(calls)})")
        place = folder / call.folder
        place.mkdir(parents=True)
        heard[call.call_id] = frozenset()
        if clips and (spans := call.spans()):
            why = write_clips(call.record.recording, call.transcript, spans, place / "clips", settings)
            if why is None:
                heard[call.call_id] = frozenset(clip_name(span) for span in spans)
            else:
                notes.append(f"Call {call.call_id} is without sound: {why.rstrip('.')}.")
        for name, text in evidence_files(call, heard[call.call_id]).items():
            _write(place / name, text)
    rules, rubrics, more = _write_authored(folder, calls, settings)
    notes += more
    page = pack_page(calls, heard, rules=rules, rubrics=rubrics, notes=notes, made_at=now, version=_version())
    _write(folder / "index.html", page)
    return tuple(notes)


def _write_authored(
    folder: Path, calls: Sequence[CallEvidence], settings: Settings
) -> tuple[Mapping[tuple[str, str], str], Mapping[tuple[str, str], str], list[str]]:
    """Write rules and rubrics; returns their files by id and fingerprint, and notes on those that changed since."""
    notes: list[str] = []
    rules: dict[tuple[str, str], str] = {}
    judged = sorted({(finding.rule_id, finding.rule_fingerprint) for call in calls for finding in call.findings})
    for (rule_id, fingerprint), authored in rule_texts(judged, settings).items():
        _write_text(folder, rules, ("rule", rule_id, fingerprint), authored, notes)
    rubrics: dict[tuple[str, str], str] = {}
    for call in calls:
        if call.score:
            score = call.score.score
            named = ("rubric", score.rubric_id, score.rubric_fingerprint)
            if named[1:] not in rubrics:
                _write_text(folder, rubrics, named, rubric_text(score, settings), notes)
    return rules, rubrics, list(dict.fromkeys(notes))


def _write_text(
    folder: Path,
    files: dict[tuple[str, str], str],
    named: tuple[str, str, str],
    authored: AuthoredText,
    notes: list[str],
) -> None:
    kind, identifier, fingerprint = named
    if authored.text is None:
        notes.append(f"The text of {kind} {identifier} is not here: it is in no file any more.")
        return
    if not authored.same:
        notes.append(f"The text of {kind} {identifier} is not the one that judged: the file was changed since.")
    stem = safe_name(identifier)
    taken = {(identifier, other) for name, other in files if name == identifier}
    path = f"{kind}s/{stem}.yaml" if not taken else f"{kind}s/{stem}-{fingerprint[-8:]}.yaml"
    (folder / path).parent.mkdir(exist_ok=True)
    _write(folder / path, authored.text)
    files[identifier, fingerprint] = path


def _seal(folder: Path, filled: Filled, *, settings: Settings, now: datetime) -> tuple[str, list[str]]:
    """Hash everything; returns the hash of the manifest and the names of the files in it."""
    _write(folder / FILE_HASHES, hash_lines(_packed(folder)))
    files = _packed(folder)
    content = manifest_bytes(
        Manifest(
            scheme=SCHEME,
            made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            made_by=f"earmark {_version()}",
            calls=filled.call_ids,
            settings_sha256=settings_sha256(settings),
            notes=filled.notes,
            files=tuple(files),
        )
    )
    (folder / MANIFEST).write_bytes(content)
    pack_hash = hashlib.sha256(content).hexdigest()
    _write(folder / MANIFEST_HASH, hash_line(pack_hash, MANIFEST))
    return pack_hash, [file.path for file in files]


def _packed(folder: Path) -> list[PackedFile]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = []
    for name in names:
        with _opened(folder, name) as source:
            sha256, length = file_hash(source, most=(folder / name).stat().st_size)
        files.append(PackedFile(path=name, bytes=length, sha256=sha256))
    return files


def _opened(folder: Path, name: str) -> BinaryIO:
    return (folder / name).open("rb")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _refuse_taken(out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise _taken(out)


def _taken(out: Path) -> ReportError:
    return ReportError(f"{out}: is there already; evidence is never written over, choose another name")


def _place_file(staged: Path, out: Path) -> None:
    """Give a file its name, over nothing: where one came to lie there meanwhile, that one stays."""
    try:
        os.link(staged, out)  # whole at once; a rename would write over it
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        with out.open("xb") as target:
            try:
                out.chmod(0o600)
                with staged.open("rb") as source:
                    shutil.copyfileobj(source, target)
            except BaseException:
                out.unlink(missing_ok=True)
                raise


@contextmanager
def _as_report_error(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"{out}: cannot be written ({error.strerror or type(error).__name__})") from None


def _version() -> str:
    return importlib.metadata.version("earmark")
