"""What every registered engine must do; then what each does alone."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import TranscribeSettings
from pipeline.errors import EngineError, ModelError, UnknownNameError
from pipeline.intake.decode import decode
from pipeline.records import Recording, Role
from pipeline.registry import names
from pipeline.sound import in_memory
from pipeline.transcribe.engine import Engine, Recognition, create_engine
from pipeline.transcribe.engines.faster_whisper import FasterWhisperEngine
from pipeline.transcribe.files import transcript_to_json
from pipeline.transcribe.recogniser import WindowSound
from tests.factories import recording, transcript

ENGINES = names("transcription engine")
WHISPER = tuple(name for name in ENGINES if name != "scripted")
CLIP_MS = (
    3_000,
    11_000,
)  # "Hello, this is Harper Valley National Bank. My name is Elizabeth. How can I help you today?"


def engine_of(name: str, models_dir: Path, **changes: object) -> Engine:
    settings = TranscribeSettings.model_validate({"engine": name, "threads": 2, "device": "cpu", **changes})
    return create_engine(settings, models_dir)


@pytest.fixture(scope="module")
def greeting(shared_audio: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, NDArray[np.float32]]:
    """Eight seconds of a real call, agent on channel 0, nobody on channel 1, with a transcript to replay."""
    folder = tmp_path_factory.mktemp("greeting")
    file = shared_audio / "hvb_callcenter" / "stereo" / "0002f70f7386445b.wav"
    samples = decode(file, target_rate_hz=16_000).samples[:, CLIP_MS[0] * 16 : CLIP_MS[1] * 16]
    replayed = transcript(("agent", "Hello, how can I help you today?"), call_id="c-1")
    (folder / "call.transcript.json").write_text(json.dumps(transcript_to_json(replayed)))
    here = recording(media_uri=str(folder / "call.wav"), duration_ms=CLIP_MS[1] - CLIP_MS[0])
    return here, np.ascontiguousarray(samples)


@pytest.fixture(scope="module")
def heard(greeting: tuple[Recording, NDArray[np.float32]], models_dir: Path) -> Callable[[str], Recognition]:
    """What an engine makes of the greeting; each listens once."""
    call, samples = greeting

    @functools.cache
    def listen(name: str) -> Recognition:
        return engine_of(name, models_dir).recognise(call, in_memory(samples.copy()))

    return listen


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_engine_recognises_words_in_order_by_channel(
    name: str, heard: Callable[[str], Recognition], greeting: tuple[Recording, NDArray[np.float32]]
) -> None:
    agent, customer = heard(name).channels
    assert "how can i help you today" in " ".join(word.text for word in agent).lower()
    assert customer == ()
    assert heard(name).language == "en"
    assert [word.start_ms for word in agent] == sorted(word.start_ms for word in agent)
    assert all(0 <= word.start_ms < word.end_ms <= greeting[0].duration_ms for word in agent)
    assert all(word.confidence is None or 0 <= word.confidence <= 1 for word in agent)
    assert all(word.text == word.text.strip() and word.text for word in agent)


@pytest.mark.slow
def test_whisper_engines_agree_on_the_same_weights(heard: Callable[[str], Recognition]) -> None:
    first, second = (heard(name).channels[0] for name in WHISPER)
    assert [word.text for word in first] == [word.text for word in second]
    assert max(abs(a.start_ms - b.start_ms) for a, b in zip(first, second, strict=True)) <= 200


@pytest.mark.parametrize("name", ENGINES)
def test_engine_is_known_without_loading_weights(name: str, tmp_path: Path) -> None:
    made_by = engine_of(name, tmp_path / "empty").made_by()
    assert made_by.engine == name
    assert made_by.version
    assert (made_by.model_sha256 is None) == (name == "scripted")
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("name", WHISPER)
def test_whisper_engine_writes_nothing_on_silence_without_loading_weights(name: str, tmp_path: Path) -> None:
    heard = engine_of(name, tmp_path / "empty").recognise(
        recording(), in_memory(np.zeros((2, 160_000), dtype=np.float32))
    )
    assert heard.channels == ((), ())
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("name", ENGINES)
def test_engine_prepared_has_its_weights_before_the_first_call(name: str, models_dir: Path) -> None:
    engine = engine_of(name, models_dir)
    engine.prepare()
    assert ("_queue" in vars(engine)) == (name in WHISPER)


@pytest.mark.parametrize("name", WHISPER)
def test_preparing_without_weights_says_what_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="huge"):
        engine_of(name, tmp_path, model="huge").prepare()


@pytest.mark.slow
def test_windows_in_a_batch_read_as_they_do_alone(shared_audio: Path, models_dir: Path) -> None:
    file = shared_audio / "hvb_callcenter" / "stereo" / "0002f70f7386445b.wav"
    samples = decode(file, target_rate_hz=16_000).samples
    windows = [
        WindowSound(samples=samples[channel, at_s * 16_000 : (at_s + 10) * 16_000], encoded_ms=12_500, language="en")
        for channel, at_s in ((0, 2), (1, 12), (0, 20))
    ]
    engine = FasterWhisperEngine(TranscribeSettings(device="cpu", threads=1), models_dir)
    together = engine._recognise_batch(windows)
    alone = [engine._recognise_batch([window])[0] for window in windows]
    assert [window.text for window in together] == [window.text for window in alone]
    assert any(window.text for window in together)


@pytest.mark.slow
def test_language_is_detected_where_none_is_set(
    greeting: tuple[Recording, NDArray[np.float32]], models_dir: Path
) -> None:
    call, samples = greeting
    heard = engine_of("faster-whisper", models_dir, language=None).recognise(call, in_memory(samples))
    assert heard.language == "en"
    assert heard.language_confidence is not None
    assert heard.language_confidence > 0.9


@pytest.mark.parametrize("name", WHISPER)
def test_unknown_models_are_refused_with_the_names_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"unknown Whisper model 'huge'.*small"):
        _ = engine_of(name, tmp_path, model="huge").made_by()


def test_openai_whisper_official_models_are_known_by_their_published_hash(tmp_path: Path) -> None:
    made_by = engine_of("openai-whisper", tmp_path, model="tiny").made_by()
    assert made_by.model_sha256 == "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9"


def test_unknown_engine_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'faster-whisper'"):
        engine_of("faster-wisper", tmp_path)


# --- scripted ---------------------------------------------------------------------------------------------------------


def replay(folder: Path, name: str, content: str, *, channels: int = 2, uri: str | None = None):  # type: ignore[no-untyped-def]
    (folder / name).write_text(content)
    call = recording(media_uri=uri or str(folder / "call.wav"), channels=channels)
    return engine_of("scripted", folder).recognise(call, in_memory(np.zeros((channels, 16), dtype=np.float32)))


TURNS = '{"language": "de", "turns": [{"role": "customer", "channel": 1, "start_ms": 0, "end_ms": 9, "text": "a b"}]}'


@pytest.mark.parametrize("name", ["call.transcript.json", "call.wav.transcript.json"])
def test_scripted_replays_the_file_beside_the_recording(tmp_path: Path, name: str) -> None:
    heard = replay(tmp_path, name, TURNS)
    assert heard.language == "de"
    assert heard.channels[0] == ()
    assert [word.text for word in heard.channels[1]] == ["a", "b"]
    assert heard.turns is not None
    assert heard.turns[0].role is Role.CUSTOMER


def test_scripted_takes_a_file_uri(tmp_path: Path) -> None:
    folder = tmp_path / "two words"
    folder.mkdir()
    assert replay(folder, "call.transcript.json", TURNS, uri=(folder / "call.wav").as_uri()).turns


def test_scripted_without_a_file_names_what_it_looked_for_but_no_file_or_folder(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        replay(tmp_path, "other.transcript.json", TURNS)
    assert "NAME.transcript.json" in str(caught.value)
    assert "call.wav" not in str(caught.value)  # names of recordings may hold a customer's number
    assert str(tmp_path) not in str(caught.value)


def test_scripted_refuses_a_channel_that_the_recording_lacks(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="turns on channel 1, and the recording has 1"):
        replay(tmp_path, "call.transcript.json", TURNS, channels=1)


def test_scripted_passes_on_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"call\.transcript\.json: turns: Field required"):
        replay(tmp_path, "call.transcript.json", "{}")
