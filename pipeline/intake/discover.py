"""Find recordings under the given paths and addresses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import IntakeSettings
from pipeline.intake.defects import intake_error
from pipeline.media import local
from pipeline.media.facts import kind_of
from pipeline.media.listing import files_under
from pipeline.media.local import named_path, resolved, storable_path
from pipeline.media.place import Place, RemotePath


def find_recordings(places: Sequence[Place], settings: IntakeSettings) -> list[Place]:
    """Return the recordings under the given files and folders: absolute, sorted, each once.

    A file that is given is taken whatever its suffix, and keeps the name it was given by, since a name may carry
    metadata. Folders are searched for ``settings.suffixes``. A folder inside that may not be searched is returned as if
    it were a recording, so that it shows up as a defect and not as calls that are silently absent. A name that is not
    valid UTF-8 is returned as `storable_path` writes it, because text is all that a database or a flow can pass on.

    Raises:
        IntakeError: ``no_such_path``, where a given path does not exist.
        MediaAwayError: A server or object store does not answer.
    """
    suffixes = {suffix.casefold() for suffix in settings.suffixes}
    found: list[Path] = []
    remote: set[RemotePath] = set()
    for place in places:
        if isinstance(place, RemotePath):
            remote.update(_remote_recordings(place, suffixes))
        elif local.is_folder(place):
            below = local.files_under_folder(place)
            found += [file for file in below if file.suffix.casefold() in suffixes or local.is_folder(file)]
        elif os.path.lexists(place):
            found.append(named_path(place))
        else:
            raise intake_error("no_such_path", f"there is no file or folder {str(place)!r}")
    once: dict[Path, Path] = {}
    for file in sorted(found, key=lambda file: (local.is_link(file), file)):
        once.setdefault(resolved(file), file)
    return [*sorted(storable_path(file) for file in once.values()), *sorted(remote)]


def _remote_recordings(root: RemotePath, suffixes: set[str]) -> list[RemotePath]:
    kind = kind_of(root)
    if kind is None:
        raise intake_error("no_such_path", f"there is no file or folder {str(root)!r}")
    if kind == "file":
        return [root]
    files = (file for file in files_under(root) if isinstance(file, RemotePath))
    return [file for file in files if file.suffix.casefold() in suffixes]
