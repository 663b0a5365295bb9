"""What a fairness report looks at of each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.records.score import Status


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredCall:
    """The current score of one call, with what it can be grouped by. It holds no id and no words of the call.

    Attributes:
        fields: Metadata by name, with ``team``, ``queue`` and ``direction``; what is not known is not in it.
        passed: None where the score has no total.
        confidence: Mean recognition confidence of the transcript's words; None where none is known.
        answers: Criterion and answer, in the rubric's order.
    """

    fields: Mapping[str, str]
    agent_id: str | None
    rubric_id: str
    share: float | None
    passed: bool | None
    auto_failed: bool
    confidence: float | None
    answers: tuple[tuple[str, Status], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredCalls:
    """The calls of a period.

    Attributes:
        titles: Of questions, by rubric and criterion.
        not_scored: Calls of the period without a score.
        without_start: Calls of unknown start, which are in no period; 0 where all of time was asked for.
    """

    calls: tuple[ScoredCall, ...]
    titles: Mapping[tuple[str, str], str]
    not_scored: int = 0
    without_start: int = 0
