"""What is known of a place without reading it: whether it is there, how large it is, and which version of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from pipeline.media import local
from pipeline.media.place import WEB, Place, RemotePath
from pipeline.media.servers import path_of, server_of, telling

_SECOND_NS = 1_000_000_000
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "Last-Modified", "created")
_TAGS = ("ETag", "etag", "generation", "Content-MD5")


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Size and version of a file.

    Attributes:
        size_bytes: Its size; 0 where there is no file.
        modified_ns: When it was last changed, in nanoseconds since 1970. Object stores tell whole seconds and a tag for
            each version: there the part below the second stands for the tag, so that no new version goes unseen. 0
            where nothing tells one version from another.
    """

    size_bytes: int = 0
    modified_ns: int = 0


def facts_of(place: Place) -> Facts:
    """Return size and version of a file; those of a file that is not there are zero.

    Raises:
        MediaAwayError: Its server cannot be asked.
    """
    if not isinstance(place, RemotePath):
        try:
            status = place.stat()
        except (OSError, RuntimeError):
            return Facts()
        return Facts(size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
    try:
        info = _info(place)
    except FileNotFoundError:
        return Facts()
    return Facts(size_bytes=int(info.get("size") or 0), modified_ns=version_ns(info))


def kind_of(place: RemotePath) -> Literal["file", "folder"] | None:
    """Tell what lies behind an address; None where nothing does.

    A web server has no folders: an address that ends in a slash is taken for the page that lists one.

    Raises:
        MediaAwayError: Its server cannot be asked.
    """
    try:
        info = _info(place)
    except FileNotFoundError:
        return None
    if place.scheme in WEB:
        return "folder" if place.key.endswith("/") or not place.key else "file"
    return "folder" if info["type"] == "directory" else "file"


def is_file(place: Place) -> bool:
    """Tell whether there is a regular file; `MediaAwayError` where a server cannot be asked."""
    return kind_of(place) == "file" if isinstance(place, RemotePath) else local.is_file(place)


def is_folder(place: Place) -> bool:
    """Tell whether there is a folder; `MediaAwayError` where a server cannot be asked."""
    return kind_of(place) == "folder" if isinstance(place, RemotePath) else local.is_folder(place)


def version_ns(info: Mapping[str, Any]) -> int:
    """Return what stands for a version of a file, from what a server tells of it; see `Facts`."""
    told = next((info[name] for name in _TIMES if info.get(name)), None)
    at_ns = round(_seconds(told) * 1_000_000) * 1000  # a float of seconds holds no more than microseconds
    tag = next((str(info[name]) for name in _TAGS if info.get(name)), None)
    if tag is None:
        return at_ns
    below = int.from_bytes(hashlib.sha256(tag.encode()).digest()[:8], "big") % _SECOND_NS
    return at_ns // _SECOND_NS * _SECOND_NS + max(below, 1)


def _info(place: RemotePath) -> Mapping[str, Any]:
    if place.leads_out():
        raise FileNotFoundError
    with telling(place):
        server = server_of(place)
        server.invalidate_cache()
        found: Mapping[str, Any] = server.info(path_of(place))
    return found


def _seconds(told: Any) -> float:
    if isinstance(told, datetime):
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    if isinstance(told, (int, float)):
        return float(told)
    if not told:
        return 0.0
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return _seconds(read(str(told)))
        except ValueError:
            continue
    return 0.0
