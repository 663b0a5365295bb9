from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.records import Role
from pipeline.sentiment.sentences import read_sentences
from pipeline.sentiment.train import main

TEST_SET = [
    {"text": "my new freezer is broken and nobody answers", "label": "negative", "source": "own"},
    {"text": "please tell me the opening hours", "label": "neutral"},
    {"text": "wonderful thank you so much", "label": "positive"},
]


@pytest.fixture
def few_sentences(tmp_path: Path) -> Path:
    """Every ninth sentence that either may say, and every third of the parties' own: enough for a quick training."""
    sentences = read_sentences()
    chosen = [s for s in sentences if s.role is None][::9] + [s for s in sentences if s.role][::3]
    file = tmp_path / "few.jsonl"
    rows = [{"text": s.text, "label": s.label, **({"role": s.role} if s.role else {})} for s in chosen]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    return file


def test_training_prints_a_model_card_and_keeps_the_heads(
    few_sentences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test_file = tmp_path / "test.jsonl"
    test_file.write_text("\n".join(json.dumps(row) for row in TEST_SET))
    given = ["--sentences", str(few_sentences), "--models-dir", str(tmp_path), "--evaluate", str(test_file)]
    assert main(given) == 0
    card = capsys.readouterr().out
    (heads,) = (tmp_path / "sentiment").iterdir()
    for expected in (
        str(heads),
        "encoder     sha256 53aa",
        "sentences-1:",
        *(f"{role}'s head" for role in (Role.AGENT, Role.CUSTOMER)),
    ):
        assert expected in card
    macro = [float(line.split()[-1]) for line in card.splitlines() if line.startswith("macro-F1")]
    assert len(macro) == 3
    assert macro[-1] == 1  # three plain sentences
    assert min(macro) > 0.5  # a guess would get 0.33


def test_training_tells_what_is_wrong_with_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "a", "label": "sad"}')
    assert main(["--sentences", str(bad), "--models-dir", str(tmp_path)]) == 1
    assert f"{bad}:1" in capsys.readouterr().err


def test_training_asks_where_to_keep_the_heads_and_looks_into_no_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("EARMARK_MODELS_DIR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "--models-dir" in capsys.readouterr().err
