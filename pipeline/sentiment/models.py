"""Whether the model files of the default engine are there and are the right ones."""

from __future__ import annotations

from pathlib import Path

from pipeline.encoder import FILES, PACKAGE, WEIGHTS
from pipeline.errors import EarmarkError
from pipeline.sentiment.head import head_key, head_path, load_heads
from pipeline.sentiment.sentences import read_sentences, sentences_sha256
from pipeline.weights import ModelStatus, package_file_status, sha256_of


def list_models(models_dir: Path) -> list[ModelStatus]:
    """Return the state of the encoder's files and of the heads, reading them all (about 0.3 s).

    Heads that are not there yet are no problem: they are trained at first use.
    """
    return [*(_encoder_file(relative) for relative in FILES), _heads(models_dir)]


def _encoder_file(relative: str) -> ModelStatus:
    return package_file_status(
        PACKAGE,
        relative,
        FILES[relative],
        name=f"all-MiniLM-L6-v2 {Path(relative).name}",
        purpose="sentiment encoder" if relative == WEIGHTS else "belongs to the sentiment encoder",
    )


def _heads(models_dir: Path) -> ModelStatus:
    path, found, problem = None, None, None
    try:
        file = head_path(models_dir, head_key(sentences_sha256(read_sentences())))
        if file.exists():
            path, found = str(file), sha256_of(file)
            problem = None if load_heads(file) else "damaged; it is trained again at the next use"
    except EarmarkError as error:
        problem = str(error)
    return ModelStatus(
        name="sentiment heads",
        purpose="sentiment, trained here from the project's sentences" + ("" if path or problem else " at first use"),
        path=path,
        expected_sha256=None,  # trained numbers differ in their last bits between machines
        found_sha256=found,
        problem=problem,
    )
