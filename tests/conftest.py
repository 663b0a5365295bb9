"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_AUDIO = Path(__file__).resolve().parent.parent.parent / "shared" / "audio"


@pytest.fixture(scope="session")
def shared_audio() -> Path:
    """The folder of real speech beside the checkout; skips where it is absent."""
    if not SHARED_AUDIO.is_dir():
        pytest.skip("the shared test audio is not beside this checkout")
    return SHARED_AUDIO
