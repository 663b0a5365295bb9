"""The flow that gives new calls their contact reason each day."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store.contact_reasons import told_calls
from pipeline.store.database import open_store
from tests.contact_reasons.heard_calls import put_call

RUN = """
import sys
from pathlib import Path
from flows.prefect_home import prefect_server
from flows.runtime import Runtime, using
from pipeline.load_settings import load_settings

settings = load_settings()
with using(Runtime(settings=settings)):
    with prefect_server(settings.workspace, models_dir=Path(sys.argv[1])) as wait_for_server:
        from flows.reasons_flow import find_contact_reasons
        wait_for_server()
        state = find_contact_reasons(return_state=True)
        print(f"{state.name}: {state.message}")
"""


@pytest.mark.slow
def test_flow_gives_new_calls_their_reason(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    with store.begin() as connection:
        put_call(connection, "c-1", "I lost my card yesterday and I need a new one.")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    command = [sys.executable, "-c", RUN, str(tmp_path / "models")]
    environment = {**own, "EARMARK_WORKSPACE": str(tmp_path)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "for the first time: 1" in ran.stdout
    with store.read() as connection:
        assert told_calls(connection)["c-1"].reason_id == "lost-or-stolen-card"
    store.close()
