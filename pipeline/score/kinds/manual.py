"""Criteria that only a person can answer."""

from __future__ import annotations

from pipeline.records import CallFacts, ManualTest
from pipeline.score.answer import Answer, unknown


def answer(facts: CallFacts, test: ManualTest) -> Answer:
    """Return `cannot_assess`, always: the machine has no opinion, and counts nothing for or against."""
    return unknown(f"A person answers this: {test.question}")
