"""Whether what is opened truly lies in the folder it was found in: a link may lead elsewhere, also one made since."""

from __future__ import annotations

from pathlib import Path

from pipeline.media.local import resolved
from pipeline.media.place import Place, RemotePath
from pipeline.media.servers import path_of, server_of, telling


class OutsideError(OSError):
    """A link leads out of the folder; the message is the rest of a sentence about the file."""

    def __init__(self) -> None:
        super().__init__("is a link that leads out of its folder")


def leads_outside(place: Place, folder: Place) -> bool:
    """Tell whether a place is a link, or lies behind one, that leads out of a folder.

    Where there is nothing, nothing leads out. Object stores and web servers show no links.

    Raises:
        MediaAwayError: Its server cannot be asked.
    """
    if isinstance(place, RemotePath):
        if place.scheme != "sftp" or not isinstance(folder, RemotePath):
            return False
        with telling(place):
            return bool(server_of(place).leads_outside(path_of(place), path_of(folder)))
    return isinstance(folder, Path) and not resolved(place).is_relative_to(resolved(folder))
