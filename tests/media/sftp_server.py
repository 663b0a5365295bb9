"""An SFTP server over a folder, on this machine, with a key of its own."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.media import servers

USER, PASSWORD = "recorder", "correct horse"


@dataclass(kw_only=True)
class SftpFolder:
    """A server that shows a folder.

    Attributes:
        address: ``sftp://recorder@127.0.0.1:port``.
        known_hosts: A file with the server's key.
        connections: Those that were opened; to be broken off.
    """

    address: str
    known_hosts: Path
    connections: list[Any] = field(default_factory=list)


@contextmanager
def sftp_folder(folder: Path, beside: Path) -> Iterator[SftpFolder]:
    """Start a server; its known-hosts file is written to the folder ``beside``."""
    paramiko = pytest.importorskip("paramiko", reason="paramiko is not installed: pip install -e '.[dev]'")

    def shown(path: str) -> Path:
        return folder / path.lstrip("/")

    class Login(paramiko.ServerInterface):  # type: ignore[misc, name-defined]
        def check_auth_password(self, username: str, password: str) -> int:
            right = (username, password) == (USER, PASSWORD)
            return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

        def get_allowed_auths(self, username: str) -> str:
            return "password"

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return int(paramiko.OPEN_SUCCEEDED)

    class Files(paramiko.SFTPServerInterface):  # type: ignore[misc, name-defined]
        def _told(self, ask: Any, path: str) -> Any:
            try:
                return ask(shown(path))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        def list_folder(self, path: str) -> Any:
            def entries(place: Path) -> list[Any]:
                return [paramiko.SFTPAttributes.from_stat(file.lstat(), file.name) for file in sorted(place.iterdir())]

            return self._told(entries, path)

        def stat(self, path: str) -> Any:
            return self._told(lambda place: paramiko.SFTPAttributes.from_stat(place.stat()), path)

        def lstat(self, path: str) -> Any:
            return self._told(lambda place: paramiko.SFTPAttributes.from_stat(place.lstat()), path)

        def canonicalize(self, path: str) -> str:
            return "/" + os.path.relpath(shown(path).resolve(), folder.resolve()).removeprefix(".")

        def open(self, path: str, flags: int, attr: Any) -> Any:
            def handle(place: Path) -> Any:
                made = paramiko.SFTPHandle(flags)
                made.readfile = place.open("rb")
                return made

            return self._told(handle, path)

    key = paramiko.RSAKey.generate(2048)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    known = beside / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n")
    started = SftpFolder(address=f"sftp://{USER}@127.0.0.1:{port}", known_hosts=known)

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            started.connections.append(transport)
            with suppress(Exception):  # a client that goes away at once
                transport.start_server(server=Login())

    thread = threading.Thread(target=listen, name="sftp folder")
    thread.start()
    servers.forget()
    try:
        yield started
    finally:
        servers.forget()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in started.connections:
            transport.close()
        thread.join()
