from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import AuthoredFileError
from pipeline.records import Role
from pipeline.sentiment.card import card_path, load_card
from pipeline.sentiment.engine import LABELS, LabelProbabilities
from pipeline.sentiment.head import head_path
from pipeline.sentiment.sentences import read_sentences
from pipeline.sentiment.train import best_temperature, rebuild

TEST_SET = [
    {"text": "my new freezer is broken and nobody answers", "label": "negative", "source": "own"},
    {"text": "please tell me the opening hours", "label": "neutral"},
    {"text": "wonderful thank you so much", "label": "positive"},
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Enough sentences for a quick training, blocks of neighbours whole, and three plain ones to test on."""
    folder = tmp_path_factory.mktemp("sentences")
    chosen = [s for i, s in enumerate(read_sentences()) if i // 20 % 6 == 0]
    rows = [{"text": s.text, "label": s.label, **({"role": s.role} if s.role else {})} for s in chosen]
    for name, lines in (("few.jsonl", rows), ("test.jsonl", TEST_SET)):
        (folder / name).write_text("\n".join(json.dumps(line) for line in lines))
    return folder / "few.jsonl", folder / "test.jsonl"


def test_rebuilding_gives_the_same_bytes_and_a_card_with_all_that_made_them(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    sentences, test = files
    card = rebuild(tmp_path / "one", sentences, [test])
    again = rebuild(tmp_path / "other", sentences, [test])
    assert again == card
    heads = head_path(tmp_path / "one", card.key)
    for file in (heads, card_path(heads)):
        assert file.read_bytes() == (tmp_path / "other" / "sentiment" / file.name).read_bytes()
    assert load_card(heads) == card
    assert [head.role for head in card.heads] == [Role.AGENT, Role.CUSTOMER]
    assert sum(head.figures.texts for head in card.heads) + sum(card.shared.values()) == card.sentences
    assert all(head.figures.macro_f1 is not None and head.figures.macro_f1 > 0.5 for head in card.heads)  # a guess: .33
    assert card.tests[0].figures.macro_f1 == 1
    shown = "\n".join(card.lines())
    for expected in (card.heads_sha256, card.sentences_sha256, card.key, "test.jsonl", "53aa5117", "customer's head"):
        assert expected in shown


def test_training_tells_what_is_wrong_with_its_file_and_keeps_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "a", "label": "sad"}')
    with pytest.raises(AuthoredFileError) as raised:
        rebuild(tmp_path / "models", bad)
    assert raised.value.lines()[0].startswith(f"{bad}:1")
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_card_that_cannot_be_read_counts_as_none(tmp_path: Path, content: bytes) -> None:
    card_path(tmp_path / "heads.npz").write_bytes(content)
    assert load_card(tmp_path / "heads.npz") is None


def test_overconfident_readings_ask_for_a_higher_temperature() -> None:
    sure = LabelProbabilities(negative=0.98, neutral=0.01, positive=0.01)
    half_right = ["negative", "neutral"] * 10
    assert best_temperature(half_right, [sure] * 20, 1.0) > 1.5
    assert best_temperature(["negative"] * 20, [sure] * 20, 1.0) < 0.5
    assert set(LABELS) == {"negative", "neutral", "positive"}
