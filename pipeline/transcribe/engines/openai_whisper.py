"""Whisper by openai-whisper (torch), on the same weights as faster-whisper or on its own downloads."""

from __future__ import annotations

import copy
import dataclasses
import functools
import threading
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.config import TranscribeSettings
from pipeline.errors import ModelError
from pipeline.importing import importing
from pipeline.records import MadeBy, Recording
from pipeline.sound import CallAudio
from pipeline.transcribe.batching import Batcher
from pipeline.transcribe.cores import Cores, core_count
from pipeline.transcribe.ct2_weights import load_checkpoint
from pipeline.transcribe.engine import Recognition
from pipeline.transcribe.hearing import hear, settings_fingerprint
from pipeline.transcribe.models import PACKAGED, is_path, require_language, resolve_whisper, whisper_sha256
from pipeline.transcribe.packing import HeardWord
from pipeline.transcribe.recogniser import HeardWindow, WindowSound, told_as_engine_error
from pipeline.transcribe.speech import load_network
from pipeline.weights import sha256_of

BATCH_ON_CPU, BATCH_ON_GPU = 8, 32
FRAME_MS = 10


class OpenAIWhisperEngine:
    """Recognises with torch, float32 on a CPU and float16 on a GPU; loads on first use, once, one call at a time.

    Models: ``base`` and CTranslate2 folders (converted without loss), a ``.pt`` file, or an official name, which
    openai-whisper downloads and checks itself.
    """

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
            engine="openai-whisper",
            version=f"{version('openai-whisper')} (torch {version('torch').partition('+')[0]})",
            model_sha256=self._sha256(),
            settings_sha256=settings_fingerprint(self._settings),
        )

    def prepare(self) -> None:
        """See `pipeline.transcribe.engine.Engine`."""
        load_network()
        with self._loading:
            self._queue  # noqa: B018 - loads the weights

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        """See `pipeline.transcribe.engine.Engine`."""
        with told_as_engine_error("openai-whisper", recording):
            return hear(audio, settings=self._settings, prompt=prompt, recognise=self._recognise)

    def _recognise(self, windows: Sequence[WindowSound]) -> list[HeardWindow]:
        with self._loading:
            queue = self._queue
        return queue.map(windows)

    @functools.cached_property
    def _queue(self) -> Batcher[WindowSound, HeardWindow]:
        on_gpu = self._model.device.type == "cuda"
        return Batcher(
            self._recognise_batch,
            kind=lambda window: window.kind,
            workers=1,  # torch spreads one batch over the cores by itself
            batch_size=BATCH_ON_GPU if on_gpu else BATCH_ON_CPU,
        )

    def _recognise_batch(self, batch: Sequence[WindowSound]) -> list[HeardWindow]:
        with self._cores.hold(self._cores.count):
            return self._decode(batch)

    def _decode(self, batch: Sequence[WindowSound]) -> list[HeardWindow]:
        """Encode once; then languages, words and word times all come from the encoded windows."""
        with importing:
            import torch  # noqa: PLC0415 - seconds that only recognition should pay
            import whisper  # noqa: PLC0415

        model = at_length(self._model, batch[0].encoded_ms)
        mel = torch.stack([whisper.log_mel_spectrogram(w.padded(), n_mels=model.dims.n_mels) for w in batch])
        with torch.inference_mode():
            encoded = model.encoder(mel.to(model.device))
            languages = self._languages(model, encoded) if batch[0].asks_language else [{} for _ in batch]
            results = self._generate(model, encoded, batch)
            return [
                HeardWindow(
                    words=self._aligned(model, features, result, window),
                    no_speech_probability=float(result.no_speech_prob),
                    mean_log_probability=float(result.avg_logprob),
                    languages=of_window,
                )
                for window, features, result, of_window in zip(batch, encoded, results, languages, strict=True)
            ]

    def _generate(self, model: Any, encoded: Any, batch: Sequence[WindowSound]) -> list[Any]:
        with importing:
            import whisper  # noqa: PLC0415

        beam_size = self._settings.beam_size
        half = model.device.type == "cuda"
        options = whisper.DecodingOptions(
            language=batch[0].language,
            beam_size=beam_size if beam_size > 1 else None,
            prompt=batch[0].prompt,
            sample_len=min(model.dims.n_text_ctx // 2, batch[0].most_tokens),
            without_timestamps=True,
            fp16=half,
        )
        decoded = whisper.decode(model, encoded.half() if half else encoded, options)
        return list(decoded)

    def _languages(self, model: Any, encoded: Any) -> list[dict[str, float]]:
        with importing:
            import whisper  # noqa: PLC0415

        if not model.is_multilingual:
            return [{} for _ in encoded]
        _, found = whisper.detect_language(model, encoded)
        return list(found)

    def _aligned(self, model: Any, features: Any, result: Any, window: WindowSound) -> tuple[HeardWord, ...]:
        with importing:
            import torch  # noqa: PLC0415
            from whisper.timing import find_alignment  # noqa: PLC0415
            from whisper.tokenizer import get_tokenizer  # noqa: PLC0415

        tokenizer = get_tokenizer(
            model.is_multilingual, num_languages=model.num_languages, language=window.language, task="transcribe"
        )
        encoded_already = copy.copy(model)
        encoded_already._modules = {**model._modules, "encoder": torch.nn.Identity()}
        tokens = [token for token in result.tokens if token < tokenizer.eot]
        frames = max(2, window.length_ms // FRAME_MS)
        return tuple(
            HeardWord(
                text=word.word, start_s=float(word.start), end_s=float(word.end), probability=float(word.probability)
            )
            for word in find_alignment(encoded_already, tokenizer, tokens, features, frames)
            if word.word
        )

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
        torch.set_num_threads(self._cores.count)
        device = settings.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if model in PACKAGED or (is_path(model) and Path(model).suffix != ".pt"):
            loaded = load_converted(resolve_whisper(model, self._models_dir).folder)
        else:
            loaded = self._own_download(model)
        _read_tokenizer(loaded)
        require_language(settings.language, Path(model).name, multilingual=loaded.is_multilingual)
        return loaded.to(device)

    def _own_download(self, model: str) -> Any:
        with importing:
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


def at_length(model: Any, encoded_ms: int) -> Any:
    """Return the model as one whose encoder takes windows of so many milliseconds; both share their weights.

    Whisper's encoder adds one position to each 20 ms; a shorter window takes the first ones.
    """
    positions = encoded_ms // 20
    if positions == model.dims.n_audio_ctx:
        return model
    encoder = copy.copy(model.encoder)
    encoder._buffers = {
        **model.encoder._buffers,
        "positional_embedding": model.encoder.positional_embedding[:positions],
    }
    shorter = copy.copy(model)
    shorter._modules = {**model._modules, "encoder": encoder}
    shorter.dims = dataclasses.replace(model.dims, n_audio_ctx=positions)
    return shorter


def _read_tokenizer(model: Any) -> None:
    """Let openai-whisper read its tokenizer now: it leaves the file open, and Python would warn about that later."""
    with importing:
        from whisper.tokenizer import get_tokenizer  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        get_tokenizer(model.is_multilingual, num_languages=model.num_languages)  # keeps its words for the process


def _official_urls(model: str) -> dict[str, str]:
    with importing:
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
    with importing:
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
