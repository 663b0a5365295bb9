"""Pairs of answers, reviews and a rubric for tests of agreement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement.pairs import AnswerPair
from pipeline.records import Criterion, CriterionResult, ManualTest, Review, Rubric, RuleTest, Section, Status

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def pair(number: int = 0, machine: str | None = "pass", human: str = "pass", **changes: Any) -> AnswerPair:
    """A pair on a call of its own, reviewed as many minutes after eight as its number."""
    given: dict[str, Any] = {
        "call_id": f"c-{number:04}",
        "criterion_id": "greeting",
        "asked": "question-1:a",
        "machine": None if machine is None else Status(machine),
        "machine_confidence": 0.9,
        "human": Status(human),
        "reviewed_at": NOW + timedelta(minutes=number),
    }
    return AnswerPair(**{**given, **changes})


def pairs_from(counts: Mapping[tuple[str, str], int], **changes: Any) -> list[AnswerPair]:
    """So many pairs of each combination of the machine's answer and the person's."""
    answers = [both for both, count in counts.items() for _ in range(count)]
    return [pair(number, machine, human, **changes) for number, (machine, human) in enumerate(answers)]


def scale_pairs(counts: Mapping[tuple[float, float], int]) -> list[AnswerPair]:
    """So many pairs of each combination of shares."""
    shares = [both for both, count in counts.items() for _ in range(count)]
    return [
        pair(number, _status(machine), _status(human), machine_share=machine, human_share=human)
        for number, (machine, human) in enumerate(shares)
    ]


def drawn_pairs(confidences: NDArray[np.float64], right: Iterable[bool], **changes: Any) -> list[AnswerPair]:
    """One pair per confidence, in which the person agrees or does not."""
    return [
        pair(number, "pass", "pass" if agrees else "fail", machine_confidence=float(confidence), **changes)
        for number, (confidence, agrees) in enumerate(zip(confidences, right, strict=True))
    ]


def result(criterion_id: str = "greeting", status: str = "pass", **changes: Any) -> CriterionResult:
    """The machine's answer to a criterion that is worth ten points."""
    given: dict[str, Any] = {
        "criterion_id": criterion_id,
        "section_id": "all",
        "title": criterion_id,
        "status": Status(status),
        "reason": "in the test",
        "points_possible": 10.0,
        "points_earned": {"pass": 10.0, "partial": 5.0, "fail": 0.0}.get(status),
        "weight": 1.0,
        "raw_confidence": 0.9,
        "asked": "question-1:a",
    }
    return CriterionResult(**{**given, **changes})


def review(status: str = "pass", *, minute: int = 0, **changes: Any) -> Review:
    """A person's answer to the question about the greeting."""
    given: dict[str, Any] = {
        "review_id": f"r-{minute}",
        "call_id": "c-1",
        "score_id": "s-1",
        "criterion_id": "greeting",
        "asked": "question-1:a",
        "status": Status(status),
        "share": {"pass": 1.0, "partial": 0.5, "fail": 0.0}.get(status),
        "reviewer": "ann",
        "reason": "heard it",
        "made_at": NOW + timedelta(minutes=minute),
    }
    return Review(**{**given, **changes})


def rubric(*criterion_ids: str, manual: tuple[str, ...] = ()) -> Rubric:
    """A rubric with a rule per criterion, and questions for people."""
    tests: dict[str, Any] = {name: RuleTest(rules=("any",)) for name in criterion_ids or ("greeting",)}
    tests |= {name: ManualTest(question="?") for name in manual}
    criteria = tuple(Criterion(id=name, title=name.title(), points=10, test=test) for name, test in tests.items())
    section = Section(id="all", title="All", weight=1, criteria=criteria)
    return Rubric(id="mine", version=3, title="Mine", sections=(section,), fingerprint="rubric-1:0")


def _status(share: float) -> str:
    return "pass" if share >= 1 else "fail" if share <= 0 else "partial"
