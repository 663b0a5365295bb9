"""Small recordings with the transcript that the scripted engine replays beside them."""

from __future__ import annotations

import csv
import json
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 8000
MS_PER_WORD = 300

GOOD_CALL = (
    ("agent", "Thank you for calling Harbour Bank, my name is Maria. This call is recorded for quality and training."),
    ("customer", "Hello, I lost my card yesterday and I need a new one please."),
    ("agent", "I'm sorry to hear that. Can you confirm your date of birth and postcode please?"),
    ("customer", "Yes, it is the fourth of May, and the postcode is on my file."),
    ("agent", "Thank you. I have ordered a new card. Is there anything else I can help you with today?"),
    ("customer", "No, that is wonderful, thank you so much for your help."),
    ("agent", "You're welcome. Thank you for calling Harbour Bank, goodbye."),
)
POOR_CALL = (
    ("agent", "Yes, hello?"),
    ("customer", "This is the third time I am calling, the fee is wrong again and I am really angry."),
    ("agent", "I guarantee you will be approved if you wait."),
    ("customer", "This is terrible service, I want to speak to your manager."),
)


def write_call(
    folder: Path,
    name: str,
    lines: Sequence[tuple[str, str]] = GOOD_CALL,
    *,
    seed: int = 0,
    scripted: bool = True,
    sound: bool = True,
) -> Path:
    """Write ``name.wav`` (stereo noise, different for every seed) and its ``name.transcript.json``, or one of them."""
    folder.mkdir(parents=True, exist_ok=True)
    turns: list[dict[str, Any]] = []
    start_ms = 500
    for role, text in lines:
        end_ms = start_ms + MS_PER_WORD * len(text.split())
        channel = 0 if role == "agent" else 1
        turns.append({"role": role, "channel": channel, "start_ms": start_ms, "end_ms": end_ms, "text": text})
        start_ms = end_ms + 400
    if scripted:
        transcript = json.dumps({"language": "en", "turns": turns})
        (folder / f"{name}.transcript.json").write_text(transcript)
    file = folder / f"{name}.wav"
    if not sound:
        return file
    noise = np.random.default_rng(seed).normal(0, 300, size=(start_ms * RATE_HZ // 1000, 2)).astype("<i2")
    with wave.open(str(file), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(noise.tobytes())
    return file


def write_manifest(folder: Path, rows: Sequence[dict[str, str]]) -> Path:
    """Write ``manifest.csv`` with a line for each row."""
    file = folder / "manifest.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return file


def write_batch(folder: Path, count: int) -> Path:
    """Write ``count`` calls of two agents, good and poor in turn, with their manifest."""
    rows = []
    for i in range(count):
        write_call(folder, f"call-{i:02d}", GOOD_CALL if i % 2 == 0 else POOR_CALL, seed=i)
        agent, team = (("maria.lopez", "north"), ("tom.becker", "south"))[i % 2]
        rows.append(
            {
                "file": f"call-{i:02d}.wav",
                "started_at": f"2026-10-{5 + i % 20:02d}T09:30:00-04:00",
                "agent_id": agent,
                "team": team,
                "queue": "bank_support",
                "direction": "inbound",
            }
        )
    write_manifest(folder, rows)
    return folder
