"""The hash of everything that a step's result depends on: equal key, equal result, so a stored step is never repeated.

Change a recipe number when the code of a step changes what it gives for the same inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from pipeline.canonical import fingerprint, to_data
from pipeline.records import MadeBy, Recording, Rubric

_TRANSCRIPT_RECIPE = "transcript-1"
_DETECTED_RECIPE = "detected-1"
_SCORE_RECIPE = "score-1"

# What the detectors and the rubric may look at. Where the file lies and under which name does not change a result.
_DECIDING_FIELDS = ("call_id", "started_at", "agent_id", "team", "queue", "direction", "customer_ref", "metadata")


def transcript_key(recording: Recording, *, engine: MadeBy, turns: str) -> str:
    """Return the key of a call's transcript.

    Args:
        recording: Its sound, and what it tells about who is on which channel.
        engine: The engine with its weights and the settings that bear on the words.
        turns: Fingerprint of the settings that bear on roles and turns.
    """
    told = {"agent_channel": recording.metadata.get("agent_channel"), "direction": recording.direction}
    data = {"sha256": recording.sha256, "channels": recording.channels, **told}
    return _key(_TRANSCRIPT_RECIPE, data, engine=to_data(engine), turns=turns)


def detected_key(
    recording: Recording, *, transcript: str, rules: str, sentiment: MadeBy, settings: Mapping[str, BaseModel]
) -> str:
    """Return the key of what is found in a call: its transcript, its metadata, rules, sentiment model and settings."""
    facts = to_data(recording)
    metadata = {name: facts[name] for name in _DECIDING_FIELDS}
    chosen = {name: group.model_dump(mode="json") for name, group in settings.items()}
    return _key(
        _DETECTED_RECIPE, metadata, transcript=transcript, rules=rules, sentiment=to_data(sentiment), settings=chosen
    )


def score_key(*, detected: str, rubric: Rubric, flags: BaseModel) -> str:
    """Return the key of a score with its flags, which is also its ``score_id``."""
    chosen = {"id": rubric.id, "version": rubric.version, "fingerprint": rubric.fingerprint}
    key = _key(_SCORE_RECIPE, chosen, detected=detected, flags=flags.model_dump(mode="json"))
    return "s-" + key.rpartition(":")[2][:24]


def _key(recipe: str, data: Any, **inputs: Any) -> str:
    return fingerprint(recipe, {"data": data, **inputs})
