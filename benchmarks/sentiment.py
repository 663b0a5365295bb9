"""Measure the sentiment engine on labelled turns: ``python benchmarks/sentiment.py --dev FILE``.

FILE holds one JSON object a line with ``text``, ``label`` (negative, neutral, positive) and, where known, ``role``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pipeline.config import SentimentSettings, load_settings
from pipeline.records import Role
from pipeline.sentiment.engine import create_sentiment_engine
from pipeline.sentiment.evaluate import agreement
from pipeline.sentiment.sentences import read_sentences


def main() -> None:
    """Print agreement by label, macro-F1 and turns per second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", type=Path, required=True, help="labelled turns that nothing was trained on")
    parser.add_argument("--engine", default="minilm")
    parser.add_argument("--model", default=None, help="for engine transformers: name or folder")
    parser.add_argument("--models-dir", type=Path, default=None)
    given = parser.parse_args()
    turns = read_sentences(given.dev)
    settings = SentimentSettings(engine=given.engine, model=given.model)
    engine = create_sentiment_engine(settings, given.models_dir or load_settings().models_dir)

    loading = time.perf_counter()
    engine.read(["hello"])
    reading = time.perf_counter()
    found = engine.read([turn.text for turn in turns], [turn.role or Role.UNKNOWN for turn in turns])
    done = time.perf_counter()

    print(f"engine     {engine.made_by.engine} {engine.made_by.version}, {engine.made_by.model_sha256}")
    print("\n".join(agreement([turn.label for turn in turns], [reading.label for reading in found]).lines()))
    print(f"loading    {reading - loading:.1f} s (training included where no heads were kept)")
    print(f"reading    {len(turns) / (done - reading):.0f} turns/s")


if __name__ == "__main__":
    main()
