"""A recording's place: a local path, or an address of an object store or a server.

``media_uri`` is a place as text: a local path stays the absolute path that it always was, an address is a URL. Keys of
object stores stand in it as they are (``s3://bucket/a b#1.wav``), as the providers' own tools write them; addresses of
web servers are percent-encoded, as browsers write them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from pipeline.config import IntakeSettings
from pipeline.errors import SourceError, did_you_mean

SCHEMES = {
    "s3": "s3",
    "s3a": "s3",
    "az": "az",
    "abfs": "az",
    "abfss": "az",
    "gs": "gs",
    "gcs": "gs",
    "sftp": "sftp",
    "http": "http",
    "https": "https",
    "memory": "memory",
}
"""Schemes as they may be typed, and the one name under which each is kept; ``memory`` is for tests."""

WEB = ("http", "https")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)/?(.*)", re.DOTALL)
_NOWHERE = (".", "..")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemotePath:
    """A file or folder behind an address, with as much of `pathlib.Path` as intake asks for.

    Attributes:
        scheme: One of the values of ``SCHEMES``.
        host: Bucket, container, or server with user and port.
        key: The rest, without a slash before it; without one behind it either, unless it is a web server's folder.
        settings: What it takes to get there; never part of what is stored or shown.
    """

    scheme: str
    host: str
    key: str
    settings: IntakeSettings = field(default_factory=IntakeSettings, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}/{self.key}" if self.key else f"{self.scheme}://{self.host}"

    def __lt__(self, other: RemotePath) -> bool:
        return str(self) < str(other)

    def __truediv__(self, name: str) -> RemotePath:
        within = self.key.rstrip("/")
        return replace(self, key=f"{within}/{self._written(name)}" if within else self._written(name))

    @property
    def name(self) -> str:
        """The last part."""
        last = self.key.rstrip("/").rpartition("/")[2]
        return unquote(last) if self.scheme in WEB else last

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The name's ending, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> RemotePath:
        """The folder that it lies in; that of a bucket is the bucket."""
        return replace(self, key=self.key.rstrip("/").rpartition("/")[0])

    @property
    def parents(self) -> Sequence[RemotePath]:
        """The folders that it lies in, the nearest first."""
        found, folder = [], self
        while folder.key.strip("/"):
            folder = folder.parent
            found.append(folder)
        return found

    def with_name(self, name: str) -> RemotePath:
        """Return what lies beside it under another name."""
        return self.parent / name

    def with_suffix(self, suffix: str) -> RemotePath:
        """Return what lies beside it under the same name with another ending."""
        return self.with_name(self.stem + suffix)

    def is_relative_to(self, folder: RemotePath) -> bool:
        """Tell whether it lies in a folder, or is that folder."""
        if (self.scheme, self.host) != (folder.scheme, folder.host):
            return False
        within = folder.key.rstrip("/")
        return not within or self.key.rstrip("/") == within or self.key.startswith(f"{within}/")

    def relative_to(self, folder: RemotePath) -> PurePosixPath:
        """Return its path from a folder that it lies in."""
        rest = self.key[len(folder.key.rstrip("/")) :].strip("/")
        return PurePosixPath(unquote(rest) if self.scheme in WEB else rest)

    def leads_out(self) -> bool:
        """Tell whether a part of it is no name but a way out of its folder, also where a web server would decode it."""
        decode = unquote if self.scheme in WEB else str
        parts = [decode(part) for part in self.key.split("/")]
        web_marks = self.scheme in WEB and any(mark in self.key for mark in "?#\\")
        return web_marks or any(part in _NOWHERE or "/" in part or "\\..\\" in part or "\0" in part for part in parts)

    def _written(self, name: str) -> str:
        return quote(name) if self.scheme in WEB else name


Place = Path | RemotePath


def is_address(text: str) -> bool:
    """Tell whether a text is an address and no local path."""
    return _URL.match(text) is not None


def place_of(text: str | Path | RemotePath, settings: IntakeSettings | None = None) -> Place:
    """Return the place that a path, an address or a stored ``media_uri`` names.

    Args:
        text: What was typed or stored.
        settings: How to get to servers that ask who is there; None: with nothing but the environment.

    Raises:
        SourceError: An address of an unknown kind, with a password in it, or with parts that lead out of it. What was
            typed is not repeated where it may hold a secret.
    """
    if not isinstance(text, str):
        return text
    match = _URL.match(text)
    if match is None:
        return Path(text)
    typed, host, key = match[1].casefold(), match[2], match[3]
    if typed == "file":
        return Path(unquote(urlsplit(text).path))
    if typed not in SCHEMES:
        there_are = ", ".join(f"{scheme}://" for scheme in SCHEMES if scheme != "memory")
        raise SourceError(f"{typed}:// is no kind of address{did_you_mean(typed, SCHEMES)}; there are: {there_are}")
    scheme = SCHEMES[typed]
    _refuse_secrets(scheme, host, key)
    if not host:
        raise SourceError(f"{typed}://: the address names no {'server' if scheme in (*WEB, 'sftp') else 'bucket'}")
    is_folder_of_web = scheme in WEB and (key.endswith("/") or not key)
    place = RemotePath(
        scheme=scheme,
        host=host.casefold() if scheme in WEB else host,
        key=key if is_folder_of_web else key.rstrip("/"),
        settings=settings or IntakeSettings(),
    )
    if place.leads_out():
        raise SourceError(f"{typed}://: the address has a part such as `..` that leads out of it; write it without")
    return place


def path_below(place: Place, folder: Place) -> str | None:
    """Return the path of a place from a folder, with forward slashes; None where it does not lie in it."""
    if isinstance(place, RemotePath) and isinstance(folder, RemotePath):
        return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else None
    if isinstance(place, Path) and isinstance(folder, Path):
        return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else None
    return None


def root_text(place: Place) -> str:
    """Return a place as a text that means the same in every process: a local path absolute and without links."""
    return str(place if isinstance(place, RemotePath) else place.resolve())


def _refuse_secrets(scheme: str, host: str, key: str) -> None:
    """Refuse what would be stored, logged and shown; the message does not repeat it."""
    user = host.rpartition("@")[0]
    allowed = {"sftp", "az"}  # the account's name: az://container@account.dfs.core.windows.net
    if ":" in user or (user and scheme not in allowed):
        raise SourceError(
            f"{scheme}://: addresses are stored and shown, so none may hold a password; "
            "keep it in the environment (see docs/sources.md)"
        )
    if scheme in WEB and ("?" in host + key or "#" in host + key):
        raise SourceError(
            f"{scheme}://: an address with `?` or `#` may hold a signature, and addresses are stored and shown; "
            "give one without"
        )
