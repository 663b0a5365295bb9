"""Ask the name model about the turns in which there may be a name, and about each only once."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.privacy.name_model import person_reader
from pipeline.privacy.name_words import NO_NAME
from pipeline.records import Turn

Spans = list[tuple[int, int]]
_EDGES = " .,;:?!\"'()“”…–—-"


class Persons:
    """Persons named in the turns of one call. Reading every turn would take most of the time that masking has."""

    def __init__(self, turns: Sequence[Turn], *, active: bool) -> None:
        self._active = active
        self._read: dict[str, Spans] = {}
        self._in_small = {word.text.strip(_EDGES) for turn in turns for word in turn.words if word.text[:1].islower()}

    def of(self, texts: Sequence[str]) -> list[Spans]:
        """Return for each text the characters ``start, end`` of the persons named in it."""
        new = [text for text in dict.fromkeys(texts) if text not in self._read and self._may_name(text)]
        if new:
            self._read.update(zip(new, person_reader()(new), strict=True))
        return [self._read.get(text, []) for text in texts]

    def _may_name(self, text: str) -> bool:
        if not self._active:
            return False
        for word in text.split():
            bare = word.strip(_EDGES).removesuffix("'s")
            folded = bare.casefold()
            if bare[:1].isupper() and len(bare) > 1 and folded not in NO_NAME and folded not in self._in_small:
                return True
        return False
