"""The only place that calls Earmark: in a warm process by its functions, and cold by the command that users run.

Both give the JSON that ``earmark transcribe --json`` promises, so nothing else here knows more of Earmark than that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.asr.measures import Heard

Listener = Callable[[Path], list[Heard]]


def in_process(engine_name: str, *, model: str, device: str, threads: int) -> Listener:
    """Return what transcribes a file as ``earmark transcribe`` does, weights loaded once; card numbers stay."""
    from pipeline.intake.decode import call_audio  # noqa: PLC0415
    from pipeline.intake.metadata import index_metadata  # noqa: PLC0415
    from pipeline.intake.take_in import take_in  # noqa: PLC0415
    from pipeline.load_settings import load_settings  # noqa: PLC0415 - only the process of this system should pay for it
    from pipeline.transcribe.engine import create_engine  # noqa: PLC0415
    from pipeline.transcribe.files import transcript_to_json  # noqa: PLC0415
    from pipeline.transcribe.transcribe import transcribe_call  # noqa: PLC0415

    wanted = {"engine": engine_name, "model": model, "device": device, "threads": threads}
    settings = load_settings(flags={f"transcribe.{key}": value for key, value in wanted.items()})
    engine = create_engine(settings.transcribe, settings.models_dir)

    def listen(file: Path) -> list[Heard]:
        taken = take_in(file, settings=settings.intake, metadata=index_metadata([]), for_sound_only=True)
        if taken.recording is None:
            raise ValueError(f"{file.name}: " + "; ".join(defect.reason for defect in taken.defects))
        audio = call_audio(taken.recording, settings.intake)
        transcript = transcribe_call(taken.recording, audio, engine=engine, settings=settings.transcribe)
        return words_of(transcript_to_json(transcript))

    return listen


def by_command(engine_name: str, *, model: str, device: str, threads: int) -> Listener:
    """Return what transcribes a file by the command, a new process each time."""
    environment = {
        **os.environ,
        "EARMARK_TRANSCRIBE__DEVICE": device,
        "EARMARK_TRANSCRIBE__THREADS": str(threads),
    }
    program = Path(sys.executable).with_name("earmark")

    def listen(file: Path) -> list[Heard]:
        with tempfile.TemporaryDirectory() as workspace:
            done = subprocess.run(
                [program, "transcribe", file, "--json", "-e", engine_name, "-m", model, "-w", workspace],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
        if done.returncode:
            raise RuntimeError(f"earmark transcribe ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return words_of(json.loads(done.stdout))

    return listen


def words_of(transcript: dict[str, Any]) -> list[Heard]:
    """Return the words of a transcript's JSON in order of time, each with its turn's channel and role."""
    words = [
        Heard(
            text=word["text"],
            start_ms=word["start_ms"],
            end_ms=word["end_ms"],
            channel=turn["channel"] or 0,
            role=turn["role"],
        )
        for turn in transcript["turns"]
        for word in turn["words"]
    ]
    return sorted(words, key=lambda word: (word.start_ms or 0, word.channel))
