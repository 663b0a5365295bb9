"""Scores whose questions can be answered, and answers to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.records import CallScore, CriterionResult, Review, Status
from pipeline.review.answers import make_review

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def after(**passed: float) -> datetime:
    """A later instant: ``after(days=3)``."""
    return NOW + timedelta(**passed)


def asked(criterion_id: str = "greeting", status: str = "pass", **changes: Any) -> CriterionResult:
    """The machine's answer to a question of ten points."""
    given: dict[str, Any] = {
        "criterion_id": criterion_id,
        "section_id": "opening",
        "title": criterion_id.capitalize(),
        "status": Status(status),
        "reason": f"{status} in the test",
        "points_possible": 10.0,
        "points_earned": {"pass": 10.0, "partial": 5.0, "fail": 0.0}.get(status),
        "weight": 1.0,
        "asked": f"question-1:{criterion_id}",
    }
    return CriterionResult(**{**given, **changes})


def score_of(*results: CriterionResult, call_id: str = "c-0001", score_id: str = "s-0001") -> CallScore:
    """A score with these answers."""
    return CallScore(
        score_id=score_id,
        call_id=call_id,
        rubric_id="general",
        rubric_version=3,
        rubric_fingerprint="rubric-1:abc",
        pass_share=0.8,
        results=results or (asked(),),
    )


def reviewed(of: CallScore, criterion_id: str = "greeting", status: str = "fail", **changes: Any) -> Review:
    """A person's answer to a question of a score."""
    result = next(result for result in of.results if result.criterion_id == criterion_id)
    given: dict[str, Any] = {
        "status": Status(status),
        "share": {"pass": 1.0, "partial": 0.5, "fail": 0.0}.get(status),
        "reviewer": "ann",
        "reason": "heard it",
        "now": NOW,
    }
    return make_review(of, result, **{**given, **changes})
