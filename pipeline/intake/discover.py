"""Find recordings under the given paths."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.config import IntakeSettings
from pipeline.intake.defects import intake_error
from pipeline.intake.paths import is_folder, is_link, named_path, resolved, storable_path


def find_recordings(paths: Sequence[Path], settings: IntakeSettings) -> list[Path]:
    """Return the recordings under the given files and folders: absolute, sorted, each once.

    A file that is given is taken whatever its suffix, and keeps the name it was given by, since a name may carry
    metadata. Folders are searched for ``settings.suffixes``. A folder inside that may not be searched is returned as if
    it were a recording, so that it shows up as a defect and not as calls that are silently absent. A name that is not
    valid UTF-8 is returned as `storable_path` writes it, because text is all that a database or a flow can pass on.

    Raises:
        IntakeError: ``no_such_path``, where a given path does not exist.
    """
    suffixes = {suffix.casefold() for suffix in settings.suffixes}
    found: list[Path] = []
    for path in paths:
        if is_folder(path):
            found += [file for file in files_under(path) if file.suffix.casefold() in suffixes or is_folder(file)]
        elif os.path.lexists(path):
            found.append(named_path(path))
        else:
            raise intake_error("no_such_path", f"there is no file or folder {str(path)!r}")
    once: dict[Path, Path] = {}
    for file in sorted(found, key=lambda file: (is_link(file), file)):
        once.setdefault(resolved(file), file)
    return sorted(storable_path(file) for file in once.values())


def files_under(root: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, without hidden ones and without links that lead out of it.

    Links to folders are not followed: where they lead inside the folder, their files are found anyway. A folder that
    may not be searched is yielded itself.
    """
    root = root.resolve()
    barred: list[Path] = []
    for folder, subfolders, names in os.walk(root, onerror=lambda error: barred.append(Path(error.filename))):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and (not is_link(file) or resolved(file).is_relative_to(root)):
                yield file
    yield from barred
