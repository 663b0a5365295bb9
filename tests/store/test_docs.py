"""`docs/store.md` says where everything is."""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

from pipeline.store.database import open_store
from pipeline.store.migrate import VERSION_TABLE
from pipeline.store.search_index import TURN_INDEX
from pipeline.store.tables import metadata

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "store.md").read_text()


def test_store_page_lists_every_table_and_no_other() -> None:
    section = PAGE.split("## What is kept where")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert listed == {*metadata.tables, TURN_INDEX, VERSION_TABLE}


def test_store_page_backs_up_a_database_in_use(tmp_path: Path) -> None:
    (command,) = re.findall(r"^python (-c .*)$", PAGE, re.MULTILINE)
    (tmp_path / "earmark-data").mkdir()
    store = open_store(f"sqlite:///{tmp_path / 'earmark-data' / 'earmark.db'}")
    with store.engine.connect():
        subprocess.run([sys.executable, *shlex.split(command)], cwd=tmp_path, check=True)
    store.close()
    copy = sqlite3.connect(tmp_path / "backup.db")
    assert copy.execute(f"SELECT count(*) FROM {VERSION_TABLE}").fetchone() == (1,)
    copy.close()
