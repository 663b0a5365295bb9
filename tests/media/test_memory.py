"""A remote recording is streamed: what it takes in memory does not grow with its length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.intake.recordings import stereo, wav
from tests.media.servers import web_folder

MINUTES = 10
RATE_HZ = 16_000
MOST_BYTES = 16_000_000
"""A few blocks ahead and 20 s of sound. The recording's bytes alone are 38 MB, its samples as they are heard 77 MB."""

LISTEN = """
import sys, tracemalloc
from pipeline.config import IntakeSettings
from pipeline.intake.decode import call_audio
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.media.place import place_of
import fsspec.implementations.http

settings = IntakeSettings()
tracemalloc.start()
taken = take_in(place_of(sys.argv[1]), settings=settings, metadata=index_metadata([]))
samples = sum(block.shape[1] for block in call_audio(taken.recording, settings)())
print(samples, tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.slow
def test_ten_minutes_from_a_server_stay_bounded_in_memory(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    file = wav(tmp_path / "shown" / "long.wav", stereo(60 * MINUTES, rate_hz=RATE_HZ), rate_hz=RATE_HZ)
    assert file.stat().st_size > 2 * MOST_BYTES
    with web_folder(tmp_path / "shown") as web:
        done = subprocess.run(
            [sys.executable, "-c", LISTEN, f"{web.url}/long.wav"],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    samples, peak = (int(number) for number in done.stdout.split())
    assert samples == 60 * MINUTES * RATE_HZ
    assert peak < MOST_BYTES
