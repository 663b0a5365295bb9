"""What a recogniser is: audio by channel goes in, words with times come out. Engines are chosen by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from pipeline.config import TranscribeSettings
from pipeline.records import Dropped, MadeBy, Recording, Turn, Word
from pipeline.registry import load
from pipeline.sound import CallAudio

UNDETERMINED = "und"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognition:
    """What was heard.

    Attributes:
        language: Language code; ``und`` where nothing was said and no language was set.
        channels: Words by channel, in order of start; empty where nobody speaks.
        language_confidence: How sure the language is (0..1); None where it was set or nothing was said.
        dropped: What was recognised and left out, with its reason.
        turns: Turns that are known already (a replayed transcript), or None where they are to be made from the words.
    """

    language: str
    channels: tuple[tuple[Word, ...], ...]
    language_confidence: float | None = None
    dropped: tuple[Dropped, ...] = ()
    turns: tuple[Turn, ...] | None = None


class Engine(Protocol):
    """A recogniser. One object serves the whole process and may be called from several threads."""

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        """Return what will have made the words, known before any weights are loaded: it goes into step keys.

        Args:
            recording: The call, for an engine whose words depend on more than its sound; None asks for the engine.

        Raises:
            ModelError: The model's identity cannot be told, because its files are missing.
        """
        ...

    def prepare(self) -> None:
        """Load the weights now, while there are other things to wait for; `recognise` would load them otherwise.

        Raises:
            ModelError: They are missing or are not the ones they should be.
        """
        ...

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        """Return what is said on each channel.

        Args:
            recording: Where the audio is from.
            audio: Its sound, read once from beginning to end.
            prompt: Names and products that may be said, to be listened for; None for none.

        Raises:
            ModelError: The weights are missing or are not the ones they should be.
            EngineError: This recording could not be recognised.
        """
        ...


class EngineFactory(Protocol):
    """What is registered under an engine's name."""

    def __call__(self, settings: TranscribeSettings, models_dir: Path) -> Engine:
        """Return the engine, without loading weights."""
        ...


def create_engine(settings: TranscribeSettings, models_dir: Path) -> Engine:
    """Return the engine that the settings name; weights are loaded on its first use.

    Args:
        settings: Engine, model, language and how to decode.
        models_dir: Where model files are put together and kept.

    Raises:
        UnknownNameError: No such engine; the message lists those there are.
    """
    return cast(EngineFactory, load("transcription engine", settings.engine))(settings, models_dir)
