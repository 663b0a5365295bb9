"""Do beforehand what a machine's first run would have to do: ``python -m flows.first_use``, part of ``make setup``.

Model files are put together and checked, the sentiment heads are trained, and Prefect's empty database is made; all of
it is kept in ``models_dir``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from flows.prefect_home import prefect_server
from pipeline.errors import EarmarkError
from pipeline.load_settings import load_settings
from pipeline.parts import assemble


def main() -> int:
    """Make what is missing; exit status 1 where something cannot be made: the first run will say so again."""
    try:
        settings = load_settings()
        with (
            tempfile.TemporaryDirectory() as folder,
            prefect_server(Path(folder), models_dir=settings.models_dir) as wait_for_server,
        ):
            for prepare in assemble(settings).preparations():
                prepare()
            wait_for_server()
    except EarmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
