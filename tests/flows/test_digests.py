"""The scheduled flow: what is due goes out, and what could not be delivered is a failed run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store.database import open_store
from tests.digests.made import fill

RUN = """
import sys
from pathlib import Path
from flows.prefect_home import prefect_server
from flows.runtime import Runtime, using
from pipeline.load_settings import load_settings

settings = load_settings()
with using(Runtime(settings=settings, report=print)):
    with prefect_server(settings.workspace, models_dir=Path(sys.argv[1])) as wait_for_server:
        from flows.digest_flow import send_due_digests
        wait_for_server()
        state = send_due_digests.with_options(retry_delay_seconds=1)(return_state=True)
        print(f"{state.name}: {state.message}")
"""


@pytest.mark.slow
def test_flow_delivers_what_is_due_and_fails_where_it_cannot(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    fill(store)
    store.close()
    out = tmp_path / "out"

    def run() -> str:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
        own |= {"EARMARK_WORKSPACE": str(tmp_path), "EARMARK_REPORTS__OUT_DIR": str(out)}
        command = [sys.executable, "-c", RUN, str(tmp_path / "models")]
        ran = subprocess.run(command, env=own, capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    out.write_text("in the way")
    told = run()
    assert "Failed: " in told
    assert "to be tried again by the next run: * 20" in told
    assert told.count("digest_failed") == 9  # each of three, three times
    out.unlink()
    assert "Completed: 3 digests" in run()
    assert {path.name for path in out.rglob("*.html")} == {"all-calls.html", "team-north.html", "team-south.html"}
