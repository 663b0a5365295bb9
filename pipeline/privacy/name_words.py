"""Words that are names, and words that are none; the lists are text files in `data`, one word a line."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "data"


def _words(file: str) -> frozenset[str]:
    return frozenset((_FOLDER / file).read_text(encoding="utf-8").split())


FIRST_NAMES = _words("first_names.txt")
"""About 700 first names that are common in English-speaking countries, folded."""
WORDS_TOO = _words("names_and_words.txt")
"""Names that are ordinary words too: without a capital they are taken for the word."""
NO_NAME = _words("no_names.txt")
"""What follows "my name is", "this is" or "thank you," and is no name; also what a tagger takes for one."""
TITLES = frozenset({"mr", "mrs", "ms", "mister", "missus", "mx", "dr"})
PARTICLES = frozenset({"de", "van", "der", "von", "la", "del", "da", "di", "al", "bin", "el", "le", "st", "mc", "o'"})
