"""Files of installed packages, found and checked."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.weights import check_sha256, package_file, sha256_of


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "earmark_test_weights"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (folder / "data" / "w.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.mark.parametrize("name", ["earmark-test-weights", "earmark_test_weights", "earmark.test-weights"])
def test_package_file_finds_a_file_without_importing_the_package(package: Path, name: str) -> None:
    assert package_file(name, "data/w.bin") == package / "data" / "w.bin"
    assert "earmark_test_weights" not in sys.modules


def test_package_file_says_what_is_missing(package: Path) -> None:
    with pytest.raises(ModelError, match=r"earmark-absent that holds data/w\.bin is not installed"):
        package_file("earmark-absent", "data/w.bin")
    with pytest.raises(ModelError, match=r"earmark-test-weights lacks its file data/other\.bin"):
        package_file("earmark-test-weights", "data/other.bin")


def test_sha256_of_a_file_longer_than_one_read(tmp_path: Path) -> None:
    content = b"0123456789" * 200_000
    (tmp_path / "w.bin").write_bytes(content)
    assert sha256_of(tmp_path / "w.bin") == hashlib.sha256(content).hexdigest()


def test_check_sha256_names_file_and_both_hashes(package: Path) -> None:
    file = package / "data" / "w.bin"
    found = hashlib.sha256(b"weights").hexdigest()
    check_sha256(file, found)
    with pytest.raises(ModelError, match=rf"w\.bin.*sha256 {found}, expected {'0' * 64}"):
        check_sha256(file, "0" * 64)
    with pytest.raises(ModelError, match="cannot be read"):
        check_sha256(package / "absent", found)
