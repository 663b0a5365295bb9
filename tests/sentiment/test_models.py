from __future__ import annotations

from pathlib import Path

from pipeline.sentiment.engine import SentimentEngine
from pipeline.sentiment.models import list_models
from pipeline.weights import sha256_of


def test_installed_encoder_is_the_pinned_one(tmp_path: Path) -> None:
    *encoder, heads = list_models(tmp_path)
    assert all(status.ok and status.found_sha256 == status.expected_sha256 for status in encoder)
    assert encoder[0].path is not None
    assert encoder[0].path.endswith("model.safetensors")
    assert (heads.ok, heads.path, heads.found_sha256) == (True, None, None)
    assert "at first use" in heads.purpose


def test_kept_heads_are_listed_with_their_hash(minilm: SentimentEngine, models_dir: Path) -> None:
    heads = list_models(models_dir)[-1]
    assert heads.ok
    assert heads.path is not None
    assert heads.found_sha256 == sha256_of(Path(heads.path))


def test_damaged_heads_are_a_problem_that_says_what_happens(
    minilm: SentimentEngine, models_dir: Path, tmp_path: Path
) -> None:
    kept = Path(list_models(models_dir)[-1].path or "")
    (tmp_path / "sentiment").mkdir()
    (tmp_path / "sentiment" / kept.name).write_bytes(kept.read_bytes()[:100])
    assert "trained again" in (list_models(tmp_path)[-1].problem or "")
