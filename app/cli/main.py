"""The `earmark` command: one noun per file, errors in one place.

Exit codes: 0 done, 1 a check failed or something could not be done, 2 wrong usage, 130 stopped by the user.
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import os
import signal
import sys
import traceback
from errno import ENOSPC
from typing import Annotated

import typer

from app.cli.show import remark
from pipeline.config import DEBUG_VARIABLE
from pipeline.errors import AuthoredFileError, ConfigError, EarmarkError, UnknownNameError

STOPPED = 130

COMMANDS = ("run", "serve", "status", "transcribe", "score", "rescore", "doctor")
GROUPS = (
    "calls",
    "flags",
    "models",
    "rubrics",
    "rules",
    "vocabulary",
    "scorecards",
    "kpis",
    "reasons",
    "sentiment",
    "audit",
    "backup",
    "fairness",
    "flows",
    "reports",
    "reviews",
    "disputes",
    "calibration",
    "queue",
    "judge",
    "users",
    "coaching",
    "keys",
    "media",
    "holds",
    "retention",
    "subject",
)


def build(wanted: str | None = None) -> typer.Typer:
    """Return the command line, whole or with the one command that is wanted: each brings seconds of imports.

    Args:
        wanted: First word of the command line; None or an unknown one gives all.
    """
    app = typer.Typer(
        name="earmark",
        help="Listens to recorded calls, grades them against your rubrics, and shows the evidence for every point.",
        epilog="Start with: earmark run FOLDER-WITH-RECORDINGS",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_root)
    chosen = (wanted,) if wanted in (*COMMANDS, *GROUPS) else (*COMMANDS, *GROUPS)
    for name in chosen:
        module = importlib.import_module(f"app.cli.{name}")
        if name in COMMANDS:
            app.command(name)(getattr(module, name))
        else:
            app.add_typer(module.app, name=name)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        print(f"earmark {importlib.metadata.version('earmark')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; turn every failure into a message and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be stopped politely is to be stopped by Ctrl-C
    try:
        code = _invoke()
    except Exception as error:  # noqa: BLE001 (nothing may end in a traceback: it could show words of a call)
        code = tell(error)
    gc.freeze()  # else Python searches all that the libraries made for cycles once more, a second or two, to end
    sys.exit(code)


def _invoke() -> int | str | None:
    try:
        try:
            build(sys.argv[1] if len(sys.argv) > 1 else None)()
        finally:
            sys.stdout.flush()  # what cannot be written must fail here, not after the end
    except SystemExit as ended:  # typer and rich turn a reader that left, and Ctrl-C, into plain exits
        if isinstance(ended.__context__, BrokenPipeError):
            return _reader_left()
        return _stopped() if ended.code == STOPPED else ended.code
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        return _reader_left()
    return 0


def tell(error: Exception) -> int:
    """Print what went wrong and return the exit code."""
    if isinstance(error, AuthoredFileError):
        for line in error.lines():
            remark(line)
        return 1
    if isinstance(error, EarmarkError):
        remark(f"earmark: {error}")
        return 2 if isinstance(error, (ConfigError, UnknownNameError)) else 1
    if isinstance(error, OSError):
        _discard_output()
        remark(f"earmark: {_fault(error)}")
    else:
        remark(f"earmark: unexpected {type(error).__name__}: run again with {DEBUG_VARIABLE}=1 to see where")
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    return 1


def _stopped() -> int:
    remark("earmark: stopped; what was finished is stored, and nothing of the rest")
    return STOPPED


def _reader_left() -> int:
    """End quietly: to read only the beginning of an output is no fault."""
    _discard_output()
    return 0


def _discard_output() -> None:
    """Send what is still to be written to stdout nowhere: else Python fails on it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault(error: OSError) -> str:
    what = error.strerror or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    todo = "; free some, or choose another folder (earmark doctor shows the disks)" if error.errno == ENOSPC else ""
    return f"{where}{what}{todo}"


if __name__ == "__main__":
    main()
