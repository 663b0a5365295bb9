"""Word error rate and speed on six real telephone calls, beside what a user of the libraries alone would get.

    python benchmarks/transcribe.py [--audio DIR] [--threads 2] [--only NAME ...]

DIR holds ``stereo/ID.wav`` and ``ref/ID.json`` with ``segments`` of ``channel`` and ``text``. All work on the same
weights and are timed call by call in turns, so that whatever else the machine does hits all of them. Loading is not
timed. Word errors are counted after Whisper's own English normalizer, over all channels together and by channel.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from numpy.typing import NDArray
from whisper.normalizers import EnglishTextNormalizer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.config import Settings, TranscribeSettings  # noqa: E402
from pipeline.intake.decode import decode  # noqa: E402
from pipeline.records import Recording, Role  # noqa: E402
from pipeline.transcribe.engine import create_engine  # noqa: E402
from pipeline.transcribe.engines.openai_whisper import load_converted  # noqa: E402
from pipeline.transcribe.models import resolve_whisper  # noqa: E402
from pipeline.transcribe.transcribe import transcribe_call  # noqa: E402

RATE_HZ = 16_000
Samples = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: samples ``[channels, n]`` and what was said on each channel."""

    name: str
    samples: Samples
    said: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Length of the call."""
        return self.samples.shape[1] / RATE_HZ


@dataclass(kw_only=True)
class Outcome:
    """What one system heard, by call and channel, and how long it took."""

    heard: list[list[str]] = field(default_factory=list)
    took_s: float = 0.0
    agent_first: int | None = None


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description="Word error rate and speed on real calls.")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio" / "hvb_callcenter")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models-dir", type=Path, default=Settings().models_dir)
    parser.add_argument("--only", nargs="+", help="Names of systems, or parts of them.")
    arguments = parser.parse_args()
    if not (arguments.audio / "stereo").is_dir():
        sys.exit(f"{arguments.audio}: no calls here; give the folder that holds stereo/ and ref/ with --audio")
    calls = read_calls(arguments.audio)
    wanted = {
        name: make
        for name, make in systems(arguments.models_dir, arguments.threads).items()
        if not arguments.only or any(part in name for part in arguments.only)
    }
    outcomes = {name: Outcome() for name in wanted}
    listeners = {name: make(outcomes[name]) for name, make in wanted.items()}
    for listener in listeners.values():
        listener(calls[0].samples[:, : 8 * RATE_HZ])  # loads the weights
    for call in calls:
        for name, listener in listeners.items():
            print(f"{call.name}: {name}", file=sys.stderr)
            began = time.perf_counter()
            heard = listener(call.samples)
            outcomes[name].took_s += time.perf_counter() - began
            outcomes[name].heard.append(heard)
    print(table(calls, outcomes))


def read_calls(folder: Path) -> list[Call]:
    """Return the calls of a folder, by name."""
    calls = []
    for file in sorted((folder / "stereo").glob("*.wav")):
        segments = json.loads((folder / "ref" / f"{file.stem}.json").read_text())["segments"]
        samples = decode(file, target_rate_hz=RATE_HZ).samples
        said = tuple(" ".join(s["text"] for s in segments if s["channel"] == c) for c in range(len(samples)))
        calls.append(Call(name=file.stem, samples=samples, said=said))
    return calls


Listener = Callable[[Samples], list[str]]


def systems(models_dir: Path, threads: int) -> dict[str, Callable[[Outcome], Listener]]:
    """Return what is compared: name -> function that builds a listener (samples -> text by channel)."""
    folder = resolve_whisper("base", models_dir).folder
    return {
        "Earmark, faster-whisper": lambda outcome: ours("faster-whisper", models_dir, threads, outcome),
        "faster-whisper as it comes (beam 5)": lambda _: faster_whisper_alone(folder, threads, {}),
        "faster-whisper, greedy, vad_filter": lambda _: faster_whisper_alone(
            folder, threads, {"beam_size": 1, "vad_filter": True}
        ),
        "Earmark, openai-whisper": lambda outcome: ours("openai-whisper", models_dir, threads, outcome),
        "openai-whisper as it comes (greedy)": lambda _: openai_whisper_alone(folder, threads),
    }


def ours(engine_name: str, models_dir: Path, threads: int, outcome: Outcome) -> Listener:
    """Return a listener that takes the product's way, roles and turns included."""
    settings = TranscribeSettings.model_validate({"engine": engine_name, "threads": threads, "device": "cpu"})
    engine = create_engine(settings, models_dir)

    def listen(samples: Samples) -> list[str]:
        recording = Recording(
            call_id="benchmark",
            sha256="",
            media_uri="",
            duration_ms=samples.shape[1] * 1000 // RATE_HZ,
            sample_rate_hz=8000,
            channels=len(samples),
        )
        transcript = transcribe_call(recording, samples, engine=engine, settings=settings)
        on_first = {turn.role for turn in transcript.turns if turn.channel == 0}
        if samples.shape[1] > 8 * RATE_HZ:
            outcome.agent_first = (outcome.agent_first or 0) + (on_first == {Role.AGENT})
        return [" ".join(t.text for t in transcript.turns if t.channel == c) for c in range(len(samples))]

    return listen


def faster_whisper_alone(folder: Path, threads: int, options: dict[str, Any]) -> Listener:
    """Return a listener that hands each channel to faster-whisper."""
    from faster_whisper import WhisperModel  # noqa: PLC0415

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)

    def listen(samples: Samples) -> list[str]:
        return [
            " ".join(segment.text for segment in model.transcribe(channel, language="en", **options)[0])
            for channel in samples
        ]

    return listen


def openai_whisper_alone(folder: Path, threads: int) -> Listener:
    """Return a listener that hands each channel to openai-whisper, with its defaults (greedy, falling back)."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(threads)
    model = load_converted(folder)

    def listen(samples: Samples) -> list[str]:
        return [str(model.transcribe(channel, language="en", fp16=False)["text"]) for channel in samples]

    return listen


def table(calls: list[Call], outcomes: dict[str, Outcome]) -> str:
    """Return the results as a Markdown table."""
    normalize = EnglishTextNormalizer()
    duration_s = sum(call.duration_s for call in calls)

    def wer(heard: list[list[str]], channels: tuple[int, ...]) -> str:
        said = [normalize(call.said[c]) for call in calls for c in channels]
        texts = [normalize(of_call[c]) for of_call in heard for c in channels]
        return f"{100 * jiwer.wer(said, texts):.1f} %"

    lines = [
        "| system | WER | channel 0 | channel 1 | RTF | agent found |",
        "|---|---|---|---|---|---|",
    ]
    for name, outcome in outcomes.items():
        rates = [wer(outcome.heard, channels) for channels in ((0, 1), (0,), (1,))]
        found = "" if outcome.agent_first is None else f"{outcome.agent_first} of {len(calls)}"
        lines.append(f"| {name} | {' | '.join(rates)} | {outcome.took_s / duration_s:.3f} | {found} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
