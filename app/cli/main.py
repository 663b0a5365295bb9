"""The `earmark` command: one noun per file, errors in one place.

Exit codes: 0 done, 1 a check failed or something could not be done, 2 wrong usage, 130 stopped by the user.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from typing import Annotated

import typer

from app.cli import calls, doctor, flags, flows, rubrics, rules, run, score, scorecards, transcribe
from app.cli.show import err
from pipeline.errors import AuthoredFileError, ConfigError, EarmarkError, UnknownNameError

app = typer.Typer(
    name="earmark",
    help="Listens to recorded calls, grades them against your rubrics, and shows the evidence for every point.",
    epilog="Start with: earmark run FOLDER-WITH-RECORDINGS",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("run")(run.run)
app.command("transcribe")(transcribe.transcribe)
app.command("score")(score.score)
app.command("doctor")(doctor.doctor)
app.add_typer(calls.app, name="calls")
app.add_typer(flags.app, name="flags")
app.add_typer(rubrics.app, name="rubrics")
app.add_typer(rules.app, name="rules")
app.add_typer(scorecards.app, name="scorecards")
app.add_typer(flows.app, name="flows")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"earmark {importlib.metadata.version('earmark')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; turn every expected failure into a message and an exit code."""
    try:
        app()
    except AuthoredFileError as error:
        for line in error.lines():
            err.print(line, markup=False, soft_wrap=True)
        sys.exit(1)
    except (ConfigError, UnknownNameError) as error:
        err.print(f"earmark: {error}", markup=False, soft_wrap=True)
        sys.exit(2)
    except EarmarkError as error:
        err.print(f"earmark: {error}", markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("earmark: stopped; what was finished is stored, and the same command goes on from there")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; that is no fault of ours
        sys.exit(0)


if __name__ == "__main__":
    main()
