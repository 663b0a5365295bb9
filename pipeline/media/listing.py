"""What lies under a root: the files of a folder, a bucket's prefix, a server's folder or a web server's list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin

from pipeline.errors import MediaAwayError
from pipeline.media import servers
from pipeline.media.facts import Facts, version_ns
from pipeline.media.local import files_under_folder
from pipeline.media.place import WEB, Place, RemotePath
from pipeline.media.servers import path_of, server_of, telling

_MOST_PAGES = 10_000
"""Pages of one web server's list; one that links to ever deeper ones is no list of recordings."""
_MOST_LINKS = 1_000_000
"""Recordings of one web server's list, or an endless one would fill the memory."""
_LISTING_S = 600
"""Within so much time a web server's list is there."""


def files_under(root: Place) -> Iterator[Place]:
    """Yield the files in a folder and below it, without hidden ones and without what leads out of it.

    Folders of a local disk that may not be searched are yielded themselves. An object whose key has a part such as
    ``..`` is yielded, too, so that it shows up as a defect: it cannot be opened.

    Raises:
        MediaAwayError: The server cannot be asked.
    """
    for place, _ in files_with_facts(root):
        yield place


def files_with_facts(root: Place) -> Iterator[tuple[Place, Facts | None]]:
    """Yield what `files_under` does, each with its size and version where listing tells them without asking for it.

    Raises:
        MediaAwayError: The server cannot be asked.
    """
    if not isinstance(root, RemotePath):
        for path in files_under_folder(root):
            yield path, None
        return
    listed = dict.fromkeys(_web_keys(root)) if root.scheme in WEB else _keys(root)
    within = root.key.rstrip("/")
    for key, facts in listed.items():
        file = replace(root, key=key)
        below = key[len(within) :].lstrip("/")
        if file.is_relative_to(root) and below and not _is_hidden(file, below):
            yield file, facts


def _keys(root: RemotePath) -> dict[str, Facts | None]:
    with telling(root):
        server = server_of(root)
        server.invalidate_cache()
        listed: dict[str, dict[str, Any]] = server.find(path_of(root), detail=True)
    start = len(path_of(replace(root, key="")).rstrip("/")) + 1
    return {
        name[start:]: Facts(size_bytes=int(info.get("size") or 0), modified_ns=version_ns(info))
        for name, info in sorted(listed.items())
        if info["type"] == "file" and not name.endswith("/")
    }


def _web_keys(root: RemotePath) -> list[str]:
    """Follow the links of a list's pages, but none that leads out of the root, by whatever spelling."""
    found: set[str] = set()
    waiting, seen = [root], {root.key}
    began_s = servers.steady_s()
    while waiting and len(seen) <= _MOST_PAGES:
        page = waiting.pop()
        if servers.steady_s() - began_s > _LISTING_S or len(found) > _MOST_LINKS:
            raise MediaAwayError(
                f"{root.scheme}://{root.host} lists recordings without end; give the address of a smaller list"
            )
        for key in _links(page):
            place = replace(root, key=key)
            if key in seen or place.leads_out() or not place.is_relative_to(root):
                continue
            if not key.endswith("/"):
                found.add(key)
            elif not _is_hidden(place, key[len(root.key) :]):
                seen.add(key)
                waiting.append(place)
    return sorted(found)


def _links(page: RemotePath) -> Iterator[str]:
    """Yield the keys on the same server to which a page links."""
    address = path_of(page)
    with telling(page):
        text = server_of(page).cat_file(address)
    reader = _Links()
    reader.feed(text.decode("utf-8", "replace"))
    server = f"{page.scheme}://{page.host}/"
    for link in reader.found:
        with suppress(ValueError):  # no address at all
            target = urljoin(address, link)
            if target.startswith(server):
                yield target.removeprefix(server)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _is_hidden(file: RemotePath, below: str) -> bool:
    """Tell whether a name below the root begins with a dot; ``.`` and ``..`` are no names."""
    parts = PurePosixPath(unquote(below) if file.scheme in WEB else below).parts
    return any(part.startswith(".") and part.strip(".") for part in parts)
