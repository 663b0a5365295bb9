"""Calls whose words, speakers and word times are known: real ones where they lie beside the checkout, and samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.asr.measures import Heard, Said, Segment

ROOT = Path(__file__).resolve().parent.parent.parent
WORD_TIMES = ROOT / "benchmarks" / "word_times.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A recording and the truth about it.

    Attributes:
        said: What is said on each channel; one text where both parties share a channel, or both channels hold the same.
        segments: Who speaks when.
        words: The words of ``said`` with their times, where those are known.
        twice: A stereo file that holds the same on both channels.
    """

    name: str
    file: Path
    duration_s: float
    said: tuple[str, ...]
    segments: tuple[Segment, ...] = ()
    words: tuple[tuple[Said, ...], ...] = ()
    twice: bool = False

    def by_channel(self, heard: Sequence[Heard]) -> list[list[Heard]]:
        """Return what was heard in as many lists as ``said`` has texts.

        Where parties share a channel, all words count in their order. A peer hears both channels of a file that holds
        the same twice; only the first counts, because reading one of them would be no feat.
        """
        if len(self.said) == 1:
            peer = all(word.role is None for word in heard)
            return [[word for word in heard if not (peer and self.twice and word.channel)]]
        return [[word for word in heard if word.channel == channel] for channel in range(len(self.said))]


def telephone_calls(audio: Path) -> list[Call]:
    """Return the real stereo bank calls under a folder of test audio; none where it lacks them."""
    folder = audio / "hvb_callcenter"
    calls = []
    for file in sorted((folder / "stereo").glob("*.wav")):
        reference = json.loads((folder / "ref" / f"{file.stem}.json").read_text())["segments"]
        calls.append(
            Call(
                name=file.stem,
                file=file,
                duration_s=_manifest(folder)[f"stereo/{file.name}"]["duration_s"],
                said=tuple(" ".join(s["text"] for s in reference if s["channel"] == c) for c in (0, 1)),
                segments=read_rttm((folder / "ref" / f"{file.stem}.rttm").read_text()),
            )
        )
    return calls


def read_rttm(text: str) -> tuple[Segment, ...]:
    """Return the segments of an RTTM file: ``SPEAKER file channel start_s duration_s <NA> <NA> speaker ...``."""
    segments = []
    for line in text.splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start_s, lasts_s = float(fields[3]), float(fields[4])
            end_ms = round((start_s + lasts_s) * 1000)
            segments.append(Segment(role=fields[7], start_ms=round(start_s * 1000), end_ms=end_ms))
    return tuple(segments)


def read_utterances(audio: Path, *, at_most: int) -> list[Call]:
    """Return read English (LibriSpeech test-other, mono), evenly picked; none where the folder lacks it."""
    folder = audio / "librispeech_test_other_100"
    entries = list(_manifest(folder).values())
    step = max(1, len(entries) // at_most)
    return [
        Call(
            name=entry["id"],
            file=folder / entry["audio"],
            duration_s=entry["duration_s"],
            said=(entry["reference_text"],),
        )
        for entry in entries[::step][:at_most]
    ]


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    file = folder / "manifest.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return {entry["audio"]: entry for entry in map(json.loads, lines)}


def sample_calls(samples: Path = ROOT / "samples") -> list[Call]:
    """Return the spoken sample calls; the file that cannot be decoded is left out."""
    truth = json.loads((samples / "truth.json").read_text())["calls"]
    times = json.loads(WORD_TIMES.read_text())["calls"] if WORD_TIMES.exists() else {}
    return [
        _sample(name, samples / "audio" / entry["file"], entry, times.get(name, {}))
        for name, entry in truth.items()
        if entry["turns"] and entry["expect"].get("decodes") is not False
    ]


def _sample(name: str, file: Path, entry: dict[str, Any], times: dict[str, Any]) -> Call:
    spoken = [turn for turn in entry["turns"] if turn["kind"] == "speech"]
    channels = (0, 1) if entry["layout"] == "stereo" else (None,)
    by_channel = [[turn for turn in spoken if channel in {None, turn["channel"]}] for channel in channels]
    return Call(
        name=name,
        file=file,
        duration_s=entry["duration_ms"] / 1000,
        said=tuple(" ".join(turn["words"] for turn in turns) for turns in by_channel),
        segments=tuple(Segment(role=t["role"], start_ms=t["start_ms"], end_ms=t["end_ms"]) for t in spoken),
        words=tuple(
            tuple(word for turn in turns for word in timed_turn(turn, times.get(str(turn["index"]))))
            for turns in by_channel
        ),
        twice=entry["layout"] == "mono-twice",
    )


def timed_turn(turn: dict[str, Any], times: list[list[Any]] | None) -> list[Said]:
    """Return the words of a turn; of one without word times the first start and the last end are the turn's own."""
    if times:
        return [Said(text=text, start_ms=start_ms, end_ms=end_ms) for text, start_ms, end_ms in times]
    words = turn["words"].split()
    last = len(words) - 1
    return [
        Said(
            text=word,
            start_ms=turn["start_ms"] if place == 0 else None,
            end_ms=turn["end_ms"] if place == last else None,
        )
        for place, word in enumerate(words)
    ]
