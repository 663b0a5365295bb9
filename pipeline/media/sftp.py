"""SFTP servers by fsspec and paramiko, with the server's key checked: fsspec's own default trusts any."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Any
from urllib.parse import unquote

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from pipeline.config import IntakeSettings
from pipeline.media.servers import CONNECT_S, READ_S

_PORT = 22


class CheckedSftp(SFTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    """An SFTP server whose key stands in the file of known hosts."""

    cachable = False

    def __init__(self, host: str, settings: IntakeSettings) -> None:
        """Connect.

        Args:
            host: ``user@server:port``; user and port may be left out.
            settings: Key file, password and known hosts.
        """
        self._settings = settings
        super().__init__(host)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def _connect(self) -> None:
        user, _, server = self.host.rpartition("@")
        name, _, port = server.partition(":")
        settings, client = self._settings, paramiko.SSHClient()
        known = settings.sftp_known_hosts
        client.load_system_host_keys(str(known) if known else None)
        client.set_missing_host_key_policy(_Refuse())
        password = settings.sftp_password.get_secret_value() if settings.sftp_password else None
        client.connect(
            name,
            port=int(port or _PORT),
            username=unquote(user) or None,
            key_filename=str(settings.sftp_key_file) if settings.sftp_key_file else None,
            password=password,
            timeout=CONNECT_S,
            banner_timeout=CONNECT_S,
            auth_timeout=CONNECT_S,
        )
        self.client, self.ftp = client, client.open_sftp()
        channel = self.ftp.get_channel()
        if channel is not None:
            channel.settimeout(READ_S)

    def find(self, path: str, maxdepth: int | None = None, withdirs: bool = False, **_: Any) -> dict[str, Any]:
        """Return the regular files below a folder; links to files only where they lead to one inside it."""
        root = self.ftp.normalize(path)
        return {name: {**told, "name": name, "type": "file"} for name, told in self._walk(path.rstrip("/"), root)}

    def _walk(self, folder: str, root: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for entry in self.ftp.listdir_attr(folder or "/"):
            name, mode = f"{folder}/{entry.filename}", entry.st_mode or 0
            if entry.filename.startswith("."):
                continue
            if S_ISDIR(mode):
                yield from self._walk(name, root)
            elif S_ISREG(mode):
                yield name, self._decode_stat(entry)
            elif S_ISLNK(mode) and self._is_inside(name, root):
                yield name, self._decode_stat(self.ftp.stat(name))

    def leads_outside(self, path: str, folder: str) -> bool:
        """Tell whether a path is a link, or lies behind one, that leads out of a folder."""
        root = self.ftp.normalize(folder)
        try:
            return bool(posixpath.commonpath([root, self.ftp.normalize(path)]) != root)
        except FileNotFoundError:
            return False
        except (TimeoutError, ConnectionError):
            raise
        except OSError:  # links in a circle
            return True

    def _is_inside(self, link: str, root: str) -> bool:
        try:
            target = self.ftp.normalize(link)
            return posixpath.commonpath([root, target]) == root and S_ISREG(self.ftp.stat(link).st_mode or 0)
        except OSError:  # it leads nowhere, or in a circle
            return False


class UnknownHostKeyError(paramiko.SSHException):  # type: ignore[misc]
    """The server's key is in no file of known hosts."""


class _Refuse(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise UnknownHostKeyError(hostname)
