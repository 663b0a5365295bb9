"""Several threads may be the first to need a library: it is imported once, and all of them get it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline

ENTERED_AT_SEVERAL_PLACES = {"faster_whisper", "phonenumbers", "sklearn", "spacy", "transformers", "whisper"}
AT_ONCE = 3

LOAD_AT_ONCE = """
import threading
from pipeline.encoder import load_encoder

together, failed = threading.Barrier({count}), []

def load():
    together.wait()
    try:
        load_encoder()
    except BaseException as error:
        failed.append(repr(error))

threads = [threading.Thread(target=load) for _ in range({count})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
"""


@pytest.mark.slow
def test_threads_that_are_first_at_once_all_get_the_library() -> None:
    # A fresh process, where nothing is imported yet; without the lock two of three such runs fail.
    program = LOAD_AT_ONCE.format(count=AT_ONCE)
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr


def test_libraries_that_do_not_bear_it_are_imported_by_one_thread_at_a_time() -> None:
    folder = Path(pipeline.__file__).parent
    outside = []
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        held = {
            id(node)
            for block in ast.walk(tree)
            if isinstance(block, ast.With) and any(ast.unparse(item) == "importing" for item in block.items)
            for node in ast.walk(block)
        }
        for node in ast.walk(tree):
            if _packages(node) & ENTERED_AT_SEVERAL_PLACES and id(node) not in held:
                outside.append(f"{file.relative_to(folder)}:{getattr(node, 'lineno', 0)}")
    assert outside == []


def _packages(node: ast.AST) -> set[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [each.name for each in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "import_module":
        names = [each.value for each in node.args if isinstance(each, ast.Constant)]
    return {name.partition(".")[0] for name in names}
