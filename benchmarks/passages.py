"""How long may a passage be before one complaint drowns in it? ``python -m benchmarks.passages --dev FILE``.

FILE holds labelled turns as for `benchmarks.sentiment`. Each negative one is put among neutral ones of the file, drawn
with a fixed seed, until the customer's turn has so many words; beside it stands a turn of neutral ones only.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import SentimentSettings
from pipeline.load_settings import load_settings
from pipeline.records import MadeBy, Role, Transcript, Turn, Word
from pipeline.sentiment.engine import SentimentEngine, create_sentiment_engine
from pipeline.sentiment.passages import passages
from pipeline.sentiment.sentences import read_sentences

TURN_WORDS = (20, 60, 120)
PASSAGE_WORDS = (12, 20, 30, 40, 60)


def main() -> None:
    """Print the share of turns that are called negative somewhere, by length of turn and of passage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", type=Path, required=True, help="labelled turns that nothing was trained on")
    parser.add_argument("--models-dir", type=Path, default=None)
    given = parser.parse_args()
    engine = create_sentiment_engine(SentimentSettings(), given.models_dir or load_settings().models_dir)
    sentences = read_sentences(given.dev)
    negative, neutral = ([s.text for s in sentences if s.label == label] for label in ("negative", "neutral"))
    print("turn of  passages of  negative found  neutral called negative")
    for turn_words in TURN_WORDS:
        draw = random.Random(1)  # noqa: S311 - chooses sentences, no secrets
        mixed = [_turn([text], neutral, turn_words, draw) for text in negative]
        plain = [_turn([], neutral, turn_words, draw) for _ in negative]
        for longest in PASSAGE_WORDS:
            found, wrong = (_called_negative(turns, engine, longest) for turns in (mixed, plain))
            print(f"{turn_words:>7}{longest:>13}{found:>16.2f}{wrong:>25.2f}")


def _turn(texts: list[str], neutral: Sequence[str], least_words: int, draw: random.Random) -> str:
    while sum(len(text.split()) for text in texts) < least_words:
        texts.insert(draw.randint(0, len(texts)), draw.choice(neutral))
    return " ".join(text if text.rstrip()[-1] in ".?!" else f"{text}." for text in texts)


def _called_negative(turns: Sequence[str], engine: SentimentEngine, longest_words: int) -> float:
    cut = [[passage.text for passage in passages(_call(text), 8, longest_words)] for text in turns]
    found = iter(engine.read([text for texts in cut for text in texts], [Role.CUSTOMER] * sum(map(len, cut))))
    called = [[next(found).label == "negative" for _ in texts] for texts in cut]
    return sum(map(any, called)) / len(called)


def _call(text: str) -> Transcript:
    words = tuple(Word(text=w, start_ms=i * 300, end_ms=i * 300 + 300) for i, w in enumerate(text.split()))
    end_ms = words[-1].end_ms
    turn = Turn(index=0, channel=1, role=Role.CUSTOMER, start_ms=0, end_ms=end_ms, words=words)
    made_by = MadeBy(engine="scripted", version="1")
    return Transcript(call_id="c-0", language="en", duration_ms=end_ms, turns=(turn,), made_by=made_by)


if __name__ == "__main__":
    main()
