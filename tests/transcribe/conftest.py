"""What the transcription tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the shipped model is put together once for all tests."""
    folder = tmp_path_factory.mktemp("models")
    yield folder
    shutil.rmtree(folder)  # 150 MB
