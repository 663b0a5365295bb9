"""Whisper by openai-whisper (torch), on the same weights as faster-whisper or on its own downloads."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config import TranscribeSettings
from pipeline.errors import EngineError, ModelError
from pipeline.records import MadeBy, Recording
from pipeline.transcribe.ct2_weights import load_checkpoint
from pipeline.transcribe.engine import Recognition
from pipeline.transcribe.guards import Segment
from pipeline.transcribe.hearing import hear, settings_fingerprint
from pipeline.transcribe.models import PACKAGED, is_path, resolve_whisper, whisper_sha256
from pipeline.transcribe.packing import HeardWord
from pipeline.weights import sha256_of


class OpenAIWhisperEngine:
    """Recognises with torch, float32 on a CPU and float16 on a GPU; loads on first use, once, one call at a time.

    Models: ``base`` and CTranslate2 folders (converted without loss), a ``.pt`` file, or an official name, which
    openai-whisper downloads and checks itself.
    """

    def __init__(self, settings: TranscribeSettings, models_dir: Path) -> None:
        self._settings, self._models_dir = settings, models_dir
        self._lock = threading.Lock()

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        """See `pipeline.transcribe.engine.Engine`; the same for every call."""
        return self._made_by

    @functools.cached_property
    def _made_by(self) -> MadeBy:
        return MadeBy(
            engine="openai-whisper",
            version=f"{version('openai-whisper')} (torch {version('torch').partition('+')[0]})",
            model_sha256=self._sha256(),
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
                    detect_language=self._detect_language,
                )
            except (RuntimeError, ValueError) as error:  # how torch reports a failed computation
                raise EngineError(
                    f"call {recording.call_id}: openai-whisper failed ({type(error).__name__}); "
                    "if memory ran out, set transcribe.device to cpu or take a smaller model"
                ) from error

    def _decode(self, samples: NDArray[np.float32], language: str) -> Iterator[Segment]:
        beam_size = self._settings.beam_size
        result = self._model.transcribe(
            samples,
            language=language,
            beam_size=beam_size if beam_size > 1 else None,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            fp16=self._model.device.type == "cuda",
            verbose=None,
        )
        for segment in result["segments"]:
            yield Segment(
                words=tuple(
                    HeardWord(
                        text=word["word"],
                        start_s=float(word["start"]),
                        end_s=float(word["end"]),
                        probability=float(word["probability"]),
                    )
                    for word in segment.get("words", ())
                ),
                no_speech_probability=segment["no_speech_prob"],
                mean_log_probability=segment["avg_logprob"],
            )

    def _detect_language(self, samples: NDArray[np.float32]) -> str:
        import whisper  # noqa: PLC0415 - brings torch

        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), n_mels=self._model.dims.n_mels)
        _, probabilities = self._model.detect_language(mel.to(self._model.device))
        return str(max(probabilities, key=probabilities.get))

    def _sha256(self) -> str:
        model = self._settings.model
        if is_path(model) and Path(model).suffix == ".pt":
            return sha256_of(Path(model))
        if model in PACKAGED or is_path(model):
            return whisper_sha256(model, self._models_dir)
        return _official_urls(model)[model].split("/")[
            -2
        ]  # openai-whisper checks downloads against the hash in the URL

    @functools.cached_property
    def _model(self) -> Any:
        import torch  # noqa: PLC0415 - seconds that only recognition should pay

        model, settings = self._settings.model, self._settings
        if settings.threads:
            torch.set_num_threads(settings.threads)
        device = settings.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if model in PACKAGED or (is_path(model) and Path(model).suffix != ".pt"):
            loaded = load_converted(resolve_whisper(model, self._models_dir).folder)
        else:
            loaded = self._own_download(model)
        _read_tokenizer(loaded)
        if not loaded.is_multilingual and settings.language not in {None, "en"}:
            raise ModelError(
                f"model {Path(model).name} understands English only, and transcribe.language is {settings.language!r}; "
                "take a model whose name does not end in .en"
            )
        return loaded.to(device)

    def _own_download(self, model: str) -> Any:
        import whisper  # noqa: PLC0415

        if not is_path(model):
            _official_urls(model)
        try:
            return whisper.load_model(model, device="cpu", download_root=str(self._models_dir / "openai-whisper"))
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise ModelError(
                f"openai-whisper cannot load or download model {Path(model).name} ({type(error).__name__}); without a "
                f"network, copy its .pt file to {self._models_dir / 'openai-whisper'} or set transcribe.model to its "
                "path; `base` comes with the installation"
            ) from None


def _read_tokenizer(model: Any) -> None:
    """Let openai-whisper read its tokenizer now: it leaves the file open, and Python would warn about that later."""
    from whisper.tokenizer import get_tokenizer  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        get_tokenizer(model.is_multilingual, num_languages=model.num_languages)  # keeps its words for the process


def _official_urls(model: str) -> dict[str, str]:
    import whisper  # noqa: PLC0415

    urls: dict[str, str] = whisper._MODELS  # the only place where it keeps the hashes
    if model not in urls:
        raise ModelError(
            f"unknown Whisper model {model!r}; give a model folder's path, a .pt file or one of: "
            + ", ".join(sorted(urls))
        )
    return urls


def load_converted(folder: Path) -> Any:
    """Return an openai-whisper model with the weights of a CTranslate2 folder, float32 on the CPU.

    Raises:
        ModelError: It is no such folder, or does not fit openai-whisper's model.
    """
    import torch  # noqa: PLC0415
    from whisper.model import ModelDimensions, Whisper  # noqa: PLC0415

    checkpoint = load_checkpoint(folder)
    model = Whisper(ModelDimensions(**checkpoint.dims))
    try:
        model.load_state_dict({name: torch.from_numpy(value) for name, value in checkpoint.state.items()})
    except RuntimeError as error:  # lists the keys that are missing or left over
        raise ModelError(f"{folder}: does not fit openai-whisper's model ({str(error).splitlines()[0]})") from None
    if checkpoint.alignment_heads:
        heads = torch.zeros(checkpoint.dims["n_text_layer"], checkpoint.dims["n_text_head"], dtype=torch.bool)
        for layer, head in checkpoint.alignment_heads:
            heads[layer, head] = True
        model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)
    return model
