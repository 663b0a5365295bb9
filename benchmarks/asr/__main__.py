"""``python -m benchmarks.asr``: the whole comparison, part by part; ``make bench-asr`` with its defaults."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.asr import cold, invented, speakers, times, words
from benchmarks.asr.material import ROOT, Call, read_utterances, sample_calls, telephone_calls
from benchmarks.asr.nonspeech import REAL_MUSIC, Clip, clips, real_music
from benchmarks.asr.report import commit, machine, with_section
from benchmarks.asr.sound import RATE_HZ, read, write_pcm
from benchmarks.asr.systems import OF_EARMARK, OURS, SYSTEMS, Options
from benchmarks.asr.variants import MONO, STEREO, TWICE, as_telephone, as_wideband, beside_speech, changed
from benchmarks.asr.worker import Worker

PARTS = {
    "words": "Word errors, speed and memory",
    "invented": "Words invented where nobody speaks",
    "speakers": "Who said it",
    "times": "Word times",
    "command": "The command, cold",
    "long": "A recording of hours",
}


def main() -> None:
    """Measure what was asked for, print it, and put it into the page of results."""
    arguments = _arguments()
    options = Options(model=arguments.model, device=arguments.device, threads=arguments.threads)
    names = [name for name in SYSTEMS if not arguments.systems or any(part in name for part in arguments.systems)]
    if not names:
        sys.exit(f"no system is named so; there are: {', '.join(SYSTEMS)}")
    material = _Material(arguments)
    asked = arguments.only or [part for part in PARTS if part != "long" or arguments.long]
    how = shlex.join(["python", "-m", "benchmarks.asr", *sys.argv[1:]])
    when = arguments.date or f"at commit {commit(ROOT)}"
    made = f"Made {when} with `{how}`, model `{options.model}` on {options.device}"
    for part in asked:
        stamp = f"{made}. {machine()}."
        with tempfile.TemporaryDirectory(prefix="earmark-bench-") as folder:
            body = _RUN[part](names, options, material, Path(folder))
        section = f"{stamp}\n\n{body}"
        print(f"## {PARTS[part]}\n\n{section}\n", flush=True)
        if arguments.out:
            page = arguments.out.read_text() if arguments.out.exists() else ""
            arguments.out.write_text(with_section(page, PARTS[part], section))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.asr", description="Earmark's hearing beside its peers'."
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--systems", nargs="+", metavar="NAME", help="names of systems, or parts of them")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="names of sets of recordings, or parts of them")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio", help="real test audio")
    parser.add_argument("--music", type=Path, default=REAL_MUSIC, help="WAV files of music without singing")
    parser.add_argument(
        "--quick", action="store_true", help="a few files of each kind, to see that all works; not kept"
    )
    parser.add_argument("--long", action="store_true", help="a recording of --hours too")
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--repeat", type=int, default=1, help="how often each call is timed (default: 1)")
    parser.add_argument("--model", default="base")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=cold.cores(), help="for everyone (default: all cores)")
    parser.add_argument("--date", help="when it was made; without it the commit says so")
    parser.add_argument("--out", type=Path, help="page of results (default: benchmarks/RESULTS.md; none with --quick)")
    arguments = parser.parse_args()
    if arguments.out is None and not arguments.quick:
        arguments.out = ROOT / "benchmarks" / "RESULTS.md"
    return arguments


TELEPHONE = "Real telephone calls, stereo (hvb_callcenter)"
SAMPLES = "Sample calls (samples/)"
READ = "Read English, mono (LibriSpeech test-other)"


class _Material:
    """What there is to hear, said once where something is missing."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.quick, self.music, self.hours, self.repeat = (
            arguments.quick,
            arguments.music,
            arguments.hours,
            arguments.repeat,
        )
        few = slice(0, 1 if self.quick else None)
        chosen = arguments.sets or [""]
        found = {
            TELEPHONE: telephone_calls(arguments.audio)[few],
            SAMPLES: sample_calls()[few],
            READ: read_utterances(arguments.audio, at_most=2 if self.quick else 16),
        }
        self.sets = {name: calls for name, calls in found.items() if calls and any(part in name for part in chosen)}
        self.telephone, self.samples = self.sets.get(TELEPHONE, []), self.sets.get(SAMPLES, [])
        if not found[TELEPHONE]:
            print(f"{arguments.audio}: no hvb_callcenter here; the samples alone are measured", file=sys.stderr)

    @property
    def stereo(self) -> list[Call]:
        """Real stereo calls, else samples that are stereo."""
        return self.telephone or [call for call in self.samples if len(call.said) == 2]


@contextmanager
def _running(names: list[str], options: Options, folder: Path, first: Path) -> Iterator[words.Listeners]:
    """Start the systems and let each load its weights on a few seconds of a file, untimed."""
    warm = folder / "warm-up.wav"
    write_pcm(warm, read(first)[:, : 8 * RATE_HZ], RATE_HZ)
    with ExitStack() as stack:
        listeners = {}
        for name in names:
            worker = stack.enter_context(Worker(name, options))
            worker.hear(warm)
            listeners[name] = worker.hear
        yield listeners


def _words(names: list[str], options: Options, material: _Material, folder: Path) -> str:
    parts = []
    with _running(names, options, folder, material.stereo[0].file) as listeners:
        for title, calls in material.sets.items():
            answers = words.ask_in_turns(listeners, [call.file for call in calls], repeat=material.repeat)
            parts.append(f"### {title}\n\n{words.report(calls, answers)}")
    return "\n\n".join(parts)


def _invented(names: list[str], options: Options, material: _Material, folder: Path) -> str:
    every = [*clips(), *real_music(material.music)]
    if material.quick:
        every = list({clip.kind: clip for clip in every}.values())
    with _running(names, options, folder, material.stereo[0].file) as listeners:
        telephone = [_quiet(clip, as_telephone(clip, folder)) for clip in every]
        wide = [_quiet(clip, as_wideband(clip, folder)) for clip in every]
        beside = [
            invented.Quiet(name=f"{name} beside {call.name}", kind="beside speech", file=file, duration_s=s, channel=1)
            for call in material.stereo[:2]
            for name, file, s in beside_speech(call, [clip for clip in every if clip.name in BESIDE], folder)
        ]
        parts = {
            "As telephone sends it: 300 to 3400 Hz, 8 kHz, u-law": [*telephone, *beside],
            "Whole: 16 kHz, 16 bit": wide,
        }
        return "\n\n".join(f"### {title}\n\n{invented.run(listeners, quiet)}" for title, quiet in parts.items())


BESIDE = ("digital silence", "line noise at -40 dBFS", "piano ballad", "hum, hiss and crackle")


def _quiet(clip: Clip, file: Path) -> invented.Quiet:
    return invented.Quiet(name=clip.name, kind=clip.kind, file=file, duration_s=clip.duration_s)


def _speakers(names: list[str], options: Options, material: _Material, folder: Path) -> str:
    name = next((name for name in names if name in OF_EARMARK), OURS)
    rows, failed, found, of_twice = [], [], 0, 0
    with _running([name], options, folder, material.stereo[0].file) as listeners:

        def measure(title: str, calls: list[Call]) -> None:
            nonlocal found, of_twice
            every = words.ask_in_turns(listeners, [call.file for call in calls])
            answers = [of_call[0] for of_call in every[name]]
            failed.extend(f"{title}: {problem}" for problem in words.problems(every))
            rows.append(speakers.row(title, calls, answers))
            twice = [(call, answer) for call, answer in zip(calls, answers, strict=True) if call.twice]
            found += speakers.found_twice([call for call, _ in twice], [answer for _, answer in twice])
            of_twice += len(twice)

        for kind, of_kind in {"real": material.telephone, "samples": material.samples}.items():
            stereo = [call for call in of_kind if len(call.said) == 2]
            if stereo:
                for title, change in {**STEREO, **MONO, **TWICE}.items():
                    measure(f"{kind}: {title}", [changed(call, title, change, folder) for call in stereo])
            if alone := [call for call in of_kind if len(call.said) == 1]:
                measure(f"{kind}: mono files as they are", alone)
    return "\n\n".join([f"{name}.", speakers.report(rows, twice=found, of_twice=of_twice), *failed])


def _times(names: list[str], options: Options, material: _Material, folder: Path) -> str:
    calls = [call for call in material.samples if any(word.start_ms is not None for of in call.words for word in of)]
    with _running(names, replace(options, word_times=True), folder, calls[0].file) as listeners:
        return times.report(calls, words.ask_in_turns(listeners, [call.file for call in calls]))


def _command(names: list[str], options: Options, material: _Material, folder: Path) -> str:
    del folder
    calls = material.stereo[: 1 if material.quick else 3]
    return cold.report(calls, cold.ask(names, options, calls))


def _long(names: list[str], options: Options, material: _Material, folder: Path) -> str:
    chosen = [name for name in names if name in OF_EARMARK][:1] or [OURS]
    return cold.hours(chosen, options, material.stereo, material.hours, folder)


_RUN: dict[str, Callable[[list[str], Options, _Material, Path], str]] = {
    "words": _words,
    "invented": _invented,
    "speakers": _speakers,
    "times": _times,
    "command": _command,
    "long": _long,
}

if __name__ == "__main__":
    main()
