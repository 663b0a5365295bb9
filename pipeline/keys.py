"""The hash of everything that a step's result depends on: equal key, equal result, so a stored step is never repeated.

Change a recipe number when the code of a step changes what it gives for the same inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.canonical import fingerprint, to_data
from pipeline.config import ComplianceSettings, ConversationSettings, FlagSettings, PrivacySettings, SentimentSettings
from pipeline.records import FactKeys, MadeBy, Recording, Rubric, Trust, field_of

_TRANSCRIPT_RECIPE = "transcript-4"
_FINDINGS_RECIPE = "findings-5"
_OWN_FINDINGS_RECIPE = "own-findings-1"
_JUDGEMENT_RECIPE = "judgement-1"
_SENTIMENT_RECIPE = "sentiment-2"
_MEASURES_RECIPE = "measures-3"
_FACTS_RECIPE = "facts-1"
_SCORE_RECIPE = "score-4"


def transcript_key(recording: Recording, *, engine: MadeBy, turns: str, privacy: PrivacySettings | None = None) -> str:
    """Return the key of a call's transcript, which is a masked one.

    Args:
        recording: Its sound, and what it tells about who is on which channel.
        engine: The engine with its weights and the settings that bear on the words.
        turns: Fingerprint of the settings that bear on roles and turns.
        privacy: What is masked; None masks all.
    """
    told = {"agent_channel": recording.metadata.get("agent_channel"), "direction": recording.direction}
    data = {"sha256": recording.sha256, "channels": recording.channels, **told}
    masked = (privacy or PrivacySettings()).model_dump(mode="json", include={"kinds", "phone_region"})
    return _key(_TRANSCRIPT_RECIPE, data, engine=to_data(engine), turns=turns, masked=masked)


def findings_key(
    recording: Recording,
    *,
    transcript: str,
    rules: str,
    settings: ComplianceSettings,
    encoder: str | None = None,
    sentiment: str | None = None,
    measures: str | None = None,
    metadata: Sequence[str] = (),
    judged: str | None = None,
) -> str:
    """Return the key of what rules find: the transcript, the rules, and what a rule may ask about the call.

    Args:
        recording: The call.
        transcript: Its transcript's key.
        rules: Fingerprint of all active rules.
        settings: How near words must be, and how sure.
        encoder: What reads for rules that find by meaning; None where none of them does, or there is none.
        sentiment: The sentiment's key; None where no rule asks for it.
        measures: The measures' key; None where no rule asks for them.
        metadata: The fields that rules ask for, beside queue, direction and team.
        judged: What rules about calls give; None where there are none.
    """
    asked = {name: field_of(recording, name) for name in metadata}
    data = {**_metadata(recording), "asked": asked, "settings": settings.model_dump(mode="json", exclude={"rules_dir"})}
    return _key(
        _FINDINGS_RECIPE,
        data,
        transcript=transcript,
        rules=rules,
        encoder=encoder,
        sentiment=sentiment,
        measures=measures,
        judged=judged,
    )


def own_findings_key(*, transcript: str, rules: Sequence[tuple[str, str]], settings: ComplianceSettings) -> str:
    """Return the key of what a rubric's own phrases find: the transcript, and the phrases by id and fingerprint."""
    how_near = settings.model_dump(mode="json", exclude={"rules_dir"})
    return _key(_OWN_FINDINGS_RECIPE, how_near, transcript=transcript, rules=[list(rule) for rule in rules])


def judgement_key(*, transcript: str, judge: str) -> str:
    """Return the key of a language model's answer: the transcript, and all that bears on question and answer."""
    return _key(_JUDGEMENT_RECIPE, {}, transcript=transcript, judge=judge)


def sentiment_key(*, transcript: str, engine: MadeBy, settings: SentimentSettings) -> str:
    """Return the key of a call's sentiment: the transcript, the engine with its model, and which turns are read."""
    return _key(_SENTIMENT_RECIPE, to_data(engine), transcript=transcript, min_characters=settings.min_characters)


def measures_key(*, transcript: str, settings: ConversationSettings) -> str:
    """Return the key of a call's measures: the transcript, which stands for the sound too, and the thresholds."""
    return _key(_MEASURES_RECIPE, settings.model_dump(mode="json"), transcript=transcript)


def facts_key(recording: Recording, keys: FactKeys) -> str:
    """Return the key of all facts that a score rests on."""
    known = {name: key for name, key in to_data(keys).items() if key is not None}  # what is new changes no old key
    return _key(_FACTS_RECIPE, _metadata(recording), keys=known)


def score_key(*, facts: str, rubric: Rubric, flags: FlagSettings, trust: Trust | None = None) -> str:
    """Return the key of a score with its flags, which is also its ``score_id``.

    Args:
        facts: Key of the facts.
        rubric: What they are scored by.
        flags: What raises flags.
        trust: What reviewed answers tell about confidence; None where nothing was learnt.
    """
    chosen = {"id": rubric.id, "version": rubric.version, "fingerprint": rubric.fingerprint}
    if trust is not None:
        chosen["trust"] = trust.fingerprint
    key = _key(_SCORE_RECIPE, chosen, facts=facts, flags=flags.model_dump(mode="json"))
    return "s-" + key.rpartition(":")[2][:24]


def _metadata(recording: Recording) -> dict[str, str | None]:
    """Return what rules and rubrics may ask about a call; where its file lies and who took it are none of it."""
    return {"queue": recording.queue, "direction": recording.direction, "team": recording.team}


def _key(recipe: str, data: Any, **inputs: Any) -> str:
    return fingerprint(recipe, {"data": data, **inputs})
