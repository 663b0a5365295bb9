"""The schedule: score new recordings again and again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from flows.prefect_home import prefect_server
from pipeline.config import CONFIG_VARIABLE, Settings


def serve_schedule(settings: Settings, config: Path | None, paths: Sequence[Path], *, every_minutes: int) -> None:
    """Serve the main job on an interval until stopped, one run at a time.

    Prefect runs each in a process of its own, which reads its settings from the environment and the settings file.
    With ``PREFECT_API_URL`` set, the deployment stands on that server; else on one that ends with this process.
    """
    os.environ["EARMARK_WORKSPACE"] = str(settings.workspace.resolve())
    if config:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    settings.workspace.mkdir(parents=True, exist_ok=True)
    with prefect_server(settings.workspace):
        from flows.main_job import score_recordings  # noqa: PLC0415 (Prefect reads its environment when imported)

        score_recordings.serve(
            name="earmark",
            parameters={"paths": [str(path.resolve()) for path in paths]},
            interval=timedelta(minutes=every_minutes),
            limit=1,
            print_starting_message=False,
        )
