"""Measures of the sample calls against their true times: ``python -m benchmarks.measures [--transcripts FOLDER]``.

Each call is transcribed by Earmark and measured as in a run. The truth is measured by the same definitions on the
turns as they were mixed (`samples/truth.json`), with the pauses inside them as the synthesiser made them
(`benchmarks/speech_times.json`), so that what differs is what recognition and sound get wrong. Exit code 1 where one of
the three figures that were promised is more than 5 % off in a call.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.canonical import from_json, to_json
from pipeline.config import Settings
from pipeline.conversation.measure import measure
from pipeline.intake.decode import call_audio
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.load_settings import load_settings
from pipeline.privacy.redact import redact
from pipeline.records import MadeBy, Measures, Recording, Role, Transcript, Turn, Word
from pipeline.transcribe.engine import create_engine
from pipeline.transcribe.transcribe import transcribe_call
from pipeline.transcribe.vocabulary import load_vocabulary

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
PROMISED = {"dead air": "dead_air_ms", "overtalk": "overtalk_ms", "talk share": "agent_talk_share"}
ALSO = {
    "agent talk": "agent_talk_ms",
    "customer talk": "customer_talk_ms",
    "hold": "hold_ms",
    "silence share": "silence_share",
}
MOST_ERROR = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One call's figures as measured and as they truly are; None where this recording does not tell them."""

    call: str
    measured: Measures
    true: Measures

    def error(self, field: str) -> float | None:
        """Return by which part of the truth a figure is off; of nothing true, the whole error counts."""
        measured, true = getattr(self.measured, field), getattr(self.true, field)
        if measured is None or true is None:
            return None
        return float(measured / true - 1) if true else float(bool(measured))


def true_transcript(name: str, call: Any, speech: Any) -> Transcript:
    """Return a call as it was spoken: turns with a word for every stretch of sound in them.

    The words of a turn stand with its first stretches; how they are spread over them bears on none of these figures.
    """
    turns: list[Turn] = []
    for said in (turn for turn in call["turns"] if turn["kind"] == "speech"):
        spans = speech[str(said["index"])]
        texts = said["words"].split()
        texts = [*texts[: len(spans) - 1], " ".join(texts[len(spans) - 1 :])]
        words = [
            Word(text=text, start_ms=start, end_ms=end)
            for text, (start, end) in zip(texts, spans, strict=False)
            if text
        ]
        turns.append(
            Turn(
                index=len(turns),
                channel=said["channel"] or 0,
                role=Role(said["role"]),
                start_ms=said["start_ms"],
                end_ms=said["end_ms"],
                words=tuple(words),
            )
        )
    made_by = MadeBy(engine="samples", version="1")
    return Transcript(call_id=name, language="en", duration_ms=call["duration_ms"], turns=tuple(turns), made_by=made_by)


def transcripts(settings: Settings, kept: Path | None) -> Iterator[tuple[str, Recording, Transcript]]:
    """Give every sample call that can be decoded with what Earmark hears in it, redacted as in a run."""
    truth = json.loads((SAMPLES / "truth.json").read_text())["calls"]
    files = [SAMPLES / "audio" / call["file"] for call in truth.values()]
    index = index_metadata([*files, SAMPLES / "audio" / "manifest.csv"])
    engine = create_engine(settings.transcribe, settings.models_dir)
    vocabulary = load_vocabulary(settings.transcribe.vocabulary)
    for name, file in zip(truth, files, strict=True):
        taken = take_in(file, settings=settings.intake, metadata=index, for_sound_only=True)
        if taken.recording is None:
            continue
        place = kept / f"{name}.json" if kept else None
        if place and place.exists():
            yield name, taken.recording, from_json(Transcript, place.read_text())
            continue
        audio = call_audio(taken.recording, settings.intake)
        terms = vocabulary.for_recording(taken.recording)
        heard = redact(
            transcribe_call(taken.recording, audio, engine=engine, settings=settings.transcribe, terms=terms)
        )
        if place:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(to_json(heard))
        yield name, taken.recording, heard


def compare(settings: Settings, kept: Path | None) -> list[Compared]:
    """Return every sample call measured and as it is."""
    truth = json.loads((SAMPLES / "truth.json").read_text())["calls"]
    speech = json.loads((ROOT / "benchmarks" / "speech_times.json").read_text())["calls"]
    return [
        Compared(
            call=name,
            measured=measure(heard, call_audio(recording, settings.intake), settings.conversation),
            true=measure(true_transcript(name, truth[name], speech[name]), None, settings.conversation),
        )
        for name, recording, heard in transcripts(settings, kept)
    ]


def report(compared: Sequence[Compared]) -> str:
    """Return the table: each figure as measured / as it is, with the error where there is one."""
    fields = {**PROMISED, **ALSO}
    lines = ["| call | " + " | ".join(fields) + " |", "|---" * (len(fields) + 1) + "|"]
    for call in compared:
        lines.append(f"| {call.call} | " + " | ".join(_cell(call, field) for field in fields.values()) + " |")
    sums = []
    for field in fields.values():
        known = [call for call in compared if call.error(field) is not None]
        measured, true = (sum(getattr(getattr(c, of), field) for c in known) for of in ("measured", "true"))
        sums.append(f"{measured / true - 1:+.1%}" if true else "–")
    return "\n".join([*lines, "| all, error of the sum | " + " | ".join(sums) + " |"])


def too_far_off(compared: Sequence[Compared]) -> list[str]:
    """Return the promised figures that are more than 5 % off, call by call."""
    return [
        f"{call.call}: {name} is {error:+.1%} off"
        for call in compared
        for name, field in PROMISED.items()
        if (error := call.error(field)) is not None and abs(error) > MOST_ERROR
    ]


def _cell(call: Compared, field: str) -> str:
    measured, true, error = getattr(call.measured, field), getattr(call.true, field), call.error(field)
    if error is None:
        return "unknown"
    if field.endswith("_ms"):
        measured, true = measured / 1000, true / 1000
    shown = f"{measured:.3g} / {true:.3g}" if measured < 1 else f"{measured:.1f} / {true:.1f}"
    return f"{shown} ({error:+.1%})" if measured or true else "0"


def main() -> int:
    """Print the table, and what is too far off."""
    parser = argparse.ArgumentParser(description="Measures of the sample calls against their true times.")
    parser.add_argument("--transcripts", type=Path, default=None, help="where transcripts are kept between runs")
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args()
    told = {
        "transcribe.vocabulary": str(SAMPLES / "vocabulary.yaml"),
        "transcribe.threads": wanted.threads,
        "intake.site_timezone": "America/New_York",
    }
    compared = compare(load_settings(flags=told), wanted.transcripts)
    sys.stdout.write(report(compared) + "\n")
    problems = too_far_off(compared)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
