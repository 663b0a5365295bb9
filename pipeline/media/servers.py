"""The servers and object stores that addresses lead to, by fsspec; connected once and kept.

Who may come in is told by the environment, under the names that the providers' own tools read (``AWS_...``,
``AZURE_STORAGE_...``, ``GOOGLE_APPLICATION_CREDENTIALS``); their libraries look there themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import EarmarkError, MediaAwayError, SourceError
from pipeline.media.place import WEB, RemotePath

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_NOT_THERE = (404, 410)
CONNECT_S, READ_S = 10, 60
"""How long a server may take to answer, and to send the next bytes."""
EXTRAS = {"s3": "s3", "az": "azure", "gs": "gcs", "sftp": "sftp", "http": "http", "https": "http"}
"""Which of Earmark's extras brings the library for a scheme."""

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role",
    "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_CONNECTION_STRING",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "sftp": "EARMARK_INTAKE__SFTP_KEY_FILE or EARMARK_INTAKE__SFTP_PASSWORD, and the user in the address",
}
_connected: dict[tuple[str, ...], Any] = {}
_lock = threading.RLock()  # one that fails to connect is forgotten at once


def server_of(place: RemotePath) -> AbstractFileSystem:
    """Return the file system that a place lies in, connected.

    Raises:
        SourceError: The library for it is not installed.
        MediaAwayError: It does not answer, or lets nobody in.
    """
    key = _key(place)
    with _lock:
        if key not in _connected:
            with telling(place):
                _connected[key] = _connect(place)
        return _connected[key]


def forget(place: RemotePath | None = None) -> None:
    """Connect anew when next asked: to a place's server, which broke off, or to all."""
    with _lock:
        if place is None:
            _connected.clear()
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
            raise MediaAwayError(_reason(place, cause)) from None
        raise
    except ImportError:
        raise SourceError(_missing(place.scheme)) from None
    except Exception as error:  # noqa: BLE001 - each provider has errors of its own, which share no base
        if place.scheme == "sftp":
            forget(place)
        raise MediaAwayError(_reason(place, error)) from None


def _reason(place: RemotePath, error: Exception) -> str:
    kind = type(error).__name__
    where = f"{place.scheme}://{place.host}"
    refused = kind in ("PermissionError", "NoCredentialsError", "AuthenticationException", "PasswordRequiredException")
    if refused or getattr(error, "status", None) in (401, 403):
        by = _CREDENTIALS.get(place.scheme)
        return f"{where} lets nobody in with these credentials" + (f": they come from {by}" if by else "")
    if kind in ("BadHostKeyException", "UnknownHostKeyError"):
        return f"{where}: the server's key is not in the file of known hosts; ask who runs it, then add it there"
    return f"{where} does not answer as it should ({kind}); it is tried again on the next run"


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
        options["config_kwargs"] = {"connect_timeout": CONNECT_S, "read_timeout": READ_S}
    elif place.scheme == "az" and "@" in place.host:
        options["account_name"] = place.host.partition("@")[2].partition(".")[0]
    elif place.scheme in WEB:
        options |= _for_web()
    elif place.scheme == "memory":
        options = {}
    made: AbstractFileSystem = fsspec.filesystem("abfs" if place.scheme == "az" else place.scheme, **options)
    return made


def _for_web() -> dict[str, Any]:
    """A web server may send on to any other, one inside the house included: no address is left that way."""
    import aiohttp  # noqa: PLC0415

    async def refuse(*_: Any) -> None:
        raise OSError("the server sends on to another address")

    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(refuse)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=READ_S)
    return {"encoded": True, "client_kwargs": {"trace_configs": [tracing], "timeout": timeout}}
