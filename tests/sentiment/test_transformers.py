from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import SentimentSettings
from pipeline.errors import ConfigError, EngineError, ModelError
from pipeline.sentiment.engine import LABELS, create_sentiment_engine
from pipeline.sentiment.engines.transformers import TransformersSentimentEngine, sentiment_labels

Made = Callable[..., TransformersSentimentEngine]


def save_tiny_model(folder: Path, labels: list[str]) -> Path:
    """Save a randomly initialised model of a few kilobytes with these output labels, and a tokenizer of its words."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "awful", "lovely", "my", "card", "thanks"]
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(*labels: str, name: str = "tiny") -> TransformersSentimentEngine:
        folder = save_tiny_model(tmp_path / name, list(labels))
        return TransformersSentimentEngine(SentimentSettings(engine="transformers", model=str(folder)), tmp_path)

    return make


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["negative", "neutral", "positive"], LABELS),
        (["POSITIVE", "NEGATIVE"], ("positive", "negative")),
        (["pos", "neu", "neg"], ("positive", "neutral", "negative")),
        (["LABEL_0", "LABEL_1", "LABEL_2"], LABELS),
        (["LABEL_0", "LABEL_1"], ("negative", "positive")),
        (
            ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
            ("negative", "negative", "neutral", "positive", "positive"),
        ),
        (
            ["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"],
            ("negative", "negative", "neutral", "positive", "positive"),
        ),
    ],
)
def test_labels_are_understood_by_their_names(names: list[str], expected: tuple[str, ...]) -> None:
    assert sentiment_labels(dict(enumerate(names))) == expected


def test_labels_are_taken_by_number_not_by_order_of_listing() -> None:
    assert sentiment_labels({2: "negative", 0: "positive", 1: "neutral"}) == ("positive", "neutral", "negative")


@pytest.mark.parametrize(
    "names",
    [
        ["entailment", "neutral", "contradiction"],
        ["joy", "anger", "fear"],
        ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"],
        ["positive", "neutral"],
        ["negotiation", "positive"],
        ["6 stars", "1 star", "5 stars"],
        [],
    ],
)
def test_labels_that_mean_no_sentiment_are_refused_by_name(names: list[str]) -> None:
    with pytest.raises(ModelError, match=names[0] if names else "labels"):
        sentiment_labels(dict(enumerate(names)))


def test_engine_reads_in_order_whatever_stands_beside(made: Made) -> None:
    engine = made("negative", "neutral", "positive")
    texts = ["awful", "lovely my card thanks", "my card my card my card", "thanks"] * 10
    together = engine.read(texts)
    for text, reading in zip(texts[:4], together, strict=False):
        (alone,) = engine.read([text])
        assert [reading.of(label) for label in LABELS] == pytest.approx([alone.of(label) for label in LABELS], abs=1e-5)
    assert len(together) == 40
    assert len({round(reading.negative, 4) for reading in together}) == 4


def test_stars_are_summed_into_labels(made: Made) -> None:
    (by_stars,) = made("1 star", "2 stars", "3 stars", "4 stars", "5 stars").read(["awful card"])
    assert by_stars.negative + by_stars.neutral + by_stars.positive == pytest.approx(1)
    (two,) = made("negative", "positive", name="two").read(["awful card"])
    assert two.neutral == 0


def test_loading_says_nothing(made: Made, capfd: pytest.CaptureFixture[str]) -> None:
    engine = made("negative", "neutral", "positive")
    capfd.readouterr()
    engine.read(["awful"])
    assert capfd.readouterr() == ("", "")


def test_made_by_tells_other_weights_apart_before_loading(made: Made, tmp_path: Path) -> None:
    one, same = made("negative", "positive"), made("negative", "positive", name="same")
    assert one.made_by == same.made_by
    file = tmp_path / "same" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-4] + b"\0\0\0\0")
    changed = TransformersSentimentEngine(SentimentSettings(model=str(tmp_path / "same")), tmp_path)
    assert changed.made_by.model_sha256 != one.made_by.model_sha256


def test_model_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sentiment\.model"):
        TransformersSentimentEngine(SentimentSettings(engine="transformers"), tmp_path)


def test_folder_without_a_model_is_told(tmp_path: Path) -> None:
    engine = TransformersSentimentEngine(SentimentSettings(model=str(tmp_path)), tmp_path)
    with pytest.raises(ModelError, match="cannot be loaded"):
        engine.read(["awful"])
    with pytest.raises(ModelError, match="weights"):
        _ = engine.made_by


def test_weights_that_are_no_numbers_are_told(made: Made, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    engine = made("negative", "neutral", "positive")
    file = tmp_path / "tiny" / "model.safetensors"
    state = load_file(file)
    save_file(state | {"classifier.bias": torch.full_like(state["classifier.bias"], torch.nan)}, file, {"format": "pt"})
    with pytest.raises(EngineError, match="no numbers"):
        engine.read(["awful"])


def test_engine_setting_may_name_the_model_itself(made: Made, tmp_path: Path) -> None:
    engine = made("negative", "neutral", "positive")
    named = create_sentiment_engine(SentimentSettings(engine=f"transformers:{tmp_path / 'tiny'}"), tmp_path)
    assert named.made_by == engine.made_by
    assert named.read(["awful card"]) == engine.read(["awful card"])


@pytest.mark.parametrize(
    ("engine", "model"), [("transformers:", None), ("minilm:small", None), ("transformers:one", "other")]
)
def test_engine_setting_that_names_no_model_or_two_is_refused(engine: str, model: str | None, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sentiment"):
        create_sentiment_engine(SentimentSettings(engine=engine, model=model), tmp_path)
