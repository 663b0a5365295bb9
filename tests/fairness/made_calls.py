"""Made calls in groups, for tests and for the examples of docs/fairness.md.

    python -m tests.fairness.made_calls FOLDER

writes a workspace of 480 scored calls without sound: people of four regions call sixteen agents of two teams. In the
north-west the line is bad; the question about closing is failed more often there, and one agent fails it nearly always.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.records import FactKeys, Status
from pipeline.records.fairness import ScoredCall, ScoredCalls
from pipeline.store.database import Store, open_store
from pipeline.store.steps import put_step
from tests.factories import recording, transcript
from tests.store.builders import NOW, result, score, scored, taken_in

REGIONS = (
    ("coast", 180, 0.05),
    ("midlands", 150, 0.07),
    ("north-west", 120, 0.38),
    ("islands", 26, 0.05),
    ("", 4, 0.0),
)


def call(**changes: Any) -> ScoredCall:
    """A passed call of the north."""
    given: dict[str, Any] = {
        "fields": {"team": "north"},
        "agent_id": None,
        "rubric_id": "general",
        "share": 0.9,
        "passed": True,
        "auto_failed": False,
        "confidence": 0.9,
        "answers": (("greeting", Status.PASS),),
    }
    return ScoredCall(**{**given, **changes})


def calls(field: str, counts: dict[str, tuple[int, int]], **changes: Any) -> list[ScoredCall]:
    """Calls by value of a field: so many passed of so many."""
    return [
        call(**{"fields": {field: group}, "passed": k < passed, "share": 0.9 if k < passed else 0.5, **changes})
        for group, (passed, n) in counts.items()
        for k in range(n)
    ]


def rows(made: Sequence[ScoredCall], **changes: Any) -> ScoredCalls:
    """Calls as the store hands them over."""
    return ScoredCalls(**{"calls": tuple(made), "titles": {("general", "greeting"): "Greets the caller"}, **changes})


def fill(store: Store, *, seed: int = 7) -> None:
    """Put the calls of the regions into an empty store."""
    drawn = random.Random(seed)
    with store.begin() as connection:
        for number, (region, fails) in enumerate((r, f) for r, n, f in REGIONS for _ in range(n)):
            call_id, agent = f"c-{number:04d}", drawn.randrange(16)
            taken_in(
                connection,
                call_id,
                sha256=f"{number:064d}",
                agent_id=f"agent-{agent:02d}",
                team=("east", "west")[agent % 2],
                started_at=recording().started_at + timedelta(hours=number),
                metadata={"region": region} if region else {},
            )
            confidence = drawn.gauss(0.78 if region == "north-west" else 0.88, 0.03)
            _score(connection, call_id, drawn, fails=0.9 if agent == 3 else fails, confidence=confidence)


def _score(connection: Any, call_id: str, drawn: random.Random, *, fails: float, confidence: float) -> None:
    closing = "fail" if drawn.random() < fails else "pass"
    notice = drawn.choices(("pass", "fail", "cannot_assess"), (0.86, 0.04, 0.1))[0]
    made = score(
        call_id,
        f"s-{call_id}",
        result("greeting", title="Greets with name and company"),
        result("notice", notice, title="Says that the call is recorded", auto_fail=True),
        result("closing", closing, title="Offers further help and thanks"),
        result("empathy", drawn.choices(("pass", "not_applicable"), (0.7, 0.3))[0], title="Shows understanding"),
    )
    word = transcript(("agent", "hello"), call_id=call_id)
    turn = word.turns[0]
    heard = {"turns": [{"words": [{"confidence": round(confidence, 4)}] * 3}]}
    keys = FactKeys(transcript=f"t-{call_id}", findings="f", sentiment="s", measures="m")
    steps = {f"facts-of-{call_id}": ("facts", keys), keys.transcript: ("transcript", heard)}
    assert turn.words
    for key, (step, record) in steps.items():
        put_step(connection, key, call_id=call_id, step=step, record=record, now=NOW)
    scored(connection, made)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    opened = open_store(f"sqlite:///{folder.resolve() / 'earmark.db'}")
    fill(opened)
    opened.close()
