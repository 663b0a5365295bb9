"""Replays a transcript that lies beside the recording: for tests, demonstrations and transcripts made elsewhere."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from pipeline.config import TranscribeSettings
from pipeline.errors import EngineError, TranscriptFileError
from pipeline.media.facts import is_file
from pipeline.media.inside import leads_outside
from pipeline.media.opened import read_small
from pipeline.media.place import Place, RemotePath, place_of
from pipeline.records import MadeBy, Recording
from pipeline.sound import CallAudio
from pipeline.transcribe.engine import Recognition
from pipeline.transcribe.files import transcript_from_json

SUFFIX = ".transcript.json"
MOST_BYTES = 64 << 20  # a sparse file may claim terabytes, and takes them only when it is read


class ScriptedEngine:
    """Reads ``call.wav.transcript.json`` or ``call.transcript.json`` instead of listening to ``call.wav``."""

    def __init__(self, settings: TranscribeSettings, models_dir: Path) -> None:
        del settings, models_dir  # the file says everything
        self._version = version("earmark")

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        """See `pipeline.transcribe.engine.Engine`; the file that is replayed stands for the model.

        Raises:
            EngineError: There is no such file.
        """
        replayed = hashlib.sha256(_replayed(recording)).hexdigest() if recording else None
        return MadeBy(engine="scripted", version=self._version, model_sha256=replayed)

    def prepare(self) -> None:
        """See `pipeline.transcribe.engine.Engine`; there is nothing to load."""

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        """See `pipeline.transcribe.engine.Engine`; turns are those of the file.

        Raises:
            EngineError: There is no such file, it cannot be read, or it names a channel that the recording lacks.
        """
        file = _beside(recording)
        try:
            source = json.loads(_replayed(recording)) if isinstance(file, RemotePath) else file
            transcript = transcript_from_json(source, call_id=recording.call_id)
        except (TranscriptFileError, ValueError) as error:
            raise EngineError(f"call {recording.call_id}: {error}") from None
        count = max(recording.channels, 1)
        beyond = sorted({turn.channel for turn in transcript.turns if turn.channel >= count})
        if beyond:
            raise EngineError(
                f"call {recording.call_id}: its transcript has turns on channel {beyond[0]}, and the recording has "
                f"{count}; channels count from 0"
            )
        words = tuple(
            tuple(word for turn in transcript.turns if turn.channel == channel for word in turn.words)
            for channel in range(count)
        )
        return Recognition(language=transcript.language, channels=words, turns=transcript.turns)


def _replayed(recording: Recording) -> bytes:
    try:
        return read_small(_beside(recording), MOST_BYTES)
    except ValueError as error:
        raise EngineError(f"call {recording.call_id}: its transcript {error}") from None


def _beside(recording: Recording) -> Place:
    media = place_of(recording.media_uri)
    candidates = [media.with_name(media.name + SUFFIX), media.with_suffix(SUFFIX)]
    for candidate in candidates:
        if is_file(candidate) and not leads_outside(candidate, media.parent):
            return candidate
    # file names may hold a customer's number, so the message tells the pattern only
    raise EngineError(
        f"call {recording.call_id}: no transcript to replay; put NAME{SUFFIX} beside the recording, "
        "NAME being the recording's with or without its ending"
    )
