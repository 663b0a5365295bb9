"""Start `earmark run` and `earmark calls retry` in a process of their own, with exactly the server's settings."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from pydantic import BaseModel, SecretStr

from pipeline.config import CONFIG_VARIABLE, ENVIRONMENT_PREFIX, Settings
from pipeline.store.uploads import Upload

ANOTHER_RUN = "another run is at work"
_MARK = "earmark: "
_LONGEST_TOLD = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A process at work.

    Attributes:
        uploads: What it works on.
        began: When it was started.
    """

    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    uploads: tuple[Upload, ...]
    began: datetime

    def is_over(self) -> bool:
        """Tell whether the process has ended."""
        return self.process.poll() is not None

    def told(self) -> str | None:
        """Return what the process said when it could not go on; None where it went through. Until `close`."""
        code = self.process.wait()
        atexit.unregister(self.process.terminate)
        self.errors.seek(0)
        lines = self.errors.read().decode("utf-8", "replace").splitlines()
        if code == 0:
            return None
        said = [line.removeprefix(_MARK) for line in lines if line.startswith(_MARK)]
        return (said[-1] if said else f"the run ended unexpectedly (exit code {code})")[:_LONGEST_TOLD]

    def close(self) -> None:
        """Forget what it said."""
        self.errors.close()


def start(settings: Settings, uploads: Sequence[Upload], *, now: datetime) -> Run:
    """Start a run of some uploads: files that are new, or calls that are processed again, but not both."""
    known = [upload.call_id for upload in uploads if upload.call_id is not None]
    what = ["calls", "retry", "--here", *known] if known else ["run", *(upload.media_uri for upload in uploads)]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process is over
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", *what, "--json"],
        env=environment_of(settings, os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
    )
    atexit.register(process.terminate)  # a server that ends politely leaves no run behind
    return Run(process=process, errors=errors, uploads=tuple(uploads), began=now)


def environment_of(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables that make a command read these settings and no others: secrets never stand in its arguments."""
    kept = {name: value for name, value in environment.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    ours: dict[str, str] = {CONFIG_VARIABLE: os.devnull}  # an empty file: no other is looked for
    for name in type(settings).model_fields:
        value = _plain(getattr(settings, name))
        if value is not None:
            ours[f"{ENVIRONMENT_PREFIX}{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    return kept | ours


def _plain(value: Any) -> Any:
    """Return a setting as JSON data, secrets in the clear."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, os.PathLike) else value
