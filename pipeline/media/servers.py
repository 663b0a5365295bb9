"""The servers and object stores that addresses lead to, by fsspec; connected once and kept.

Who may come in is told by the environment, under the names that the providers' own tools read (``AWS_...``,
``AZURE_STORAGE_...``, ``GOOGLE_APPLICATION_CREDENTIALS``); their libraries look there themselves.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import EarmarkError, MediaAwayError, SourceError
from pipeline.media.place import WEB, RemotePath

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_NOT_THERE = (404, 410)
CONNECT_S, READ_S = 10, 20
"""How long a server may take to answer, and to send the next bytes."""

S3_ATTEMPTS = 3

LEFT_ALONE_S = 60.0
"""A server that did not answer in time is not asked again for so long: a thousand files would wait one by one."""

steady_s = time.monotonic
EXTRAS = {"s3": "s3", "az": "azure", "gs": "gcs", "sftp": "sftp", "http": "http", "https": "http"}
"""Which of Earmark's extras brings the library for a scheme."""

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role",
    "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_CONNECTION_STRING",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "sftp": "EARMARK_INTAKE__SFTP_KEY_FILE or EARMARK_INTAKE__SFTP_PASSWORD, and the user in the address",
}
_SILENT = "{place.scheme}://{place.host} does not answer in time; it is tried again on the next run"
_TIMEOUT = re.compile("Time(d)?_?[Oo]ut")
_DEEPEST_CAUSE = 8
_connected: dict[tuple[str, ...], Any] = {}
_silent: dict[tuple[str, ...], float] = {}
_lock = threading.RLock()  # one that fails to connect is forgotten at once


def server_of(place: RemotePath) -> AbstractFileSystem:
    """Return the file system that a place lies in, connected.

    Raises:
        SourceError: The library for it is not installed.
        MediaAwayError: It does not answer, did not a moment ago, or lets nobody in.
    """
    key = _key(place)
    with _lock:
        if steady_s() - _silent.get(_host(place), -LEFT_ALONE_S) < LEFT_ALONE_S:
            raise MediaAwayError(_SILENT.format(place=place))
        if key not in _connected:
            with telling(place):
                _connected[key] = _connect(place)
        return _connected[key]


def forget(place: RemotePath | None = None) -> None:
    """Connect anew when next asked: to a place's server, which broke off, or to all."""
    with _lock:
        if place is None:
            _connected.clear()
            _silent.clear()
        else:
            _connected.pop(_key(place), None)


def path_of(place: RemotePath) -> str:
    """Return what fsspec calls a place."""
    if place.scheme in WEB:
        return f"{place.scheme}://{place.host}/{place.key}"
    if place.scheme == "sftp":
        return f"/{place.key}"
    bucket = place.host.partition("@")[0]
    return f"/{bucket}/{place.key}" if place.scheme == "memory" else f"{bucket}/{place.key}".rstrip("/")


@contextmanager
def telling(place: RemotePath) -> Iterator[None]:
    """Turn what the providers' libraries raise into few errors; their messages may hold keys and signatures.

    Raises:
        FileNotFoundError: There is no such file or folder.
        MediaAwayError: It cannot be reached now.
    """
    try:
        yield
    except EarmarkError:
        raise
    except FileNotFoundError as error:
        cause = error.__cause__  # a web server's every failure is told as this, with what it truly was behind it
        if place.scheme in WEB and isinstance(cause, Exception) and getattr(cause, "status", None) not in _NOT_THERE:
            raise _away(place, cause) from None
        raise
    except ImportError:
        raise SourceError(_missing(place.scheme)) from None
    except Exception as error:  # noqa: BLE001 - each provider has errors of its own, which share no base
        if place.scheme == "sftp":
            forget(place)
        raise _away(place, error) from None


def _away(place: RemotePath, error: Exception) -> MediaAwayError:
    if not _is_timeout(error):
        return MediaAwayError(_reason(place, error))
    with _lock:
        _silent[_host(place)] = steady_s()
    return MediaAwayError(_SILENT.format(place=place))


def _is_timeout(error: BaseException | None) -> bool:
    """Tell whether time ran out; each provider has errors of its own for that, and some wrap those of others."""
    for _ in range(_DEEPEST_CAUSE):
        if error is None:
            return False
        if any(_TIMEOUT.search(kind.__name__) for kind in type(error).__mro__):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reason(place: RemotePath, error: Exception) -> str:
    kind = type(error).__name__
    where = f"{place.scheme}://{place.host}"
    refused = kind in ("PermissionError", "NoCredentialsError", "AuthenticationException", "PasswordRequiredException")
    if refused or getattr(error, "status", None) in (401, 403):
        by = _CREDENTIALS.get(place.scheme)
        return f"{where} lets nobody in with these credentials" + (f": they come from {by}" if by else "")
    if kind in ("BadHostKeyException", "UnknownHostKeyError"):
        return f"{where}: the server's key is not in the file of known hosts; ask who runs it, then add it there"
    if kind == "TooMuchError":
        return f"{where} sends more than it is asked for, as no server of recordings does"
    return f"{where} does not answer as it should ({kind}); it is tried again on the next run"


def _host(place: RemotePath) -> tuple[str, ...]:
    return (*_key(place), place.host if place.scheme in WEB else "")


def _key(place: RemotePath) -> tuple[str, ...]:
    account = place.host.partition("@")[2] if place.scheme == "az" else place.host if place.scheme == "sftp" else ""
    return place.scheme, account


def _missing(scheme: str) -> str:
    extra = EXTRAS[scheme]
    return f"{scheme}:// needs a library that is not installed: pip install 'earmark[{extra}]'"


def _connect(place: RemotePath) -> AbstractFileSystem:
    import fsspec  # noqa: PLC0415 - only who has addresses needs it

    if place.scheme == "sftp":
        from pipeline.media.sftp import CheckedSftp  # noqa: PLC0415

        return CheckedSftp(place.host, place.settings)
    options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if place.scheme == "s3":
        retries = {"total_max_attempts": S3_ATTEMPTS, "mode": "standard"}
        options["config_kwargs"] = {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "retries": retries}
    elif place.scheme == "az" and "@" in place.host:
        options["account_name"] = place.host.partition("@")[2].partition(".")[0]
    elif place.scheme in WEB:
        from pipeline.media.web import web_options  # noqa: PLC0415

        options |= web_options(connect_s=CONNECT_S, read_s=READ_S)
    elif place.scheme == "memory":
        options = {}
    made: AbstractFileSystem = fsspec.filesystem("abfs" if place.scheme == "az" else place.scheme, **options)
    if place.scheme == "s3":
        made.retries = 1  # s3fs would try each of the attempts several times over
    return made
