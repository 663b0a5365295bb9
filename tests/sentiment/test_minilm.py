from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline.config import SentimentSettings
from pipeline.errors import UnknownNameError
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS, LabelProbabilities, SentimentEngine, create_sentiment_engine
from pipeline.sentiment.engines.minilm import MiniLMSentimentEngine, plain

# None of these stands among the sentences that the heads learnt from.
CUSTOMER = {
    "negative": [
        "The dishwasher you delivered on Tuesday is already leaking all over my floor.",
        "this is the worst experience i have ever had with a bank",
        "somebody took four hundred dollars out of my checking account and it wasn't me",
    ],
    "neutral": [
        "Could you tell me which documents the notary needs?",
        "hi i would like to transfer a hundred and thirty five dollars to savings",
        "Yes, the zip code is nine four one one zero.",
    ],
    "positive": [
        "Oh, that's wonderful, thank you ever so much for your help!",
        "okay great it works again you are amazing",
        "thank you that was really quick",
    ],
}
ROUTINE = [
    "I can see here that the order was delayed at the warehouse.",
    "Let me check why the transaction was declined.",
    "alright your balance is a hundred and thirty four dollars",
    "so you are calling because your card was stolen is that correct",
]


@pytest.mark.parametrize("label", LABELS)
def test_customers_are_read_as_a_person_would(minilm: SentimentEngine, label: str) -> None:
    readings = minilm.read(CUSTOMER[label], [Role.CUSTOMER] * len(CUSTOMER[label]))
    assert [reading.label for reading in readings] == [label] * len(readings)


def test_agents_routine_about_trouble_is_neutral(minilm: SentimentEngine) -> None:
    readings = minilm.read(ROUTINE, [Role.AGENT] * len(ROUTINE))
    assert [reading.label for reading in readings] == ["neutral"] * len(ROUTINE)


def test_punctuation_and_capitals_decide_nothing(minilm: SentimentEngine) -> None:
    one, other = minilm.read(["My card was declined, again!", "my card was declined again"])
    assert [one.of(label) for label in LABELS] == pytest.approx([other.of(label) for label in LABELS], abs=1e-5)
    assert plain("  It’s GREAT -- isn't it?  ") == "it's great isn't it?"


def test_readings_keep_their_order_and_sum_to_one(minilm: SentimentEngine) -> None:
    texts = [" ".join(["word"] * n) for n in (1, 300, 5)] + [text for label in LABELS for text in CUSTOMER[label]] * 5
    together = minilm.read(texts)
    for text, reading in list(zip(texts, together, strict=True))[:6]:
        (alone,) = minilm.read([text])
        assert [reading.of(label) for label in LABELS] == pytest.approx([alone.of(label) for label in LABELS], abs=1e-4)
        assert sum(reading.of(label) for label in LABELS) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "?", "。。。", "\x00", "😀", "a" * 5000])
def test_odd_texts_get_numbers(minilm: SentimentEngine, text: str) -> None:
    (reading,) = minilm.read([text])
    assert all(0 <= reading.of(label) <= 1 for label in LABELS)


def test_nothing_to_read_gives_nothing(minilm: SentimentEngine) -> None:
    assert minilm.read([]) == []


def test_second_engine_takes_the_kept_heads_and_reads_the_same(minilm: SentimentEngine, models_dir: Path) -> None:
    (file,) = (models_dir / "sentiment").iterdir()
    written = file.stat().st_mtime_ns
    again = create_sentiment_engine(SentimentSettings(), models_dir)
    assert again.read(CUSTOMER["negative"]) == minilm.read(CUSTOMER["negative"])
    assert file.stat().st_mtime_ns == written
    assert again.made_by == minilm.made_by


def test_threads_share_one_model(models_dir: Path) -> None:
    engine = create_sentiment_engine(SentimentSettings(), models_dir)
    found: list[list[LabelProbabilities]] = []
    threads = [threading.Thread(target=lambda: found.append(engine.read(CUSTOMER["positive"]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one == found[0] for one in found)


def test_made_by_follows_the_sentences(tmp_path: Path) -> None:
    def key(label: str) -> str | None:
        (tmp_path / "own.jsonl").write_text(f'{{"text": "a", "label": "{label}"}}')
        return MiniLMSentimentEngine(SentimentSettings(), tmp_path, tmp_path / "own.jsonl").made_by.model_sha256

    assert key("neutral") == key("neutral") != key("positive")


def test_made_by_loads_no_machine_learning_library(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pipeline.config import SentimentSettings; "
        "from pipeline.sentiment.engine import create_sentiment_engine; "
        "engine = create_sentiment_engine(SentimentSettings(), Path(sys.argv[1])); assert engine.made_by.model_sha256; "
        "print(sorted({'torch', 'transformers', 'sklearn', 'tokenizers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_unknown_engine_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'minilm'"):
        create_sentiment_engine(SentimentSettings(engine="minilmm"), tmp_path)


def test_tie_is_neutral_and_any_lead_decides() -> None:
    assert LabelProbabilities(negative=0.4, neutral=0.4, positive=0.2).label == "neutral"
    assert LabelProbabilities(negative=0.45, neutral=0.1, positive=0.45).label == "negative"
    assert LabelProbabilities(negative=0.3, neutral=0.3, positive=0.4).label == "positive"


def test_heads_that_cannot_be_kept_still_read(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    lines = [f'{{"text": "{words} {i}", "label": "{label}"}}' for i in range(5) for label, words in PLAIN.items()]
    own.write_text("\n".join(lines))
    (tmp_path / "sentiment").write_text("a file is in the way of the folder")
    engine = MiniLMSentimentEngine(SentimentSettings(), tmp_path, own)
    assert [reading.label for reading in engine.read(list(PLAIN.values()))] == list(PLAIN)


PLAIN = {"negative": "my card was stolen", "neutral": "what time do you open", "positive": "thank you so much"}
