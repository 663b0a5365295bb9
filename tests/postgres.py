"""A PostgreSQL server for tests: started from the machine's own binaries, reachable by a socket only, gone afterwards.

A folder of tests imports the fixtures into its own conftest: ``from tests.postgres import postgres_server, store_url``.
Where there are no binaries the tests that need them are skipped; with REQUIRE_POSTGRES=1 they fail instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

PASSWORD = "qx7-Harbour/9"  # with a character that a URL has to encode
_STARTS_WITHIN_S = 30
_STOPS_WITHIN_S = 30


@dataclass
class PostgresServer:
    """A running server."""

    folder: Path
    binaries: Path
    process: subprocess.Popen[bytes]
    options: Sequence[str] = ()
    numbers: Any = field(default_factory=lambda: count(1))

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """Return the URL of a database of this server, as a user would write it."""
        encoded = password.replace("/", "%2F")
        return f"postgresql://earmark:{encoded}@/{database}?host={self.folder}"

    def new_url(self) -> str:
        """Return the URL of a new empty schema, which takes a hundredth of the time that a new database does."""
        name = f"test_{next(self.numbers)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{self.url('postgres')}&options=-csearch_path%3D{name}"

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection outside the store."""
        return psycopg.connect(
            host=str(self.folder), user="earmark", password=PASSWORD, dbname="postgres", autocommit=True
        )

    def restart(self) -> None:
        """Stop the server as an operator does, and start it again with what is in it."""
        self.end()
        self.start_again()

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_again(self) -> None:
        """Start the server after `end`."""
        self.process = _run_in(self.folder, self.binaries, self.options)
        _wait_until(lambda: _answers(self))

    def end(self) -> None:
        """Stop the server and leave its files."""
        self.process.send_signal(signal.SIGINT)  # "fast": ends open sessions
        try:
            self.process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_RUNNING = pytest.StashKey[PostgresServer]()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> PostgresServer:
    """The server of this test session, the same for every folder of tests."""
    if _RUNNING not in pytestconfig.stash:
        server = pytestconfig.stash[_RUNNING] = start_server()
        pytestconfig.add_cleanup(server.stop)
    return pytestconfig.stash[_RUNNING]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; a test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'earmark.db'}"
    url: str = request.getfixturevalue("postgres_server").new_url()
    return url


@contextmanager
def running_server(*options: str) -> Iterator[PostgresServer]:
    """A server of their own for programs that are no tests, with options such as ``shared_buffers=2GB``."""
    server = start_server(*options)
    try:
        yield server
    finally:
        server.stop()


def program(name: str) -> str:
    """Return where one of PostgreSQL's programs is, such as pg_dump."""
    return str((_binaries() or Path()) / name)


def start_server(*options: str) -> PostgresServer:
    """Start a server of one's own, with more options than usual where some are given; whoever asks for it stops it."""
    binaries = _binaries()
    if binaries is None:
        reason = "no PostgreSQL on this machine: neither initdb on PATH nor /usr/lib/postgresql/*/bin"
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="earmark-pg-"))  # short: a socket's path may have 107 characters
    try:
        return _start_in(folder, binaries, options)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _start_in(folder: Path, binaries: Path, more: Sequence[str]) -> PostgresServer:
    account = _account(folder)
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    password_file.chmod(0o644)
    initdb = [str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username=earmark", "--encoding=UTF8"]
    initdb += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync", "--locale=C"]
    # A server that sorts as people do shows a query that relies on the order of bytes; not every build has ICU.
    for language in (["--locale-provider=icu", "--icu-locale=en-US"], []):
        made = subprocess.run([*initdb, *language], cwd=folder, capture_output=True, check=False, **account)
        if made.returncode == 0:
            break
    else:
        pytest.fail(f"initdb failed: {made.stderr.decode()}")
    server = PostgresServer(folder, binaries, _run_in(folder, binaries, more), more)
    try:
        _wait_until(lambda: _answers(server))
    except BaseException:
        server.stop()
        raise
    return server


def _run_in(folder: Path, binaries: Path, more: Sequence[str]) -> subprocess.Popen[bytes]:
    options = ["listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "timezone=Asia/Tokyo"]
    options += ["max_locks_per_transaction=1024"]  # a test session makes some hundred schemas of sixty tables each
    options += more
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), *(part for o in options for part in ("-c", o))]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **_account(folder))


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: int(folder.parent.name.split(".")[0]), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _account(folder: Path) -> dict[str, Any]:
    """Return how to start the server: PostgreSQL refuses to run as root, so root starts it as somebody else."""
    if os.geteuid() != 0:
        return {}
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = accounts.get("postgres") or accounts["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _answers(server: PostgresServer) -> bool:
    if server.process.poll() is not None:
        pytest.fail(f"PostgreSQL did not start: {(server.folder / 'log').read_text()}")
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _wait_until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + _STARTS_WITHIN_S
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"PostgreSQL did not answer within {_STARTS_WITHIN_S} s")
        time.sleep(0.05)
