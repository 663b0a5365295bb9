"""When somebody sounds in each turn of the sample calls: truth for talk, silence and overtalk.

    .venv-samples/bin/python benchmarks/speech_times.py

Writes ``benchmarks/speech_times.json``. It needs what ``make samples`` needs, and reads the same kept utterances. Each
utterance is looked at alone, before another voice, line noise, the telephone's codec or music joins it: there, whatever
lies within 35 dB of its loud frames is speech, and the rest is digital silence or near it. The recording is never read.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "samples"))

from speaker.script import load_scripts  # noqa: E402
from speaker.voices import SAMPLE_RATE_HZ, Synthesiser, load_voices  # noqa: E402

OUT = ROOT / "benchmarks" / "speech_times.json"
FRAME_MS = 10
_FRAME = SAMPLE_RATE_HZ * FRAME_MS // 1000
BELOW_LOUD_DB = 35.0
SHORTEST_MS = 30
"""A shorter sound is a click of the synthesiser."""
SHORTEST_PAUSE_MS = 200


def stretches_ms(utterance: Any) -> list[list[int]]:
    """Return the start and end of each stretch of sound in an utterance, from its beginning."""
    frames = utterance[: len(utterance) // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-12)
    sounds = levels > np.percentile(levels, 95) - BELOW_LOUD_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], sounds, [False]]).astype(np.int8)))
    found: list[list[int]] = []
    for start, end in zip(edges[::2] * FRAME_MS, edges[1::2] * FRAME_MS, strict=True):
        if end - start < SHORTEST_MS:
            continue
        if found and start - found[-1][1] < SHORTEST_PAUSE_MS:
            found[-1][1] = int(end)
        else:
            found.append([int(start), int(end)])
    return found


def main() -> None:
    """Speak every turn, or take what is kept of it, and write where it sounds in its call."""
    parser = argparse.ArgumentParser(description="Speech times of the sample calls.")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "earmark-sample-speech")
    synthesiser = Synthesiser(parser.parse_args().cache)
    truth = json.loads((ROOT / "samples" / "truth.json").read_text())["calls"]
    voices = load_voices(ROOT / "samples" / "voices.yaml")
    calls = {}
    for script in load_scripts(ROOT / "samples" / "scripts"):
        turns = {}
        for turn, said in zip(script.turns, truth.get(script.name, {"turns": []})["turns"], strict=False):
            if said["kind"] != "speech":
                continue
            utterance = synthesiser.speak(turn.say or turn.words, voices[script.voices[turn.speaker]], turn.speed)
            length_ms = round(len(utterance) * 1000 / SAMPLE_RATE_HZ)
            if length_ms != said["end_ms"] - said["start_ms"]:
                raise SystemExit(f"{script.name}, turn {said['index']}: it is not the utterance that was mixed")
            at_ms = said["start_ms"]
            turns[str(said["index"])] = [[at_ms + start, at_ms + end] for start, end in stretches_ms(utterance)]
        if turns:
            calls[script.name] = turns
    lines = [
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f" {json.dumps(index)}: {json.dumps(spans)}" for index, spans in turns.items())
        + "\n}"
        for name, turns in sorted(calls.items())
    ]
    OUT.write_text('{"calls": {\n' + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    main()
