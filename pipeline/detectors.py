"""What looks at a redacted transcript: rules, sentiment and measures, with their settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from pipeline import keys
from pipeline.compliance import exact
from pipeline.compliance.call_rules import CallRules
from pipeline.compliance.calls import Judged, judged_fingerprint
from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader, meaning_reader
from pipeline.compliance.packs import load_rules, rules_fingerprint
from pipeline.compliance.rule import (
    Leaf,
    MeasureIs,
    MetadataIs,
    OvertalkIs,
    Rule,
    RuleStatus,
    Saying,
    SentimentIs,
    SilenceIs,
)
from pipeline.config import Settings
from pipeline.conversation.measure import measure
from pipeline.encoder import FILES, WEIGHTS
from pipeline.records import CallFindings, CallSentiment, FactKeys, Measures, Recording, Transcript
from pipeline.sentiment.engine import SentimentEngine, create_sentiment_engine
from pipeline.sentiment.read import read_sentiment
from pipeline.sound import CallAudio

_OF_MEASURES = (MeasureIs, OvertalkIs, SilenceIs)


@dataclass(frozen=True, kw_only=True)
class Detectors:
    """Rules and sentiment engine. ``rules_key`` stands for all rules together.

    ``meaning`` reads for rules that find by meaning; None where no active rule does, or the encoder is not installed.
    """

    settings: Settings
    sentiment: SentimentEngine
    rules: tuple[Rule, ...]
    rules_key: str
    meaning: MeaningReader | None = None

    @cached_property
    def about_calls(self) -> CallRules:
        """The rules that look at the call's metadata and its customer's earlier calls."""
        return CallRules(rules=tuple(rule for rule in self.rules if rule.status is RuleStatus.ACTIVE))

    @cached_property
    def _leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaf for rule in self.rules if rule.status is RuleStatus.ACTIVE for leaf in rule.leaves())

    @property
    def asks_for_sentiment(self) -> bool:
        """True where an active rule asks how a party sounds."""
        return any(isinstance(leaf, SentimentIs) for leaf in self._leaves)

    @property
    def asks_for_measures(self) -> bool:
        """True where an active rule asks for silence, overtalk or another measure."""
        return any(isinstance(leaf, _OF_MEASURES) for leaf in self._leaves)

    def keys(
        self, transcript_key: str, recording: Recording, judged: Mapping[str, Judged] = MappingProxyType({})
    ) -> FactKeys:
        """Return under which keys to store what is found in a transcript, given what rules about calls make of it."""
        chosen = self.settings
        sentiment = keys.sentiment_key(
            transcript=transcript_key, engine=self.sentiment.made_by, settings=chosen.sentiment
        )
        measures = keys.measures_key(transcript=transcript_key, settings=chosen.conversation)
        findings = keys.findings_key(
            recording,
            transcript=transcript_key,
            rules=self.rules_key,
            settings=chosen.compliance,
            encoder=FILES[WEIGHTS] if self.meaning else None,
            sentiment=sentiment if self.asks_for_sentiment else None,
            measures=measures if self.asks_for_measures else None,
            metadata=sorted({leaf.field for leaf in self._leaves if isinstance(leaf, MetadataIs)}),
            judged=judged_fingerprint(judged),
        )
        return FactKeys(transcript=transcript_key, findings=findings, sentiment=sentiment, measures=measures)

    def find(
        self,
        transcript: Transcript,
        recording: Recording,
        sentiment: CallSentiment | None,
        measures: Measures | None,
        judged: Mapping[str, Judged] = MappingProxyType({}),
    ) -> CallFindings:
        """Return the outcomes of all rules that apply to a call; those about calls are ``judged`` before.

        Without sentiment or measures the rules that ask for them cannot be assessed.
        """
        found = detect(
            transcript,
            recording,
            self.rules,
            self.settings.compliance,
            self.meaning,
            sentiment=sentiment,
            measures=measures,
            judged=judged,
        )
        return CallFindings(findings=found)

    def read(self, transcript: Transcript) -> CallSentiment:
        """Return how each turn sounds, and what that adds up to."""
        return read_sentiment(transcript, self.sentiment, self.settings.sentiment)

    def measure(self, transcript: Transcript, audio: CallAudio | None) -> Measures:
        """Return the shape of the conversation.

        Args:
            transcript: Who said what and when.
            audio: The call's sound; None where there is only a transcript.
        """
        return measure(transcript, audio, self.settings.conversation)

    def preparations(self) -> tuple[Callable[[], None], ...]:
        """Return what loads now that which the first call would load, in the order in which calls need it."""
        meaning = self.meaning
        if meaning is None:
            return exact.prepare, self.sentiment.prepare
        return exact.prepare, lambda: meaning.prepare(_by_meaning(self.rules)), self.sentiment.prepare

    def active_rule_ids(self) -> frozenset[str]:
        """Return the ids of the rules that are looked for."""
        return frozenset(rule.id for rule in self.rules if rule.status is RuleStatus.ACTIVE)


def assemble_detectors(settings: Settings, rules_path: Path | None = None) -> Detectors:
    """Build the detectors that settings name. Rules are checked here; weights are loaded when first used.

    Args:
        settings: Which rules, which sentiment engine.
        rules_path: A rule pack or a folder of them, instead of the settings' folder.

    Raises:
        AuthoredFileError: A rule pack has problems; all of them are listed.
        UnknownNameError: Settings name a sentiment engine that there is not.
    """
    rules = load_rules(rules_path or settings.compliance.rules_dir)
    return Detectors(
        settings=settings,
        sentiment=create_sentiment_engine(settings.sentiment, settings.models_dir),
        rules=rules,
        rules_key=rules_fingerprint(rules),
        meaning=meaning_reader() if _by_meaning(rules) else None,
    )


def _by_meaning(rules: tuple[Rule, ...]) -> tuple[Saying, ...]:
    active = [saying for rule in rules if rule.status is RuleStatus.ACTIVE for saying in rule.sayings()]
    return tuple(saying for saying in active if saying.by_meaning)
