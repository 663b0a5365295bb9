"""Whisper by faster-whisper (CTranslate2): the engine for CPUs, int8 there and float16 on a GPU."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import TranscribeSettings
from pipeline.errors import ModelError
from pipeline.importing import importing
from pipeline.records import MadeBy, Recording
from pipeline.sound import CallAudio
from pipeline.transcribe.batching import Batcher
from pipeline.transcribe.cores import Cores, core_count
from pipeline.transcribe.engine import Recognition
from pipeline.transcribe.hearing import hear, settings_fingerprint
from pipeline.transcribe.models import require_language, resolve_whisper, whisper_sha256
from pipeline.transcribe.packing import HeardWord
from pipeline.transcribe.recogniser import HeardWindow, WindowSound, told_as_engine_error
from pipeline.transcribe.speech import load_network

# On a CPU the decoder reads its weights once a step, whatever the batch: four windows cost it 0.7 times as much as one
# by one. The encoder is slower by a fifth with four windows in its caches than with one, so it takes one at a time.
BATCH_ON_CPU, BATCH_ON_GPU = 4, 32
FRAME_MS = 10
LONGEST_TEXT = 448
SUPPRESSED = (-1,)  # Whisper's own list of tokens that are no speech


class FasterWhisperEngine:
    """Recognises with CTranslate2 weights; loads them on first use, once. Calls in work share its batches."""

    def __init__(self, settings: TranscribeSettings, models_dir: Path) -> None:
        self._settings, self._models_dir = settings, models_dir
        self._loading = threading.Lock()
        self._cores = Cores(models_dir / "cores", core_count(settings.threads))

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

    def prepare(self) -> None:
        """See `pipeline.transcribe.engine.Engine`."""
        load_network()
        with self._loading:
            self._queue  # noqa: B018 - loads the weights

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        """See `pipeline.transcribe.engine.Engine`."""
        with told_as_engine_error("faster-whisper", recording):
            return hear(audio, settings=self._settings, prompt=prompt, recognise=self._recognise)

    def _recognise(self, windows: Sequence[WindowSound]) -> list[HeardWindow]:
        with self._loading:
            queue = self._queue
        return queue.map(windows)

    @functools.cached_property
    def _queue(self) -> Batcher[WindowSound, HeardWindow]:
        self._model  # noqa: B018 - loads it, so that what is wrong with it is said before any thread starts
        on_gpu = self._device == "cuda"
        return Batcher(
            self._recognise_batch,
            kind=lambda window: window.kind,
            workers=1 if on_gpu else self._cores.count,
            batch_size=BATCH_ON_GPU if on_gpu else BATCH_ON_CPU,
        )

    def _recognise_batch(self, batch: Sequence[WindowSound]) -> list[HeardWindow]:
        with self._cores.hold():
            return self._decode(batch)

    def _decode(self, batch: Sequence[WindowSound]) -> list[HeardWindow]:
        """Encode once; then languages, words and word times all come from the encoded windows."""
        model, first = self._model, batch[0]
        tokenizer = _tokenizer(model, first.language)
        encoded = self._encode([model.feature_extractor(window.padded(), padding=0) for window in batch])
        languages: list[dict[str, float]] = [{} for _ in batch]
        if first.asks_language and model.model.is_multilingual:
            languages = [
                {name.strip("<|>"): float(probability) for name, probability in found}
                for found in model.model.detect_language(encoded)
            ]
        results = self._generate(encoded, batch, tokenizer)
        texts = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
        frames = [max(1, window.length_ms // FRAME_MS) for window in batch]
        aligned = model.find_alignment(tokenizer, texts, encoded, frames) if any(texts) else [[] for _ in batch]
        return [
            HeardWindow(
                words=tuple(
                    HeardWord(
                        text=word["word"],
                        start_s=float(word["start"]),
                        end_s=float(word["end"]),
                        probability=float(word["probability"]),
                    )
                    for word in words
                ),
                no_speech_probability=float(result.no_speech_prob),
                mean_log_probability=_mean_log_probability(result),
                languages=of_window,
            )
            for words, result, of_window in zip(aligned, results, languages, strict=True)
        ]

    def _encode(self, features: Sequence[Any]) -> Any:
        """Return windows encoded, on the device, from their mel spectra of ``[mels, frames]`` each."""
        from ctranslate2 import StorageView  # noqa: PLC0415

        encode = self._model.model.encode
        if self._device == "cuda" or len(features) == 1:
            return encode(StorageView.from_array(np.stack(features)))
        alone = [np.asarray(encode(StorageView.from_array(of_window[None]))) for of_window in features]
        return StorageView.from_array(np.concatenate(alone))

    def _generate(self, encoded: Any, batch: Sequence[WindowSound], tokenizer: Any) -> list[Any]:
        with importing:
            from faster_whisper.transcribe import get_suppressed_tokens  # noqa: PLC0415

        names = batch[0].prompt
        start = self._model.get_prompt(
            tokenizer, tokenizer.encode(" " + names) if names else [], without_timestamps=True
        )
        most = max(window.most_tokens for window in batch)
        return list(
            self._model.model.generate(
                encoded,
                [start] * len(batch),
                max_length=min(LONGEST_TEXT, len(start) + most),
                beam_size=self._settings.beam_size,
                length_penalty=1,
                suppress_blank=True,
                suppress_tokens=list(get_suppressed_tokens(tokenizer, SUPPRESSED)),
                return_scores=True,
                return_no_speech_prob=True,
            )
        )

    @functools.cached_property
    def _device(self) -> str:
        import ctranslate2  # noqa: PLC0415

        if self._settings.device != "auto":
            return self._settings.device
        return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"

    @functools.cached_property
    def _model(self) -> Any:
        with importing:
            import ctranslate2  # noqa: PLC0415 - loaded when the first call is recognised, not with the module
            from faster_whisper import WhisperModel  # noqa: PLC0415

        ctranslate2.set_log_level(40)
        weights = resolve_whisper(self._settings.model, self._models_dir)
        try:
            model = WhisperModel(
                str(weights.folder),
                device=self._device,
                compute_type="float16" if self._device == "cuda" else "int8",
                cpu_threads=1,  # one thread a batch beats all threads on one batch
                num_workers=self._cores.count,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{weights.folder}: faster-whisper cannot load this model ({error})") from None
        require_language(self._settings.language, weights.name, multilingual=model.model.is_multilingual)
        return model


def _tokenizer(model: Any, language: str) -> Any:
    with importing:
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415

    multilingual = model.model.is_multilingual
    return Tokenizer(model.hf_tokenizer, multilingual, task="transcribe", language=language if multilingual else "en")


def _mean_log_probability(result: Any) -> float:
    """Return the mean over the tokens and the end: CTranslate2's score is the sum divided by the tokens alone."""
    tokens = len(result.sequences_ids[0])
    return float(result.scores[0]) * tokens / (tokens + 1) if tokens else 0.0
