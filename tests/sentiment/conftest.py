from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import SentimentSettings
from pipeline.sentiment.engine import SentimentEngine, create_sentiment_engine


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for trained heads, kept for all tests."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def minilm(models_dir: Path) -> SentimentEngine:
    """The default engine with its heads trained."""
    engine = create_sentiment_engine(SentimentSettings(), models_dir)
    engine.read(["hello"])
    return engine
