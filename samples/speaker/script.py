"""Scripts: the YAML files that say who says what in a sample call, checked whole before a word is spoken."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ruamel.yaml import YAML

Speaker = Literal["agent", "customer", "system"]
Layout = Literal["stereo", "mono", "mono-twice"]
Codec = Literal["wav-ulaw", "wav-alaw", "wav-pcm16", "wav-gsm", "mp3", "opus", "flac", "m4a", "damaged"]
MetadataIn = Literal["manifest", "sidecar", "file-name"]

_CALL_KEYS = {
    "file", "codec", "layout", "agent_channel", "noise_db", "started_at", "agent_id", "team", "queue", "direction",
    "customer_ref", "metadata_in", "voices", "story", "expect", "turns",
}  # fmt: skip
_TURN_KEYS = {"speaker", "words", "say", "pause_ms", "overlap_ms", "speed", "loudness_db", "hold_music_s", "silence_s"}


class ScriptError(ValueError):
    """A script that cannot be spoken; the message lists every problem found in the file."""


@dataclass(frozen=True, kw_only=True)
class ScriptTurn:
    """One entry of `turns:`: either words that somebody speaks, or a stretch of hold music or silence.

    Attributes:
        words: What is said, as a person would write it down; empty for music and silence.
        say: The same words respelt for the synthesiser where it would stumble; None means `words` itself.
        pause_ms: Silence before the turn; None means a natural pause drawn for this turn.
        overlap_ms: How long before the end of the turn before it this one starts; 0 means no overtalk.
        speed: Factor on the voice's own speed; above 1 is faster.
        loudness_db: Added to the voice's own loudness.
    """

    speaker: Speaker
    words: str = ""
    say: str | None = None
    pause_ms: int | None = None
    overlap_ms: int = 0
    speed: float = 1.0
    loudness_db: float = 0.0
    hold_music_s: float = 0.0
    silence_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Script:
    """One sample call: the facts that its metadata will carry, the truth about it, and its turns."""

    name: str
    file: str
    codec: Codec
    layout: Layout
    agent_channel: int
    noise_db: float
    started_at: str
    agent_id: str
    team: str
    queue: str
    direction: str
    customer_ref: str
    metadata_in: MetadataIn
    voices: dict[str, str]
    story: str
    expect: dict[str, Any]
    turns: tuple[ScriptTurn, ...]


def load_scripts(folder: Path) -> list[Script]:
    """Every script of the folder, by file name.

    Raises:
        ScriptError: At least one script is wrong; the message names the files and all their problems.
    """
    scripts: list[Script] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            scripts.append(_load(path))
        except ScriptError as error:
            problems.append(str(error))
    if problems:
        raise ScriptError("\n".join(problems))
    return scripts


def _load(path: Path) -> Script:
    data = cast(dict[str, Any], YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    problems = [f"unknown key {key!r}" for key in data.keys() - _CALL_KEYS]
    required = {"file", "codec", "started_at", "agent_id", "team", "queue", "direction", "customer_ref", "story"}
    problems += [f"missing key {key!r}" for key in required - data.keys()]
    if not problems:
        problems += _wrong_choice(data, "codec", get_args(Codec))
        problems += _wrong_choice(data, "layout", get_args(Layout))
        problems += _wrong_choice(data, "metadata_in", get_args(MetadataIn))
        problems += _wrong_choice(data, "direction", ("inbound", "outbound"))
        problems += _wrong_instant(data)
    turns: list[ScriptTurn] = []
    for number, entry in enumerate(data.get("turns", []), start=1):
        found = _turn_problems(entry, data.get("voices", {}))
        problems += [f"turn {number}: {problem}" for problem in found]
        if not found:
            turns.append(ScriptTurn(**entry))
    if problems:
        raise ScriptError("\n".join(f"{path}: {problem}" for problem in problems))
    return Script(
        name=path.stem,
        file=data["file"],
        codec=data["codec"],
        layout=data.get("layout", "stereo"),
        agent_channel=data.get("agent_channel", 0),
        noise_db=data.get("noise_db", -60.0),
        started_at=data["started_at"],
        agent_id=data["agent_id"],
        team=data["team"],
        queue=data["queue"],
        direction=data["direction"],
        customer_ref=data["customer_ref"],
        metadata_in=data.get("metadata_in", "manifest"),
        voices=dict(data.get("voices", {})),
        story=data["story"].strip(),
        expect=dict(data.get("expect", {})),
        turns=tuple(turns),
    )


def _wrong_choice(data: dict[str, Any], key: str, allowed: tuple[str, ...]) -> list[str]:
    if key not in data or data[key] in allowed:
        return []
    return [f"{key} is {data[key]!r}; allowed: {', '.join(allowed)}"]


def _wrong_instant(data: dict[str, Any]) -> list[str]:
    written = data["started_at"]
    if not isinstance(written, str):
        return ["started_at must be text in quotes, such as '2026-10-05T09:14:22-04:00'"]
    if data.get("metadata_in") == "file-name":
        return []  # the name carries the time, and one sample carries an impossible one on purpose
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        return [f"started_at {written!r} is no RFC 3339 time"]
    return [] if instant.tzinfo else [f"started_at {written!r} has no offset"]


def _turn_problems(entry: dict[str, Any], voices: dict[str, str]) -> list[str]:
    problems = [f"unknown key {key!r}" for key in entry.keys() - _TURN_KEYS]
    if entry.get("speaker") not in get_args(Speaker):
        problems.append(f"speaker is {entry.get('speaker')!r}; allowed: {', '.join(get_args(Speaker))}")
    if sum(bool(entry.get(key)) for key in ("words", "hold_music_s", "silence_s")) != 1:
        problems.append("a turn has exactly one of words, hold_music_s and silence_s")
    if entry.get("words") and entry.get("speaker") not in voices:
        problems.append(f"voices names nobody for {entry.get('speaker')!r}")
    return problems
