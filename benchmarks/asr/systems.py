"""What is compared: Earmark, and its peers as somebody would call them who has only read their front page.

All work on the same weights. A peer gets each channel of a stereo file for itself, because that is how it is made to
tell the parties apart; English is set for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.asr import earmark
from benchmarks.asr.measures import Heard
from benchmarks.asr.sound import read

Listener = earmark.Listener


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What every system is told.

    Attributes:
        threads: CPU threads; as many as there are cores for this process unless somebody asks for fewer.
        word_times: Peers are asked for word times, which costs them time; Earmark always gives them.
    """

    model: str = "base"
    device: str = "cpu"
    threads: int = 2
    word_times: bool = False


OURS = "Earmark, faster-whisper"
"""What the peers' times are divided by."""
PLAIN = "openai-whisper as it comes"

SYSTEMS: dict[str, Callable[[Options], Listener]] = {
    OURS: lambda options: _earmark("faster-whisper", options),
    "Earmark, openai-whisper": lambda options: _earmark("openai-whisper", options),
    PLAIN: lambda options: _openai_whisper(options),  # noqa: PLW0108 - it is defined below
    "faster-whisper as it comes (beam 5)": lambda options: _faster_whisper(options, {}),
    "faster-whisper, greedy, vad_filter": lambda options: _faster_whisper(
        options, {"beam_size": 1, "vad_filter": True}
    ),
    "faster-whisper batched as it comes (beam 5, batch 8)": lambda options: _faster_whisper(
        options, {"batch_size": 8}, batched=True
    ),
    "faster-whisper batched, greedy (batch 8)": lambda options: _faster_whisper(
        options, {"batch_size": 8, "beam_size": 1}, batched=True
    ),
}
OF_EARMARK = tuple(name for name in SYSTEMS if name.startswith("Earmark"))


def command_of(name: str, options: Options) -> Listener | None:
    """Return the command of an Earmark system, None for a peer."""
    if name not in OF_EARMARK:
        return None
    engine = name.partition(", ")[2]
    return earmark.by_command(engine, model=options.model, device=options.device, threads=options.threads)


def weights(options: Options) -> Path:
    """Return the folder of the CTranslate2 weights that all share."""
    from pipeline.load_settings import load_settings  # noqa: PLC0415
    from pipeline.transcribe.models import resolve_whisper  # noqa: PLC0415

    return resolve_whisper(options.model, load_settings().models_dir).folder


def _earmark(engine: str, options: Options) -> Listener:
    return earmark.in_process(engine, model=options.model, device=options.device, threads=options.threads)


def _faster_whisper(options: Options, given: dict[str, Any], *, batched: bool = False) -> Listener:
    from faster_whisper import BatchedInferencePipeline, WhisperModel  # noqa: PLC0415

    model: Any = WhisperModel(
        str(weights(options)),
        device=options.device,
        compute_type="float16" if options.device == "cuda" else "int8",
        cpu_threads=options.threads,
    )
    if batched:
        model = BatchedInferencePipeline(model=model)

    def listen(file: Path) -> list[Heard]:
        words: list[Heard] = []
        for channel, samples in enumerate(read(file)):
            segments, _ = model.transcribe(samples, language="en", word_timestamps=options.word_times, **given)
            for segment in segments:
                if options.word_times:
                    words += timed(((w.word, w.start, w.end) for w in segment.words or ()), channel)
                else:
                    words += untimed(segment.text, channel)
        return words

    return listen


def _openai_whisper(options: Options) -> Listener:
    import torch  # noqa: PLC0415

    from pipeline.transcribe.engines.openai_whisper import load_converted  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    model = load_converted(weights(options)).to(options.device)

    def listen(file: Path) -> list[Heard]:
        words: list[Heard] = []
        for channel, samples in enumerate(read(file)):
            result = model.transcribe(
                samples, language="en", fp16=options.device == "cuda", word_timestamps=options.word_times
            )
            if options.word_times:
                pieces = [word for segment in result["segments"] for word in segment.get("words", ())]
                words += timed(((w["word"], float(w["start"]), float(w["end"])) for w in pieces), channel)
            else:
                words += untimed(result["text"], channel)
        return words

    return listen


def untimed(text: str, channel: int) -> list[Heard]:
    """Return the words of a text."""
    return [Heard(text=word, channel=channel) for word in text.split()]


def timed(pieces: Iterable[tuple[str, float, float]], channel: int) -> list[Heard]:
    """Return words from Whisper's pieces ``(text, start_s, end_s)``; one without a space before it goes to its word."""
    words: list[Heard] = []
    for text, start_s, end_s in pieces:
        start_ms = round(start_s * 1000)
        if words and not text.startswith(" "):
            text, start_ms = words[-1].text + text, words[-1].start_ms or 0  # noqa: PLW2901
            words.pop()
        words.append(Heard(text=text.strip(), start_ms=start_ms, end_ms=round(end_s * 1000), channel=channel))
    return words
