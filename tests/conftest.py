"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.at_rest.in_use import use_keys

SHARED_AUDIO = Path(__file__).resolve().parent.parent.parent / "shared" / "audio"


@pytest.fixture(scope="session")
def shared_audio() -> Path:
    """The folder of real speech beside the checkout; skips where it is absent."""
    if not SHARED_AUDIO.is_dir():
        pytest.skip("the shared test audio is not beside this checkout")
    return SHARED_AUDIO


@pytest.fixture(autouse=True)
def keys_of_one_test() -> Iterator[None]:
    """Let no test leave the keys of its workspace in use, with which the next one's would be sealed."""
    yield
    use_keys(None)
