"""What goes beside the recordings: the manifest, the sidecars and the truth."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from speaker.mix import Mix
from speaker.script import Script

_COLUMNS = ("started_at", "agent_id", "team", "queue", "direction", "customer_ref")
_NOT_IN_THE_NAME = ("team", "queue", "direction")


def write_metadata(scripts: list[Script], audio: Path) -> None:
    """Manifest rows and sidecars; a call whose file name tells time, agent and customer has the rest in its row."""
    with (audio / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.DictWriter(stream, fieldnames=("file", *_COLUMNS), lineterminator="\n")
        rows.writeheader()
        for script in scripts:
            facts = {column: getattr(script, column) for column in _COLUMNS}
            if script.metadata_in == "sidecar":
                sidecar = audio / f"{Path(script.file).stem}.json"
                sidecar.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
                continue
            if script.metadata_in == "file-name":
                facts = {column: facts[column] for column in _NOT_IN_THE_NAME}
            rows.writerow({"file": script.file, **facts})


def write_truth(scripts: list[Script], mixes: dict[str, Mix], path: Path) -> None:
    """The truth of every call that was mixed now; what the file holds about other scripts stays."""
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["calls"] if path.exists() else {}
    calls = {}
    for script in scripts:
        call = mixes.get(script.name)
        entry = _truth(script, call) if call or not script.turns else known.get(script.name)
        if entry is not None:
            calls[script.name] = entry
    path.write_text(json.dumps({"calls": calls}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _truth(script: Script, call: Mix | None) -> dict[str, Any]:
    stereo = script.layout == "stereo"
    return {
        "file": script.file,
        "codec": script.codec,
        "layout": script.layout,
        "agent_channel": script.agent_channel if stereo else None,
        "customer_channel": 1 - script.agent_channel if stereo else None,
        "duration_ms": call.duration_ms if call else None,
        "started_at": script.started_at,
        "agent_id": script.agent_id,
        "team": script.team,
        "queue": script.queue,
        "direction": script.direction,
        "customer_ref": script.customer_ref,
        "story": script.story,
        "expect": script.expect,
        "turns": [{"index": i, **asdict(turn)} for i, turn in enumerate(call.turns if call else ())],
    }
