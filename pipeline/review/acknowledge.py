"""Who has seen a score as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.canonical import fingerprint
from pipeline.records import Acknowledgement, CallScore
from pipeline.review.wording import checked_name, made_id


def state_of(effective: CallScore) -> str:
    """Return the fingerprint of a score with its corrections: it changes with every answer, and only with those."""
    answers = [[result.criterion_id, result.status.value, result.points_earned] for result in effective.results]
    return fingerprint("effective-1", {"score": effective.score_id, "answers": sorted(answers)})


def acknowledge(effective: CallScore, *, by: str, now: datetime) -> Acknowledgement:
    """Return that somebody has seen the score as it stands; of one person and state there is one."""
    name, state = checked_name(by), state_of(effective)
    return Acknowledgement(
        acknowledgement_id=made_id("a-", state=state, by=name),
        call_id=effective.call_id,
        score_id=effective.score_id,
        state=state,
        acknowledged_by=name,
        made_at=now,
    )


def acknowledged(effective: CallScore, made: Sequence[Acknowledgement]) -> tuple[Acknowledgement, ...]:
    """Return who has seen the score as it stands now, of all who have seen it once."""
    state = state_of(effective)
    return tuple(each for each in made if each.state == state)
