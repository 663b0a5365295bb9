"""Which language a call is in: what its windows say, weighed by their length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

SURE = 0.5
"""Below this the expected language stands: a few garbled words are no Welsh."""


class LanguageVotes:
    """Sums up the windows of one call."""

    def __init__(self, expected: str) -> None:
        self._expected = expected
        self._weights: defaultdict[str, float] = defaultdict(float)
        self._total = 0.0

    def add(self, languages: Mapping[str, float], *, length_ms: int) -> None:
        """Take in one window's probabilities; an empty mapping says nothing."""
        if languages:
            self._total += length_ms
            for language, probability in languages.items():
                self._weights[language] += probability * length_ms

    def decide(self) -> tuple[str, float | None]:
        """Return the language and how sure that is (0..1); None where no window told anything."""
        if not self._total:
            return self._expected, None
        likeliest = max(self._weights, key=lambda language: self._weights[language])
        confidence = self._weights[likeliest] / self._total
        if confidence < SURE:
            return self._expected, self._weights[self._expected] / self._total
        return likeliest, confidence
