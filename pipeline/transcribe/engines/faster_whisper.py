"""Whisper by faster-whisper (CTranslate2): the engine for CPUs, int8 there and float16 on a GPU."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.config import TranscribeSettings
from pipeline.errors import EngineError, ModelError
from pipeline.records import MadeBy, Recording
from pipeline.transcribe.engine import Recognition
from pipeline.transcribe.guards import Segment
from pipeline.transcribe.hearing import hear, settings_fingerprint
from pipeline.transcribe.models import resolve_whisper, whisper_sha256
from pipeline.transcribe.packing import HeardWord
from pipeline.transcribe.threads import thread_count

ONLY_AS_FIRST_GUESS = [0.0]  # no fallback to sampling: the same audio must give the same words every time


class FasterWhisperEngine:
    """Recognises with CTranslate2 weights; loads them on first use, once, and then works on one call at a time."""

    def __init__(self, settings: TranscribeSettings, models_dir: Path) -> None:
        self._settings, self._models_dir = settings, models_dir
        self._lock, self._loading = threading.Lock(), threading.Lock()

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        """See `pipeline.transcribe.engine.Engine`; the same for every call."""
        return self._made_by

    @functools.cached_property
    def _made_by(self) -> MadeBy:
        return MadeBy(
            engine="faster-whisper",
            version=f"{version('faster-whisper')} (ctranslate2 {version('ctranslate2')})",
            model_sha256=whisper_sha256(self._settings.model, self._models_dir),
            settings_sha256=settings_fingerprint(self._settings),
        )

    def recognise(self, recording: Recording, channels: NDArray[np.float32]) -> Recognition:
        """See `pipeline.transcribe.engine.Engine`."""
        with self._lock:
            try:
                return hear(
                    channels,
                    language=self._settings.language,
                    decode=self._decode,
                    at_once=self._at_once,
                    detect_language=lambda samples: cast(str, self._model.detect_language(audio=samples)[0]),
                )
            except (RuntimeError, ValueError) as error:  # how CTranslate2 reports a failed computation
                raise EngineError(
                    f"call {recording.call_id}: faster-whisper failed ({type(error).__name__}); "
                    "if memory ran out, set transcribe.device to cpu or take a smaller model"
                ) from error

    def _decode(self, samples: NDArray[np.float32], language: str) -> Iterator[Segment]:
        with self._loading:
            model = self._model
        segments, _ = model.transcribe(
            samples,
            language=language,
            beam_size=self._settings.beam_size,
            temperature=ONLY_AS_FIRST_GUESS,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        for segment in segments:
            yield Segment(
                words=tuple(
                    HeardWord(
                        text=word.word,
                        start_s=float(word.start),
                        end_s=float(word.end),
                        probability=float(word.probability),
                    )
                    for word in segment.words or ()
                ),
                no_speech_probability=segment.no_speech_prob,
                mean_log_probability=segment.avg_logprob,
            )

    @functools.cached_property
    def _device(self) -> str:
        import ctranslate2  # noqa: PLC0415

        if self._settings.device != "auto":
            return self._settings.device
        return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"

    @functools.cached_property
    def _at_once(self) -> int:
        return 1 if self._device == "cuda" else thread_count(self._settings.threads)

    @functools.cached_property
    def _model(self) -> Any:
        import ctranslate2  # noqa: PLC0415 - loaded when the first call is recognised, not with the module
        from faster_whisper import WhisperModel  # noqa: PLC0415

        ctranslate2.set_log_level(40)
        weights = resolve_whisper(self._settings.model, self._models_dir)
        try:
            model = WhisperModel(
                str(weights.folder),
                device=self._device,
                compute_type="float16" if self._device == "cuda" else "int8",
                cpu_threads=1,
                num_workers=self._at_once,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{weights.folder}: faster-whisper cannot load this model ({error})") from None
        if not model.model.is_multilingual and self._settings.language not in (None, "en"):
            raise ModelError(
                f"model {weights.name} understands English only, and transcribe.language is "
                f"{self._settings.language!r}; take a model whose name does not end in .en"
            )
        return model
