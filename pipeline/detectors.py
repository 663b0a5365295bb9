"""What looks at a redacted transcript: rules, sentiment and measures, with their settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline import keys
from pipeline.compliance import exact
from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader, meaning_reader
from pipeline.compliance.packs import load_packs, rules_fingerprint
from pipeline.compliance.rule import Rule, RuleStatus
from pipeline.config import Settings
from pipeline.conversation.measure import measure
from pipeline.encoder import FILES, WEIGHTS
from pipeline.records import CallFindings, CallSentiment, FactKeys, Measures, Recording, Transcript
from pipeline.sentiment.engine import SentimentEngine, create_sentiment_engine
from pipeline.sentiment.read import read_sentiment
from pipeline.sound import CallAudio


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

    def keys(self, transcript_key: str, recording: Recording) -> FactKeys:
        """Return under which keys to store what is found in a transcript."""
        chosen = self.settings
        return FactKeys(
            transcript=transcript_key,
            findings=keys.findings_key(
                recording,
                transcript=transcript_key,
                rules=self.rules_key,
                settings=chosen.compliance,
                encoder=FILES[WEIGHTS] if self.meaning else None,
            ),
            sentiment=keys.sentiment_key(
                transcript=transcript_key, engine=self.sentiment.made_by, settings=chosen.sentiment
            ),
            measures=keys.measures_key(transcript=transcript_key, settings=chosen.conversation),
        )

    def find(self, transcript: Transcript, recording: Recording) -> CallFindings:
        """Return the outcomes of all rules that apply to a call."""
        return CallFindings(findings=detect(transcript, recording, self.rules, self.settings.compliance, self.meaning))

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


def assemble_detectors(settings: Settings) -> Detectors:
    """Build the detectors that settings name. Rules are checked here; weights are loaded when first used.

    Raises:
        AuthoredFileError: A rule pack has problems; all of them are listed.
        UnknownNameError: Settings name a sentiment engine that there is not.
    """
    rules = load_packs(settings.compliance.rules_dir)
    return Detectors(
        settings=settings,
        sentiment=create_sentiment_engine(settings.sentiment, settings.models_dir),
        rules=rules,
        rules_key=rules_fingerprint(rules),
        meaning=meaning_reader() if _by_meaning(rules) else None,
    )


def _by_meaning(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.meaning and rule.status is RuleStatus.ACTIVE)
