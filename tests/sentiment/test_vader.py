from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import SentimentSettings
from pipeline.records import Role
from pipeline.sentiment.engine import create_sentiment_engine
from pipeline.sentiment.engines.vader import probabilities


@pytest.mark.parametrize(
    ("compound", "label"),
    [
        (-1.0, "negative"),
        (-0.05, "negative"),
        (-0.04, "neutral"),
        (0.0, "neutral"),
        (0.05, "positive"),
        (1, "positive"),
    ],
)
def test_likeliest_label_is_the_one_that_its_authors_read(compound: float, label: str) -> None:
    found = probabilities(compound)
    assert found.label == label
    assert found.negative + found.neutral + found.positive == pytest.approx(1)


def test_vader_reads_in_order_and_says_that_it_is_a_fallback(tmp_path: Path) -> None:
    engine = create_sentiment_engine(SentimentSettings(engine="vader"), tmp_path)
    engine.prepare()
    found = engine.read(["This is terrible, I hate it!", "", "Wonderful, I love it!"], [Role.AGENT] * 3)
    assert [reading.label for reading in found] == ["negative", "neutral", "positive"]
    assert engine.made_by.engine == "vader (fallback)"
    assert engine.read([]) == []
