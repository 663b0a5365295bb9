"""Phrases word for word, from several calls at once."""

from __future__ import annotations

import subprocess
import sys

COLD = """
import threading
from pipeline.compliance import exact

barrier, failed = threading.Barrier(4), []


def find():
    barrier.wait()
    try:
        assert len(list(exact.find_exact([["this", "call", "is", "recorded"]], ["call is recorded", "this call"]))) == 2
    except Exception as error:
        failed.append(error)


for _ in range(20):
    exact._made_vocab.cache_clear()
    exact._matcher.cache_clear()
    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(failed))
"""


def test_find_exact_may_be_called_first_by_several_calls_at_once() -> None:
    finished = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
    assert finished.stdout == "0\n"
